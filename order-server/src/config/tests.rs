mod deployed;

use std::{collections::HashMap, fs, time::Duration};

use tempfile::TempDir;

use super::*;

struct Given {
    folder: TempDir,
    environment: HashMap<&'static str, OsString>,
}

fn given() -> Given {
    Given { folder: tempfile::tempdir().unwrap(), environment: HashMap::new() }
}

impl Given {
    fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.environment.insert(name, value.into());
        self
    }

    fn dot_env(self, text: &str) -> Self {
        fs::write(self.folder.path().join(".env"), text).unwrap();
        self
    }

    fn invoke(&self, flags: &[&str]) -> Result<Invocation, ConfigError> {
        let arguments = std::iter::once("order-server").chain(flags.iter().copied());
        read(
            arguments.map(OsString::from),
            |name| self.environment.get(name).cloned(),
            self.folder.path(),
        )
    }

    fn read(&self, flags: &[&str]) -> Config {
        self.invoke(flags).unwrap().config
    }

    fn refused(&self, flags: &[&str]) -> String {
        self.invoke(flags).unwrap_err().to_string()
    }
}

fn port(config: &Config) -> u16 {
    config.listen.port()
}

#[test]
fn nothing_said_means_the_defaults() {
    let config = given().read(&[]);
    assert_eq!(config.database, Database::Sqlite("orders.db".into()));
    assert_eq!(config.listen, SocketAddr::from(([127, 0, 0, 1], 8080)));
    assert_eq!(config.limits, Limits::default());
    assert!(config.auto_confirm);
    assert_eq!(config.currency, Currency::USD);
    assert_eq!((config.base_path.as_str(), config.orders_path), ("", None));
}

#[test]
fn a_flag_beats_the_environment_which_beats_dot_env() {
    let given = given().variable("ORDER_LISTEN", "127.0.0.1:2").dot_env("ORDER_LISTEN=127.0.0.1:3");
    assert_eq!(port(&given.read(&["--listen", "127.0.0.1:1"])), 1);
    assert_eq!(port(&given.read(&[])), 2);
    let given = Given { environment: HashMap::new(), ..given };
    assert_eq!(port(&given.read(&[])), 3);
}

#[test]
fn a_port_alone_is_read_where_no_address_is_given() {
    assert_eq!(port(&given().variable("PORT", "9000").read(&[])), 9000);
    assert_eq!(port(&given().dot_env("PORT=9001\n").read(&[])), 9001);
    let both = given().variable("PORT", "9000").variable("ORDER_LISTEN", "127.0.0.1:9002");
    assert_eq!(port(&both.read(&[])), 9002);
    let layers = given().variable("PORT", "9000").dot_env("ORDER_LISTEN=127.0.0.1:9002\n");
    assert_eq!(port(&layers.read(&[])), 9000);
}

#[test]
fn an_empty_variable_counts_as_absent() {
    let given = given().variable("ORDER_LISTEN", "").dot_env("ORDER_LISTEN=127.0.0.1:3\nPORT=");
    assert_eq!(port(&given.read(&[])), 3);
}

#[test]
fn addresses_come_in_several_forms() {
    for (text, address) in [
        ("8081", "127.0.0.1:8081"),
        ("localhost:8081", "127.0.0.1:8081"),
        ("[::1]:8081", "[::1]:8081"),
        ("127.9.9.9:0", "127.9.9.9:0"),
    ] {
        assert_eq!(given().read(&["--listen", text]).listen, address.parse().unwrap());
    }
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    for address in ["0.0.0.0:8080", "[::]:8080", ":8080", "192.168.1.2:80"] {
        let error = given().invoke(&["--listen", address]).unwrap_err();
        assert!(matches!(error, ConfigError::Unprotected(_)), "{address}: {error}");
        assert!(error.to_string().contains("no authentication"), "{error}");
    }
}

#[test]
fn with_a_secret_or_keys_any_address_will_do() {
    for (name, value) in [("JWT_SECRET", "s"), ("JWT_KEYS", "keys.json")] {
        let given = given().variable(name, value);
        let config = given.read(&["--listen", "0.0.0.0:8080"]);
        assert!(config.asks_who_calls() && config.check_safe().is_ok(), "{name}");
    }
    assert!(!given().variable("JWT_ISSUER", "x").read(&[]).asks_who_calls());
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file_and_is_never_shown() {
    let secret = Some(Secret::new("s3cret").unwrap());
    let by_variable = given().variable("JWT_SECRET", "s3cret");
    assert_eq!(by_variable.read(&[]).tokens.secret, secret);
    let invocation = by_variable.invoke(&["--check-config"]).unwrap();
    assert!(invocation.to_string().contains("JWT_SECRET=*** "), "{invocation}");
    assert!(!format!("{invocation} {invocation:?}").contains("s3cret"), "{invocation:?}");
    assert_eq!(given().dot_env("JWT_SECRET=s3cret").read(&[]).tokens.secret, secret);

    let by_file = given();
    let file = by_file.folder.path().join("secret");
    fs::write(&file, "s3cret\n").unwrap();
    let flag = format!("--jwt-secret-file={}", file.display());
    assert_eq!(by_file.read(&[&flag]).tokens.secret, secret);
    let both = by_file.variable("JWT_SECRET", "other");
    assert!(matches!(both.invoke(&[&flag]), Err(ConfigError::TwoSecrets)));

    assert!(given().refused(&["--jwt-secret-file=nowhere"]).contains("cannot read nowhere"));
    assert!(matches!(given().invoke(&["--jwt-secret=s"]), Err(ConfigError::Usage(_))));
}

#[test]
fn a_token_lasts_as_long_as_is_said() {
    assert_eq!(given().read(&[]).tokens.expiration, Duration::from_hours(24));
    for (text, seconds) in [("3600", 3_600), ("15m", 900), ("24h", 86_400), ("720h", 2_592_000)] {
        let config = given().variable("JWT_EXPIRATION", text).read(&[]);
        assert_eq!(config.tokens.expiration, Duration::from_secs(seconds), "{text}");
    }
}

#[test]
fn database_urls_name_a_file() {
    for (text, file) in [
        ("sqlite://orders.db", "orders.db"),
        ("sqlite:data/orders.db", "data/orders.db"),
        ("sqlite:///var/orders.db", "/var/orders.db"),
        ("shop.db", "shop.db"),
    ] {
        let config = given().read(&["--database-url", text]);
        assert_eq!(config.database, Database::Sqlite(file.into()), "{text}");
    }
}

#[test]
fn database_urls_name_a_postgresql_database() {
    for url in ["postgres://me@db/orders", "postgresql://me:s3cr@db:5433/orders?sslmode=disable"] {
        let config = given().read(&["--database-url", url]);
        assert_eq!(config.database, Database::Postgres(url.to_owned()));
    }
    for url in ["postgres:orders", "postgres://me@db:many/orders", "postgres://db/o?sslmode=maybe"]
    {
        let text = given().refused(&["--database-url", url]);
        assert!(text.contains("is not a URL such as postgres://user@host/database"), "{text}");
    }
}

#[test]
fn a_password_is_never_shown() {
    for url in [
        "postgres://me:s3cr@t@db:many/orders",
        "postgres://me:s3cr/t@db/orders",
        "postgres://me:s3cr?t@db/orders",
        "mysql://me:s3cr@t@db",
        "x://db?password=s3cr@t",
    ] {
        let text = given().variable("DATABASE_URL", url).refused(&[]);
        assert!(text.starts_with("environment variable DATABASE_URL: "), "{text}");
        assert!(!text.contains("s3cr"), "{text}");
    }
    let url = "postgres://me:s3cr@db/orders?password=s3cr&sslmode=disable";
    let invocation = given().variable("DATABASE_URL", url).invoke(&["--check-config"]).unwrap();
    let line = "DATABASE_URL=postgres://me:***@db/orders # environment variable DATABASE_URL\n";
    assert!(invocation.to_string().contains(line), "{invocation}");
    assert!(!format!("{invocation:?}").contains("s3cr"), "{invocation:?}");
}

#[test]
fn values_that_cannot_be_used_are_refused_with_their_origin() {
    for (flag, values) in [
        (
            "--database-url",
            &["", "sqlite://", "sqlite::memory:", "mysql://db", "sqlite://a?b=c"][..],
        ),
        ("--listen", &["", "here", "127.0.0.1", "127.0.0.1:99999", "example.com:80"]),
        ("--base-path", &["", "shop", "/a//b", "/a b", "/{id}", "/../a"]),
        ("--orders-path", &["", "orders", "/*"]),
        ("--currency", &["", "EURO", "XYZ"]),
        ("--auto-confirm", &["", "maybe"]),
        ("--log", &["a=b=c", "order_http=loud"]),
        ("--log-format", &["", "xml"]),
        ("--workers", &["0", "-1", "many", "1025"]),
        ("--drain-timeout", &["", "0", "0s", "1 s", "-5s", "10d", "25h", "99999999999999999999"]),
        ("--jwt-expiration", &["", "0", "1d", "999ms", "9999h", "-1h"]),
        ("--jwt-keys", &["", "http://id.example/keys", "ftp://id.example/keys"]),
        ("--max-connections", &["0", "1.5", "1000001"]),
        ("--max-requests", &["0"]),
        ("--max-header-bytes", &["100", "1048577"]),
        ("--max-buffered-bytes", &["1000", "9999999999999"]),
    ] {
        for value in values {
            let flags = [format!("{flag}={value}")];
            let error = given().invoke(&flags.each_ref().map(String::as_str)).unwrap_err();
            assert!(matches!(error, ConfigError::Value { .. }), "{flags:?}: {error}");
            assert!(error.to_string().starts_with(&format!("{flag}: ")), "{error}");
        }
    }
}

#[test]
fn every_time_has_a_unit_or_is_in_seconds() {
    for (text, ms) in
        [("250ms", 250), ("7", 7_000), ("7s", 7_000), ("2m", 120_000), ("1h", 3_600_000)]
    {
        let limits = given().read(&["--request-timeout", text]).limits;
        assert_eq!(limits.request_time, Duration::from_millis(ms), "{text}");
    }
}

#[test]
fn paths_lose_their_last_slash() {
    let config = given().read(&["--base-path", "/shop/v1/", "--orders-path", "/"]);
    assert_eq!(config.base_path, "/shop/v1");
    assert_eq!(config.orders_path.as_deref(), Some("/"));
    assert_eq!(given().read(&["--base-path", "/"]).base_path, "");
}

#[test]
fn a_broken_dot_env_is_refused() {
    let error = given().dot_env("this is = not \"a file\n of lines").invoke(&[]).unwrap_err();
    assert!(matches!(error, ConfigError::DotEnv { .. }), "{error}");
}

#[test]
fn a_gateway_says_what_it_does_nothing_with() {
    let given = || given().dot_env("KAFKA_BROKERS=a:1\nREDIS_URL=\n");
    let config = given().read(&["--backend", "grpc://core:50051"]);
    assert_eq!(config.ignored, ["KAFKA_BROKERS"]);
    assert_eq!(given().read(&[]).ignored, [""; 0]);
}

#[test]
fn a_gateway_shows_who_it_is_and_asks_who_calls() {
    let secret = "0123456789abcdef0123456789abcdef";
    let backend = &["--backend", "grpc://core:50051"];
    let made = given().variable("JWT_SECRET", secret).read(backend).backend.unwrap();
    assert_eq!((made.url.as_str(), made.token), ("grpc://core:50051", None));
    let given = || given().variable("GRPC_TOKEN", "t0ken");
    let shown = given().variable("JWT_SECRET", secret).read(backend);
    assert_eq!(shown.backend.as_ref().unwrap().token.as_deref(), Some("t0ken"));
    assert!(!format!("{shown:?}").contains("t0ken"));
    let refused = given().refused(backend);
    assert!(refused.contains("JWT_SECRET"), "{refused}");
    let keys = &["--backend", "grpc://core:50051", "--jwt-keys", "keys.json"];
    let refused = self::given().refused(keys);
    assert!(refused.contains("GRPC_TOKEN"), "{refused}");
    for bad in ["http://core:50051", "grpc://core", "grpc://:1", "grpc://core:0x", "core:50051"] {
        let refused = self::given().refused(&["--backend", bad]);
        assert!(refused.contains("grpc://HOST:PORT"), "{refused}");
    }
}

#[test]
fn a_gateway_trusts_certificates_of_its_own_only_where_there_is_tls() {
    let ca = &["--grpc-ca-file", "ca.pem", "--backend"][..];
    let read = given().read(&[ca, &["grpcs://core:50051"][..]].concat()).backend.unwrap();
    assert_eq!(read.ca.as_deref(), Some(Path::new("ca.pem")));
    assert_eq!(given().read(&["--backend", "grpcs://core:50051"]).backend.unwrap().ca, None);
    let refused = given().refused(&[ca, &["grpc://core:50051"][..]].concat());
    assert!(refused.contains("GRPC_CA_FILE needs a backend at grpcs://"), "{refused}");
}

#[test]
fn nobody_else_reaches_grpc_where_nobody_is_asked_who_calls() {
    let refused = given().refused(&["--grpc-listen", "0.0.0.0:50051"]);
    assert!(refused.contains("50051"), "{refused}");
    let config = given().read(&["--grpc-listen", "50051"]);
    assert_eq!(config.grpc, Some(SocketAddr::from(([127, 0, 0, 1], 50_051))));
}

#[test]
fn brokers_are_read_and_their_passwords_not_shown() {
    let url = "amqp://me:s3cret@rabbit:5672/shop";
    let given = given().variable("RABBITMQ_URL", url).variable("KAFKA_BROKERS", "k-1:9092,k-2");
    let invocation = given.invoke(&["--kafka-topic=events", "--metrics-listen=9100"]).unwrap();
    let outlets = &invocation.config.outlets;
    let broker = |address: &str, topic: &str| {
        Some(Broker { address: address.to_owned(), topic: topic.to_owned() })
    };
    assert_eq!(outlets.rabbitmq, broker(url, "orders"));
    assert_eq!(outlets.kafka, broker("k-1:9092,k-2", "events"));
    assert_eq!(outlets.metrics, Some(SocketAddr::from(([127, 0, 0, 1], 9100))));
    let text = format!("{invocation} {:?}", invocation.config);
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("amqp://me:***@rabbit:5672/shop"), "{text}");
    for (name, value) in [("RABBITMQ_URL", "http://u:s3cret@x"), ("KAFKA_BROKERS", "a:b,c")] {
        let refused = self::given().variable(name, value).refused(&[]);
        assert!(refused.contains(name) && !refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn what_others_tell_comes_from_a_broker_and_not_from_ourselves() {
    let url = "amqp://me:s3cret@rabbit:5672/shop";
    let both = || given().variable("RABBITMQ_URL", url).variable("KAFKA_BROKERS", "k-1:9092");
    let flags = ["--rabbitmq-input-queue=in", "--kafka-input-topic=shop", "--kafka-input-group=g"];
    let config = both().variable("RABBITMQ_INPUT_EXCHANGE", "shop").read(&flags);
    let inlet = |address: &str, name: &str, origin: &str| {
        let (address, name) = (address.to_owned(), name.to_owned());
        Some(Inlet { address, name, origin: Some(origin.to_owned()) })
    };
    assert_eq!(config.inlets.rabbitmq, inlet(url, "in", "shop"));
    assert_eq!(config.inlets.kafka, inlet("k-1:9092", "shop", "g"));
    assert!(!format!("{:?}", config.inlets).contains("s3cret"));
    assert_eq!(both().read(&[]).inlets, Inlets::default());
    for flag in &flags[..2] {
        assert!(given().refused(&[flag]).contains("the broker that it is at"), "{flag}");
    }
    for own in ["--rabbitmq-input-exchange=orders", "--kafka-input-topic=order-events"] {
        assert!(both().refused(&[own]).contains("what the server itself publishes to"), "{own}");
    }
}

#[test]
fn the_effective_configuration_names_every_setting_and_its_origin() {
    let given = given().variable("ORDER_CURRENCY", "GBP").dot_env("ORDER_LOG=warn");
    let invocation = given.invoke(&["--check-config", "--workers", "3"]).unwrap();
    assert!(invocation.check_only);
    let text = invocation.to_string();
    for (start, origin) in [
        ("ORDER_CURRENCY=GBP ", "environment variable ORDER_CURRENCY"),
        ("ORDER_LOG=warn ", "ORDER_LOG in .env"),
        ("ORDER_WORKERS=3 ", "--workers"),
        ("DATABASE_URL=sqlite://orders.db ", "default"),
        ("ORDER_BASE_PATH= ", "not set"),
    ] {
        let line = text.lines().find(|line| line.starts_with(start)).expect(start);
        assert!(line.ends_with(&format!("# {origin}")), "{line}");
    }
    assert_eq!(text.lines().count(), SETTINGS.len());
}

#[test]
fn the_cache_is_as_it_is_told_and_shows_no_password() {
    assert_eq!(given().read(&[]).caching, Caching::default());
    let url = "redis://me:s3cret@cache:6379/1";
    let given = given().variable("REDIS_URL", url).dot_env("ORDER_CACHE_TTL=30s");
    let invocation = given.invoke(&["--check-config", "--cache-size", "7"]).unwrap();
    let caching = &invocation.config.caching;
    assert_eq!((caching.bytes_max, caching.ttl), (7, Duration::from_secs(30)));
    assert_eq!(caching.redis.as_ref().unwrap().0, url);
    for shown in [format!("{:?}", invocation.config), invocation.to_string()] {
        assert!(shown.contains("redis://me:***@cache:6379/1") && !shown.contains("s3cret"));
    }
    let refused = given_refused("redis://me:s3cret@cache:port");
    assert!(refused.contains("redis://me:***@cache:port is not a URL"), "{refused}");
}

fn given_refused(url: &str) -> String {
    given().variable("REDIS_URL", url).invoke(&[]).unwrap_err().to_string()
}

#[test]
fn the_command_line_is_consistent() {
    command().debug_assert();
    assert!(matches!(given().invoke(&["--nonsense"]), Err(ConfigError::Usage(_))));
}
