//! What the values of settings may be.

use std::{
    error::Error as _,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;
use order_auth::{AuthError, KeySource, Secret};
use order_cache_redis::RedisSettings;
use order_core::{Collection, Currency};
use order_store_postgres::PgOrderStore;
use tracing_subscriber::EnvFilter;

use super::{CallbackSecrets, Database, LogFormat, Rate, RedisUrl};

/// The longest time a setting may name: a day.
const DURATION_MAX: Duration = Duration::from_hours(24);
/// The longest time that a token may count: as good as for ever to whoever steals it.
const EXPIRATION_MAX: Duration = Duration::from_hours(365 * 24);

/// A text without the password of the URL that it may be.
#[derive(Clone, Copy)]
pub struct Redacted<'a>(pub &'a str);

impl fmt::Debug for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redacted({self})")
    }
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = || {
            let (scheme, rest) = self.0.split_once("://")?;
            // The last `@` ends the password, which may hold anything if nobody escaped it.
            let (user, _) = rest.rsplit_once('@')?;
            let name = user.split([':', '/', '?', '#']).next()?;
            Some((scheme, name, &rest[user.len()..]))
        };
        match hidden() {
            Some((scheme, name, rest)) => {
                write!(f, "{scheme}://{name}:***{}", without_query(rest))
            }
            None => f.write_str(without_query(self.0)),
        }
    }
}

// Passwords also travel as `?password=`.
fn without_query(text: &str) -> &str {
    if text.contains("://") || text.starts_with('@') {
        text.split('?').next().unwrap_or(text)
    } else {
        text
    }
}

pub(super) fn database(text: &str) -> Result<Database, String> {
    let scheme = text.split(':').next().unwrap_or_default();
    if matches!(scheme, "postgres" | "postgresql") {
        return postgres(text);
    }
    let file = match text.strip_prefix("sqlite:") {
        Some(rest) => rest.strip_prefix("//").unwrap_or(rest),
        None if !text.contains(':') => text,
        None => {
            let shown = Redacted(text);
            return Err(format!(
                "{shown} is not a database URL such as sqlite://orders.db or \
                 postgres://user@host/database"
            ));
        }
    };
    if file.is_empty() || file.ends_with('/') {
        return Err(format!("{text} names no file, such as sqlite://orders.db does"));
    }
    if file == ":memory:" {
        return Err("orders in memory would not survive a stop; name a file".to_owned());
    }
    if file.contains(['?', '#', '%']) {
        let shown = Redacted(text);
        return Err(format!("{shown} holds one of ?, # and %, which no plain file name needs"));
    }
    Ok(Database::Sqlite(PathBuf::from(file)))
}

fn postgres(url: &str) -> Result<Database, String> {
    match PgOrderStore::shown(url) {
        Ok(_) => Ok(Database::Postgres(url.to_owned())),
        Err(error) => {
            let reason = error.source().map(ToString::to_string).unwrap_or_default();
            let shown = Redacted(url);
            Err(format!("{shown} is not a URL such as postgres://user@host/database: {reason}"))
        }
    }
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let named = |name: &str, ip: IpAddr| {
        let port = text.strip_prefix(name)?.strip_prefix(':')?.parse().ok()?;
        Some(SocketAddr::from((ip, port)))
    };
    text.parse()
        .ok()
        .or_else(|| named("localhost", Ipv4Addr::LOCALHOST.into()))
        .or_else(|| named("", Ipv4Addr::UNSPECIFIED.into()))
        .ok_or_else(|| {
            format!("{text} is neither an IP address with a port, as 127.0.0.1:8080, nor a port")
        })
}

/// A server that keeps the orders.
pub(super) fn backend(text: &str) -> Result<String, String> {
    match order_grpc::Settings::check_url(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// A prefix: begins with a slash, ends without one; `/` is none.
pub(super) fn path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !matches!(segment, "." | "..")
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    let is_sound =
        path.is_empty() || path.strip_prefix('/').is_some_and(|it| it.split('/').all(is_segment));
    if text.starts_with('/') && is_sound {
        Ok(path.to_owned())
    } else {
        Err(format!("{text} is not a path such as /shop"))
    }
}

/// As [`path`], but `/` is a place of its own.
pub(super) fn mount(text: &str) -> Result<String, String> {
    path(text).map(|path| if path.is_empty() { "/".to_owned() } else { path })
}

pub(super) fn currency(text: &str) -> Result<Currency, String> {
    text.parse().map_err(|_| format!("{text} is not an ISO 4217 currency code such as EUR"))
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("{text} is neither true nor false")),
    }
}

pub(super) fn collection(text: &str) -> Result<Collection, String> {
    let found = Collection::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| format!("{text} is none of on_invoice, before_confirm, on_shipment"))
}

/// The address of a service, which is checked again when its client is made.
pub(super) fn service(text: &str) -> Result<String, String> {
    let shown = Redacted(text);
    order_remote::Settings::new(text).map_err(|error| format!("{shown}: {error}"))?;
    Ok(text.to_owned())
}

/// The address of Redis. Nothing of it is repeated: it may have a password in it.
pub(super) fn redis(text: &str) -> Result<RedisUrl, String> {
    let shown = Redacted(text);
    let sound = RedisSettings::new(text, "").check();
    sound.map_err(|_| format!("{shown} is not a URL such as redis://user@host:6379/0"))?;
    Ok(RedisUrl(text.to_owned()))
}

pub(super) fn token(text: &str) -> Result<String, String> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { Ok(text.to_owned()) } else { Err("the token is not visible ASCII".to_owned()) }
}

pub(super) fn callback_secrets(text: &str) -> Result<CallbackSecrets, String> {
    let secrets: Vec<&str> = text.split(',').map(str::trim).collect();
    order_remote::WebhookReader::default()
        .provider("main", secrets.iter().copied())
        .map_err(|error| error.to_string())?;
    Ok(CallbackSecrets(secrets.into_iter().map(str::to_owned).collect()))
}

/// How long something waits that happens by itself.
pub(super) fn delay(text: &str) -> Result<Duration, String> {
    let delay = match text.strip_suffix('d') {
        Some(days) => read_duration(&format!("{days}h")).and_then(|hours| hours.checked_mul(24)),
        None => read_duration(text),
    };
    delay
        .filter(|time| *time <= EXPIRATION_MAX)
        .ok_or_else(|| format!("{text} is not a time such as 30m, 24h or 14d, up to a year"))
}

/// The address of RabbitMQ, which is checked again when its publisher is made.
#[cfg(feature = "rabbitmq")]
pub(super) fn rabbitmq(text: &str) -> Result<String, String> {
    let shown = Redacted(text);
    order_broker::RabbitMqPublisher::new(order_broker::RabbitMqSettings::new(text))
        .map_err(|error| format!("{shown}: {error}"))?;
    Ok(text.to_owned())
}

#[cfg(not(feature = "rabbitmq"))]
pub(super) fn rabbitmq(_text: &str) -> Result<String, String> {
    Err("this build knows no RabbitMQ".to_owned())
}

#[cfg(feature = "kafka")]
pub(super) fn kafka(text: &str) -> Result<String, String> {
    let is_address = |address: &str| {
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "9092"));
        !host.is_empty() && !host.contains([' ', '/', '@']) && port.parse::<u16>().is_ok()
    };
    if text.split(',').map(str::trim).all(is_address) {
        Ok(text.to_owned())
    } else {
        let shown = Redacted(text);
        Err(format!("{shown} is not a list of addresses such as kafka-1:9092,kafka-2:9092"))
    }
}

#[cfg(not(feature = "kafka"))]
pub(super) fn kafka(_text: &str) -> Result<String, String> {
    Err("this build knows no Kafka".to_owned())
}

/// Networks, or single addresses, separated by commas.
pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |text: &str| {
        let text = text.trim();
        let one = || text.parse::<IpAddr>().map(IpNet::from);
        let network = text.parse::<IpNet>().or_else(|_| one());
        network.map_err(|_| format!("{text} is not a network such as 10.0.0.0/8"))
    };
    text.split(',').map(network).collect()
}

/// How often something may happen; none for as often as one likes.
pub(super) fn rate(text: &str) -> Result<Option<Rate>, String> {
    if text == "off" {
        return Ok(None);
    }
    let rate = text.split_once('/').and_then(|(count, unit)| {
        let per = match unit {
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return None,
        };
        let count = count.parse().ok().filter(|count| (1..=1_000_000).contains(count))?;
        Some(Rate { count, per })
    });
    rate.map(Some).ok_or_else(|| format!("{text} is neither a rate such as 50/s or 1000/m nor off"))
}

/// The address of a collector.
pub(super) fn collector(text: &str) -> Result<String, String> {
    let shown = Redacted(text);
    let is_sound = order_remote::Settings::new(text).is_ok();
    is_sound
        .then(|| text.to_owned())
        .ok_or_else(|| format!("{shown} is not an address such as http://localhost:4318"))
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| format!("{text} is not a number from 0 to 1"))
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("{text} is not a log filter such as info: {error}"))
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        "auto" => Ok(LogFormat::Auto),
        _ => Err(format!("{text} is none of text, json, auto")),
    }
}

pub(super) fn count(text: &str, min: usize, max: usize) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| format!("{text} is not a whole number from {min} to {max}"))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    read_duration(text)
        .filter(|time| *time <= DURATION_MAX)
        .ok_or_else(|| format!("{text} is not a time such as 500ms, 10s or 2m, up to 24h"))
}

/// How long a token counts: whole seconds.
pub(super) fn expiration(text: &str) -> Result<Duration, String> {
    read_duration(text)
        .filter(|time| (1..=EXPIRATION_MAX.as_secs()).contains(&time.as_secs()))
        .ok_or_else(|| format!("{text} is not a time such as 3600, 15m or 24h, up to a year"))
}

pub(super) fn secret(text: &str) -> Result<Secret, String> {
    Secret::new(text).map_err(|error| error.to_string())
}

pub(super) fn keys(text: &str) -> Result<KeySource, String> {
    text.parse().map_err(|error: AuthError| error.to_string())
}

fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    digits
        .parse::<u64>()
        .ok()
        .zip(unit_ms)
        .and_then(|(number, unit_ms)| number.checked_mul(unit_ms))
        .map(Duration::from_millis)
        .filter(|time| !time.is_zero())
}
