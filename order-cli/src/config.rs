//! Where to work: flags before the environment before the `.env` file.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use clap::{ArgMatches, parser::ValueSource};
use order_store_postgres::PgOrderStore;

use crate::{
    cli::Global,
    error::{Done, Failure, chain},
};

/// Where orders are.
pub(crate) enum Target {
    /// In a database that this program opens itself.
    Database(String),
    /// Behind a server.
    Server {
        /// Its address, without a slash at the end.
        url: String,
        /// What to show it.
        token: Option<String>,
    },
}

impl fmt::Debug for Target {
    /// Leaves passwords and tokens out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database(_) => "Database(..)",
            Self::Server { .. } => "Server(..)",
        })
    }
}

/// Reads the `.env` file of the working folder, if there is one, into the environment. What the
/// environment says already stays. Call it before any thread is started.
pub(crate) fn load_env_file() -> Done {
    let path = Path::new(".env");
    if !path.is_file() {
        return Ok(());
    }
    dotenvy::from_path(path).map_err(|error| Failure::Usage(format!(".env: {error}")))
}

impl Target {
    /// Chooses between database and server. A flag beats the environment; otherwise a server that
    /// is named is used.
    pub(crate) fn of(global: &Global, matches: &ArgMatches) -> Done<Self> {
        let by_flag = |id| matches.value_source(id) == Some(ValueSource::CommandLine);
        let server = global.server.as_deref().filter(|url| !url.is_empty());
        match server {
            Some(_) if by_flag("server") && by_flag("database_url") => {
                Err(Failure::Usage("name a database or a server, not both".to_owned()))
            }
            Some(url) if by_flag("server") || !by_flag("database_url") => {
                if !url.starts_with("http://") && !url.starts_with("https://") {
                    let hint = "a server is named as in http://127.0.0.1:8080";
                    return Err(Failure::Usage(format!("{hint}, not {url}")));
                }
                let token = global.token.clone().filter(|token| !token.is_empty());
                Ok(Self::Server { url: url.trim_end_matches('/').to_owned(), token })
            }
            _ => Ok(Self::Database(global.database_url.clone())),
        }
    }

    /// What a careful person would like to know before the work begins.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Server { url, token: Some(_) } if is_open(url) => {
                Some("warning: the token goes over the network unencrypted; use https://")
            }
            _ => None,
        }
    }
}

/// Whether others on the way could read what is sent.
fn is_open(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    !is_this_machine(host)
}

/// Whether a host, with a port or without, is this machine.
pub(crate) fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// A database that this program opens itself.
#[derive(Clone)]
pub(crate) enum Database {
    /// A SQLite file.
    Sqlite {
        /// Its address as it was given.
        url: String,
        /// Where it is; none if it is in memory.
        file: Option<PathBuf>,
    },
    /// A PostgreSQL database.
    Postgres {
        /// Its address, maybe with a password.
        url: String,
        /// Its address as it may be shown.
        shown: String,
    },
}

impl fmt::Debug for Database {
    /// Leaves the password out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({})", self.name())
    }
}

impl Database {
    /// Reads an address.
    pub(crate) fn parse(url: &str) -> Done<Self> {
        if ["postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            let shown = PgOrderStore::shown(url);
            let shown = shown.map_err(|error| Failure::Usage(chain(&error)))?;
            return Ok(Self::Postgres { url: url.to_owned(), shown });
        }
        Ok(Self::Sqlite { url: url.to_owned(), file: sqlite_file(url)? })
    }

    /// What it may be called before people.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Sqlite { url, .. } => url,
            Self::Postgres { shown, .. } => shown,
        }
    }
}

fn sqlite_file(url: &str) -> Done<Option<PathBuf>> {
    let path = match url.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None if url.contains("://") || url.is_empty() => {
            let hint =
                "a database is named as in sqlite://orders.db or postgres://user@host/orders";
            return Err(Failure::Usage(format!("{hint}; this program opens no other kind")));
        }
        None => return Ok(Some(PathBuf::from(url))),
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if path == ":memory:" || query.split('&').any(|part| part == "mode=memory") {
        return Ok(None);
    }
    Ok(Some(PathBuf::from(unescape(path))))
}

/// Percent-decodes, as the address of a database is read.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        (bytes, rest) = match (first, code) {
            (b'%', Some(byte)) => (push(bytes, byte), &tail[2..]),
            _ => (push(bytes, *first), tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn push(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::{CommandFactory, FromArgMatches};

    use super::{Database, Done, Target};
    use crate::cli::Cli;

    fn target(flags: &[&str]) -> Done<Target> {
        let words = ["order", "verify"].iter().chain(flags);
        let matches = Cli::command().get_matches_from(words);
        let cli = Cli::from_arg_matches(&matches).unwrap();
        Target::of(&cli.global, &matches)
    }

    #[test]
    fn a_database_and_a_server_together_are_refused() {
        let both = ["--server", "http://localhost:1", "--database-url", "sqlite://a.db"];
        assert_eq!(target(&both).unwrap_err().exit_code(), std::process::ExitCode::from(2));
    }

    #[test]
    fn a_token_on_its_way_in_the_open_is_worth_a_warning() {
        let warned = |url| target(&["--token", "t", "--server", url]).unwrap().warning().is_some();
        assert!(warned("http://shop.example:8080"));
        assert!(!warned("https://shop.example"));
        for here in ["http://localhost", "http://127.0.0.1:8080/shop", "http://[::1]:8080"] {
            assert!(!warned(here), "{here}");
        }
        assert_eq!(target(&["--server", "http://shop.example"]).unwrap().warning(), None);
    }

    #[test]
    fn a_server_needs_a_scheme_and_loses_its_last_slash() {
        assert!(target(&["--server", "localhost:8080"]).is_err());
        match target(&["--server", "http://localhost:8080/"]).unwrap() {
            Target::Server { url, token: None } => assert_eq!(url, "http://localhost:8080"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_database_is_found_under_every_spelling_of_its_address() {
        for url in ["sqlite://a b.db", "sqlite:a b.db", "a b.db", "sqlite://a%20b.db?mode=rwc"] {
            assert_eq!(file(url), Some(PathBuf::from("a b.db")), "{url}");
        }
        assert_eq!(file("sqlite::memory:"), None);
    }

    fn file(url: &str) -> Option<PathBuf> {
        match Database::parse(url).unwrap() {
            Database::Sqlite { file, .. } => file,
            other @ Database::Postgres { .. } => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_database_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://me:s3cr%2Ft@db/shop?sslmode=disable", "postgres://me@db:5432/shop"),
            ("postgresql://me:s3cr@db:5433/shop?password=s3cr", "postgres://me@db:5433/shop"),
            ("postgres://me@db", "postgres://me@db:5432/me"),
            ("postgres://me:s3cr@%2Frun%2Fpg/shop", "postgres://me@/run/pg:5432/shop"),
        ] {
            let database = Database::parse(url).unwrap();
            assert_eq!(database.name(), shown);
            assert_eq!(format!("{database:?}"), format!("Database({shown})"));
        }
    }

    #[test]
    fn other_kinds_of_database_are_refused() {
        for url in ["mysql://localhost/orders", "", "postgres:orders", "postgres://me:s3cr/t@db/o"]
        {
            let failure = Database::parse(url).unwrap_err();
            assert_eq!(failure.exit_code(), std::process::ExitCode::from(2), "{url}");
            assert!(!failure.to_string().contains("s3cr"), "{failure}");
        }
    }
}
