//! What a person who starts the server wants to know.

use std::{
    fmt::Write as _,
    io::{self, Write},
    net::SocketAddr,
};

use order_auth::{SECRET_BYTES_GOOD, Secret};

use crate::config::{Broker, Config, Database, Outlets, Redacted};

/// Where else the server answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Others {
    pub(crate) grpc: Option<SocketAddr>,
    pub(crate) metrics: Option<SocketAddr>,
}

/// Tells programs on standard output where the server listens, and people on standard error all the
/// rest.
pub(crate) fn announce(config: &Config, address: SocketAddr, others: Others, database: &Database) {
    // Nobody reading is no reason not to serve. The line for programs comes last: who has read it
    // finds all the rest said.
    let mut text = banner(config, address, database);
    if let Some(grpc) = others.grpc {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  gRPC       {grpc}");
    }
    if let Some(metrics) = others.metrics {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  metrics    http://{metrics}/metrics");
    }
    let _ = io::stderr().lock().write_all(text.as_bytes());
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "listening on {}://{address}", scheme(config)).and_then(|()| out.flush());
}

fn banner(config: &Config, address: SocketAddr, database: &Database) -> String {
    let api = format!("{}://{address}{}", scheme(config), config.base_path);
    let (kind, place) = match (&config.backend, database) {
        (Some(backend), _) => {
            let place = format!("{} (this is a gateway: it does nothing else)", backend.url);
            ("core", place)
        }
        (None, Database::Sqlite(_)) => ("data file", database.to_string()),
        (None, Database::Postgres(_)) => ("database", database.to_string()),
    };
    let mut text = format!(
        "order-server {version}
  API        {api}/orders
  docs       {api}/docs
  {kind:<9}  {place}
{who}
  try        curl -X POST {api}/orders -H 'content-type: application/json' \\{token}
               -d '{{\"customerId\":\"me\",\"items\":[{{\"productId\":\"tea\",\"quantity\":2,\"unitPrice\":\"4.50\"}}]}}'
",
        version = env!("CARGO_PKG_VERSION"),
        who = who_calls(config),
        token = if config.asks_who_calls() {
            "\n               -H \"authorization: Bearer $TOKEN\" \\"
        } else {
            ""
        },
    );
    let Outlets { rabbitmq, kafka, .. } = &config.outlets;
    let brokers = [("RabbitMQ", rabbitmq), ("Kafka", kafka)];
    for (name, broker) in brokers.into_iter().filter(|_| config.backend.is_none()) {
        if let Some(Broker { address, topic }) = broker {
            let address = Redacted(address);
            // Writing to a text cannot fail.
            let _ = writeln!(text, "  events     to {topic} of {name} at {address}");
        }
    }
    if is_readable(config) {
        text.push_str(
            "  warning    connections are not encrypted, and tokens are in them: give TLS_CERT_FILE and \
             TLS_KEY_FILE, or\n             name the proxy that encrypts them in ORDER_TRUSTED_PROXIES\n",
        );
    }
    if !config.ignored.is_empty() {
        text.push_str("  ignored    ");
        text.push_str(&config.ignored.join(", "));
        text.push_str(": set, but for the server that keeps the orders\n");
    }
    text
}

fn scheme(config: &Config) -> &'static str {
    if config.exposure.tls.is_some() { "https" } else { "http" }
}

/// Whether tokens can be read by whoever is between callers and the server.
fn is_readable(config: &Config) -> bool {
    [Some(config.listen), config.grpc].into_iter().flatten().any(|it| !it.ip().is_loopback())
        && config.exposure.tls.is_none()
        && config.exposure.proxies.is_empty()
}

/// How callers are known, and what is to be thought of it.
fn who_calls(config: &Config) -> String {
    if !config.asks_who_calls() {
        return "  warning    development mode: every caller is admin, only this machine can reach it"
            .to_owned();
    }
    let mut text =
        "  callers    sign in: POST /auth gives a token; `order user add --role admin` makes the \
         first administrator"
            .to_owned();
    if let Some(keys) = &config.tokens.keys {
        // Writing to a text cannot fail.
        let _ = write!(text, "\n  keys       {keys}");
    }
    if config.tokens.secret.as_ref().is_some_and(Secret::is_weak) {
        let _ = write!(
            text,
            "\n  warning    JWT_SECRET has fewer than {SECRET_BYTES_GOOD} bytes: it can be guessed"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::TlsFiles;

    #[test]
    fn the_banner_says_what_is_unprotected_and_what_is_ignored() {
        let mut config = Config::in_folder(Path::new("/data"));
        config.base_path = "/shop".to_owned();
        config.ignored = vec!["REDIS_URL"];
        let address = "amqp://me:s3cret@rabbit/shop".to_owned();
        config.outlets.rabbitmq = Some(Broker { address, topic: "orders".to_owned() });
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let text = banner(&config, address, &config.database);
        for part in [
            "http://127.0.0.1:8080/shop/orders\n",
            "http://127.0.0.1:8080/shop/docs\n",
            "\n  data file  /data/orders.db\n",
            "every caller is admin",
            "REDIS_URL: set, but for the server",
            "\n  events     to orders of RabbitMQ at amqp://me:***@rabbit/shop\n",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("not encrypted"), "nobody else is on this machine: {text}");
    }

    #[test]
    fn the_banner_warns_of_tokens_that_others_can_read() {
        let mut config = Config::in_folder(Path::new("/data"));
        config.listen = SocketAddr::from(([0, 0, 0, 0], 8080));
        let warns = |config: &Config| {
            banner(config, config.listen, &config.database).contains("not encrypted")
        };
        assert!(warns(&config));
        let mut behind = config.clone();
        behind.exposure.proxies = vec!["10.0.0.0/8".parse().unwrap()];
        assert!(!warns(&behind));
        let file = Path::new("/tls").to_owned();
        config.exposure.tls = Some(TlsFiles { certificate: file.clone(), key: file });
        assert!(!warns(&config));
        let text = banner(&config, config.listen, &config.database);
        assert!(text.contains("https://0.0.0.0:8080/orders"), "{text}");
    }

    #[test]
    fn the_banner_names_the_database_without_its_password() {
        let config = Config::in_folder(Path::new("/data"));
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let database = Database::Postgres("postgres://me:s3cret@db/shop".to_owned());
        let text = banner(&config, address, &database);
        assert!(text.contains("\n  database   postgres://me:***@db/shop\n"), "{text}");
    }
}
