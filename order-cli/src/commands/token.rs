//! `order token`.

use std::{env, path::PathBuf, time::Duration};

use clap::Args;
use order_auth::{EXPIRATION_DEFAULT, JwtTokens, Secret, TokenSettings};
use order_core::{
    Actor, Orders, RoleKind, Timestamp,
    accounts::Token,
    ports::{Clock, SystemClock, TokenIssuer},
};
use order_http::{
    body::{SignedInBody, UserBody},
    request::SignInRequest,
};
use serde_json::json;

use super::{password::PasswordArgs, user};
use crate::{
    client::Client,
    config::Target,
    error::{Done, Failure, chain},
    output::Output,
    session::Session,
};

/// What `order token` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  export ORDER_TOKEN=$(order token ann@shop.example)          from the database and JWT_SECRET
  export ORDER_TOKEN=$(order token ann@shop.example --server https://shop.example --password-stdin)
  order token --subject billing --role service --expires 15m  for a program without an account

Without --server a token is made here: JWT_SECRET, or the file in JWT_SECRET_FILE, is the server's.")]
pub(crate) struct TokenArgs {
    /// Whose token: an id or e-mail address.
    #[arg(required_unless_present = "subject")]
    user: Option<String>,
    /// For whom there is no account: who they are.
    #[arg(long, conflicts_with = "user", requires = "role")]
    subject: Option<String>,
    /// What they may do: customer, staff, service or admin.
    #[arg(long, requires = "subject", conflicts_with = "user")]
    role: Option<RoleKind>,
    /// How long it counts, such as 3600, 15m or 24h.
    #[arg(long, env = "JWT_EXPIRATION", value_name = "TIME", value_parser = time)]
    expires: Option<Duration>,
    /// The file with the secret.
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE")]
    secret_file: Option<PathBuf>,
    #[command(flatten)]
    password: PasswordArgs,
}

fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_s = match &text[digits.len()..] {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        _ => None,
    };
    let seconds = digits.parse::<u64>().ok().zip(unit_s);
    let seconds = seconds.and_then(|(number, unit_s)| number.checked_mul(unit_s));
    let seconds = seconds.filter(|seconds| (1..=31_536_000).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| "not a time such as 3600, 15m or 24h, up to a year".to_owned())
}

impl TokenArgs {
    /// Whether it takes neither database nor server.
    pub(crate) const fn is_for_no_account(&self) -> bool {
        self.subject.is_some()
    }

    fn issue(&self, subject: &str, role: RoleKind) -> Done<Token> {
        let usage = |error: &dyn std::error::Error| Failure::Usage(chain(error));
        let secret = match (
            env::var("JWT_SECRET").ok().filter(|it| !it.is_empty()),
            &self.secret_file,
        ) {
            (Some(text), _) => Secret::new(text),
            (None, Some(path)) => Secret::read(path),
            (None, None) => {
                let hint = "no secret to make a token with: set JWT_SECRET or name a --secret-file, \
                            the server's; or ask a --server";
                return Err(Failure::Usage(hint.to_owned()));
            }
        };
        let named = |name| env::var(name).ok().filter(|it| !it.is_empty());
        let settings = TokenSettings {
            secret: Some(secret.map_err(|error| usage(&error))?),
            expiration: self.expires.unwrap_or(EXPIRATION_DEFAULT),
            issuer: named("JWT_ISSUER"),
            audience: named("JWT_AUDIENCE"),
            ..TokenSettings::default()
        };
        let tokens = JwtTokens::new(settings).map_err(|error| usage(&error))?;
        let subject = Actor::clean(subject).map_err(|error| usage(&error))?;
        tokens.issue(&subject, role, SystemClock.now()).map_err(|error| usage(&error))
    }
}

/// Makes a token for whom there is no account.
pub(crate) fn for_subject(args: &TokenArgs, output: Output) -> Done {
    let (Some(subject), Some(role)) = (&args.subject, args.role) else { return Ok(()) };
    let token = args.issue(subject, role)?;
    print(&token.text, token.expires_at, output)
}

/// Gets a token for an account: from a server by its password, from a database by the secret.
pub(crate) async fn run(args: &TokenArgs, target: &Target, session: &Session) -> Done {
    let name = args.user.as_deref().unwrap_or_default();
    if matches!(target, Target::Server { .. }) {
        let request = SignInRequest { email: name.to_owned(), password: args.password.needed()? };
        let reply = session.client.post(&["auth"]).json(&request).send().await?;
        let signed_in: SignedInBody = reply.read()?;
        return print(&signed_in.token, signed_in.expires_at, session.output);
    }
    let id = user::find(name, session).await?;
    let user: UserBody = session.client.get(&["users", &id]).send().await?.read()?;
    let token = args.issue(user.id.as_str(), user.role)?;
    if let Some(service) = session.client.service()
        && let Ok(subject) = Actor::clean(user.id.as_str())
        && let Err(error) = service.note_token(&Client::principal(), &subject).await
    {
        session.output.say(format_args!("the token is not in the audit log: {error}"));
    }
    print(&token.text, token.expires_at, session.output)
}

fn print(token: &str, expires_at: Timestamp, output: Output) -> Done {
    if output.is_json() {
        return output.json(&json!({ "token": token, "expiresAt": expires_at }));
    }
    output.data(token)?;
    output.say(format_args!("counts until {expires_at}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (text, seconds) in [("3600", 3_600), ("90s", 90), ("15m", 900), ("24h", 86_400)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)));
        }
        for text in ["", "0", "h", "-1", "1.5h", "1d", "99999999h", "9999h"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
