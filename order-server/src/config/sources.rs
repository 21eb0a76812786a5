//! Where values come from, and which source wins.

use std::{collections::HashMap, ffi::OsString, fmt, io, path::Path};

use clap::ArgMatches;

use super::{
    ConfigError,
    parse::Redacted,
    settings::{OF_THE_CORE, Setting},
};

enum Origin {
    Flag,
    Environment(&'static str),
    DotEnv(&'static str),
    Default,
}

impl Origin {
    fn describe(&self, setting: &Setting) -> String {
        match self {
            Self::Flag => format!("--{}", setting.flag),
            Self::Environment(name) => format!("environment variable {name}"),
            Self::DotEnv(name) => format!("{name} in .env"),
            Self::Default => "default".to_owned(),
        }
    }
}

/// The configuration as it holds: name, value without secrets, where it comes from.
#[derive(Debug, Default)]
pub(super) struct Effective(Vec<(&'static str, String, String)>);

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value, origin) in &self.0 {
            writeln!(f, "{:<32} # {origin}", format!("{name}={value}"))?;
        }
        Ok(())
    }
}

type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// Flags, environment and `.env` file.
pub(super) struct Sources<'a> {
    flags: &'a ArgMatches,
    environment: Box<Environment<'a>>,
    dot_env: HashMap<String, String>,
    effective: Effective,
}

impl<'a> Sources<'a> {
    pub(super) fn read(
        flags: &'a ArgMatches,
        environment: impl Fn(&str) -> Option<OsString> + 'a,
        folder: &Path,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            flags,
            environment: Box::new(environment),
            dot_env: read_dot_env(&folder.join(".env"))?,
            effective: Effective::default(),
        })
    }

    /// The value of a setting that always has one.
    pub(super) fn take<T>(
        &mut self,
        setting: &'static Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let missing = || ConfigError::Value {
            origin: format!("--{}", setting.flag),
            problem: "a value is needed".to_owned(),
        };
        self.take_optional(setting, parse)?.ok_or_else(missing)
    }

    /// The value of a setting that may have none.
    pub(super) fn take_optional<T>(
        &mut self,
        setting: &'static Setting,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((text, origin)) = self.find(setting)? else {
            self.effective.0.push((setting.variable, String::new(), "not set".to_owned()));
            return Ok(None);
        };
        let origin = origin.describe(setting);
        match parse(&text) {
            Ok(value) => {
                let shown = if setting.is_secret() {
                    "***".to_owned()
                } else {
                    Redacted(&text).to_string()
                };
                self.effective.0.push((setting.variable, shown, origin));
                Ok(Some(value))
            }
            Err(problem) => Err(ConfigError::Value { origin, problem }),
        }
    }

    /// The variables that are set and that a gateway does nothing with.
    pub(super) fn ignored(&self) -> Vec<&'static str> {
        let is_set = |name: &&'static str| {
            (self.environment)(name).is_some_and(|value| !value.is_empty())
                || self.dot_env.get(*name).is_some_and(|value| !value.is_empty())
        };
        OF_THE_CORE.iter().copied().filter(is_set).collect()
    }

    pub(super) fn taken(&self) -> usize {
        self.effective.0.len()
    }

    pub(super) fn into_effective(self) -> Effective {
        self.effective
    }

    fn find(&self, setting: &'static Setting) -> Result<Option<(String, Origin)>, ConfigError> {
        if !setting.is_secret()
            && let Some(value) = self.flags.get_one::<String>(setting.flag)
        {
            return Ok(Some((value.clone(), Origin::Flag)));
        }
        let names = || std::iter::once(setting.variable).chain(setting.also);
        for name in names() {
            let Some(value) = (self.environment)(name) else { continue };
            let value = value.into_string().map_err(|_| ConfigError::Value {
                origin: Origin::Environment(name).describe(setting),
                problem: "the value is not UTF-8".to_owned(),
            })?;
            if !value.is_empty() {
                return Ok(Some((value, Origin::Environment(name))));
            }
        }
        for name in names() {
            if let Some(value) = self.dot_env.get(name).filter(|value| !value.is_empty()) {
                return Ok(Some((value.clone(), Origin::DotEnv(name))));
            }
        }
        Ok(setting.default.map(|value| (value.to_owned(), Origin::Default)))
    }
}

fn read_dot_env(path: &Path) -> Result<HashMap<String, String>, ConfigError> {
    let broken = |source| ConfigError::DotEnv { path: path.to_owned(), source };
    match dotenvy::from_path_iter(path) {
        Ok(lines) => lines.collect::<Result<_, _>>().map_err(broken),
        Err(dotenvy::Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            Ok(HashMap::new())
        }
        Err(error) => Err(broken(error)),
    }
}
