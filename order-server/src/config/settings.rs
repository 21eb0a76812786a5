//! Every setting: its flag, its variable, its default and what it means, as data.

use clap::{Arg, ArgAction, Command};

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    /// The long flag, without dashes; empty for a secret, which has none: others see command lines.
    pub(super) flag: &'static str,
    /// The environment variable.
    pub(super) variable: &'static str,
    /// Another variable, read where the first is absent.
    pub(super) also: Option<&'static str>,
    /// What holds if nobody says anything; none for a setting that may stay open.
    pub(super) default: Option<&'static str>,
    value_name: &'static str,
    help: &'static str,
}

/// Variables that a gateway does nothing with: they are for the server that keeps the orders.
pub(super) const OF_THE_CORE: &[&str] = &[
    "DATABASE_URL",
    "RABBITMQ_URL",
    "KAFKA_BROKERS",
    "REDIS_URL",
    "PAYMENT_SERVICE_URL",
    "PRODUCT_SERVICE_URL",
    "USER_SERVICE_URL",
];

/// The flag that prints the configuration and ends.
pub(super) const CHECK_CONFIG: &str = "check-config";

macro_rules! settings {
    ($($name:ident $flag:literal $variable:literal $(or $also:literal)? $value:literal
       $(= $default:literal)? : $help:literal,)*) => {
        $(pub(super) static $name: Setting = Setting {
            flag: $flag,
            variable: $variable,
            also: settings!(@option $($also)?),
            default: settings!(@option $($default)?),
            value_name: $value,
            help: $help,
        };)*

        /// Every setting, in the order that `--help` shows them.
        pub(super) static SETTINGS: &[&Setting] = &[$(&$name),*];
    };
    (@option) => { None };
    (@option $text:literal) => { Some($text) };
}

settings! {
    DATABASE_URL "database-url" "DATABASE_URL" "URL" = "sqlite://orders.db":
        "Where the orders are kept: sqlite://FILE, relative to the working folder, or \
         postgres://USER:PASSWORD@HOST/DATABASE",
    LISTEN "listen" "ORDER_LISTEN" or "PORT" "ADDRESS" = "127.0.0.1:8080":
        "Address and port to listen on, or a port of 127.0.0.1; port 0 takes any free one",
    GRPC_LISTEN "grpc-listen" "GRPC_LISTEN" "ADDRESS":
        "Address and port where gRPC answers, or a port of 127.0.0.1, such as 50051",
    BACKEND "backend" "ORDER_BACKEND" "URL":
        "Server that keeps the orders, by its GRPC_LISTEN: grpc://HOST:PORT, or grpcs://HOST:PORT with TLS. \
         This one is then a gateway: it opens no database and does nothing beside answering",
    GRPC_CA_FILE "grpc-ca-file" "GRPC_CA_FILE" "FILE":
        "Certificates (PEM) of which that server must show one, or one that they signed; those that the \
         system trusts if not given",
    GRPC_TOKEN "" "GRPC_TOKEN" "TOKEN":
        "What a gateway shows it: a token of the role admin, or of the role service for the subject gateway; \
         made with JWT_SECRET if not given",
    BASE_PATH "base-path" "ORDER_BASE_PATH" "PATH":
        "Prefix of every route, such as /shop",
    ORDERS_PATH "orders-path" "ORDER_ORDERS_PATH" "PATH":
        "Where the orders' routes answer too, such as / for GET /, GET /{id} and POST /",
    CURRENCY "currency" "ORDER_CURRENCY" "CODE" = "USD":
        "Currency of an order that names none",
    AUTO_CONFIRM "auto-confirm" "ORDER_AUTO_CONFIRM" "BOOL" = "true":
        "Confirm an order as it is placed, its stock being held by then",
    JWT_SECRET "" "JWT_SECRET" "SECRET":
        "Secret that signs tokens and checks them (HS256); with it callers must sign in",
    JWT_SECRET_FILE "jwt-secret-file" "JWT_SECRET_FILE" "FILE":
        "File with that secret",
    JWT_KEYS "jwt-keys" "JWT_KEYS" "FILE|URL":
        "JSON Web Key Set of somebody else whose tokens count (RS256, ES256, EdDSA)",
    JWT_EXPIRATION "jwt-expiration" "JWT_EXPIRATION" "TIME" = "24h":
        "How long a token counts",
    JWT_ISSUER "jwt-issuer" "JWT_ISSUER" "NAME":
        "Who must have made a token",
    JWT_AUDIENCE "jwt-audience" "JWT_AUDIENCE" "NAME":
        "Whom a token must be for",
    COLLECT "collect" "ORDER_COLLECT" "WHEN" = "on_shipment":
        "When a payment service is asked for the money: before_confirm, on_shipment (authorized before, \
         captured with the first parcel) or on_invoice (never)",
    EXPIRE_AFTER "expire-after" "ORDER_EXPIRE_AFTER" "TIME":
        "Cancel an order that is neither paid nor confirmed after this time; 30m if a payment service is \
         asked, else never",
    COMPLETE_AFTER "complete-after" "ORDER_COMPLETE_AFTER" "TIME":
        "Complete a delivered and paid order after this time; by hand if not given",
    PAYMENT_SERVICE_URL "payment-service-url" "PAYMENT_SERVICE_URL" "URL":
        "Payment service that is asked for the money",
    PAYMENT_SERVICE_TOKEN "" "PAYMENT_SERVICE_TOKEN" "TOKEN":
        "Bearer token for it",
    PAYMENT_CALLBACK_SECRETS "" "PAYMENT_CALLBACK_SECRETS" "SECRETS":
        "Secrets (whsec_…) that sign its callbacks, separated by commas",
    PRODUCT_SERVICE_URL "product-service-url" "PRODUCT_SERVICE_URL" "URL":
        "Product service that knows prices and holds stock, instead of the built-in catalogue",
    PRODUCT_SERVICE_TOKEN "" "PRODUCT_SERVICE_TOKEN" "TOKEN":
        "Bearer token for it",
    USER_SERVICE_URL "user-service-url" "USER_SERVICE_URL" "URL":
        "User service that knows who is a customer",
    USER_SERVICE_TOKEN "" "USER_SERVICE_TOKEN" "TOKEN":
        "Bearer token for it",
    RABBITMQ_URL "rabbitmq-url" "RABBITMQ_URL" "URL":
        "RabbitMQ that gets every event: amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps",
    RABBITMQ_EXCHANGE "rabbitmq-exchange" "RABBITMQ_EXCHANGE" "NAME" = "orders":
        "Topic exchange for them; the routing key is the event's name",
    KAFKA_BROKERS "kafka-brokers" "KAFKA_BROKERS" "HOST:PORT,…":
        "Kafka that gets every event",
    KAFKA_TOPIC "kafka-topic" "KAFKA_TOPIC" "NAME" = "order-events":
        "Topic for them; the key is the order's id",
    RABBITMQ_INPUT_QUEUE "rabbitmq-input-queue" "RABBITMQ_INPUT_QUEUE" "NAME":
        "Queue with what other services tell of products, stock and payments; declared if it is not there",
    RABBITMQ_INPUT_EXCHANGE "rabbitmq-input-exchange" "RABBITMQ_INPUT_EXCHANGE" "NAME":
        "Exchange of theirs that the queue is bound to with product.*, stock.* and payment.*; if not given, \
         whoever sends has bound it",
    KAFKA_INPUT_TOPIC "kafka-input-topic" "KAFKA_INPUT_TOPIC" "NAME":
        "Topic with what other services tell of products, stock and payments",
    KAFKA_INPUT_GROUP "kafka-input-group" "KAFKA_INPUT_GROUP" "NAME" = "order-server":
        "Group that reads it",
    METRICS_LISTEN "metrics-listen" "METRICS_LISTEN" "ADDRESS":
        "Address and port where GET /metrics answers whoever asks; the main address answers it to \
         callers who are no customers",
    WEBHOOK_ALLOW_PRIVATE "webhook-allow-private" "WEBHOOK_ALLOW_PRIVATE" "BOOL" = "false":
        "Deliver webhooks to private addresses and over plain http too: for trials, and for networks \
         where every endpoint is one's own",
    REDIS_URL "redis-url" "REDIS_URL" "URL":
        "Redis in which servers of one PostgreSQL database keep orders for each other: \
         redis://USER:PASSWORD@HOST:PORT/DATABASE, or rediss://",
    CACHE_SIZE "cache-size" "ORDER_CACHE_SIZE" "BYTES" = "0":
        "About how many bytes of orders are kept in the process, and of their answers as many again; 0 for \
         none: measure whether it pays, on one machine it does not",
    CACHE_TTL "cache-ttl" "ORDER_CACHE_TTL" "TIME" = "10m":
        "How long an order is kept in the process and in Redis; reads are never stale, whatever it is",
    TLS_CERT_FILE "tls-cert-file" "TLS_CERT_FILE" "FILE":
        "Certificate chain (PEM) to serve HTTPS and gRPC with; taken over anew when it is renewed",
    TLS_KEY_FILE "tls-key-file" "TLS_KEY_FILE" "FILE":
        "Private key (PEM) of that certificate",
    TRUSTED_PROXIES "trusted-proxies" "ORDER_TRUSTED_PROXIES" "NETWORKS":
        "Proxies whose X-Forwarded-For says where a request comes from, such as 10.0.0.0/8,::1",
    RATE_LIMIT "rate-limit" "ORDER_RATE_LIMIT" "RATE" = "off":
        "How often one caller may ask, such as 50/s or 1000/m; who shows no token is known by address",
    SIGN_IN_LIMIT "sign-in-limit" "ORDER_SIGN_IN_LIMIT" "RATE" = "60/m":
        "How often one address may try to sign in or register: each try may be a guess; or off",
    CONNECTIONS_OF_ONE "max-connections-per-address" "ORDER_MAX_CONNECTIONS_PER_ADDRESS" "COUNT":
        "Connections of one address at once; no limit of its own if not given",
    OTLP_ENDPOINT "otlp-endpoint" "OTEL_EXPORTER_OTLP_ENDPOINT" "URL":
        "Collector of OpenTelemetry that gets traces (OTLP over HTTP), such as http://localhost:4318",
    SERVICE_NAME "service-name" "OTEL_SERVICE_NAME" "NAME" = "order-server":
        "What this server is called in traces",
    TRACE_SHARE "trace-share" "ORDER_TRACE_SHARE" "SHARE" = "1":
        "Share of the traces that begin here that is sent, from 0 to 1",
    LOG "log" "ORDER_LOG" or "RUST_LOG" "FILTER" = "info":
        "Which log lines are written, such as warn or info,order_http=debug",
    LOG_FORMAT "log-format" "ORDER_LOG_FORMAT" "FORMAT" = "auto":
        "text, json, or auto: text on a terminal, json elsewhere",
    WORKERS "workers" "ORDER_WORKERS" "COUNT":
        "Threads that serve; one a core if not given",
    HEADER_TIMEOUT "header-timeout" "ORDER_HEADER_TIMEOUT" "TIME" = "10s":
        "How long a request's head may take",
    BODY_TIMEOUT "body-timeout" "ORDER_BODY_TIMEOUT" "TIME" = "30s":
        "The longest pause within a request's body",
    IDLE_TIMEOUT "idle-timeout" "ORDER_IDLE_TIMEOUT" "TIME" = "30s":
        "How long a connection stays open without a request",
    WRITE_TIMEOUT "write-timeout" "ORDER_WRITE_TIMEOUT" "TIME" = "30s":
        "How long a client may take no byte of its answer",
    REQUEST_TIMEOUT "request-timeout" "ORDER_REQUEST_TIMEOUT" "TIME" = "30s":
        "How long a request may take, its body included",
    DRAIN_TIMEOUT "drain-timeout" "ORDER_DRAIN_TIMEOUT" "TIME" = "20s":
        "How long a stop waits for the requests that have begun",
    MAX_CONNECTIONS "max-connections" "ORDER_MAX_CONNECTIONS" "COUNT" = "10000":
        "Connections at once",
    MAX_REQUESTS "max-requests" "ORDER_MAX_REQUESTS" "COUNT" = "1024":
        "Requests at once",
    MAX_STREAMS "max-streams" "ORDER_MAX_STREAMS" "COUNT" = "1000":
        "Streams of events at once; they count as connections, not as requests",
    MAX_HEADER_BYTES "max-header-bytes" "ORDER_MAX_HEADER_BYTES" "BYTES" = "65536":
        "The largest head of a request",
    MAX_BUFFERED_BYTES "max-buffered-bytes" "ORDER_MAX_BUFFERED_BYTES" "BYTES" = "67108864":
        "Bytes of the bodies of all requests at once",
}

impl Setting {
    /// Whether it is never shown.
    pub(super) const fn is_secret(&self) -> bool {
        self.flag.is_empty()
    }

    fn argument(&self) -> Arg {
        let mut help = format!("{} [env: {}", self.help, self.variable);
        if let Some(also) = self.also {
            help.push_str(" or ");
            help.push_str(also);
        }
        help.push(']');
        if let Some(default) = self.default {
            help.push_str(" [default: ");
            help.push_str(default);
            help.push(']');
        }
        Arg::new(self.flag).long(self.flag).value_name(self.value_name).help(help)
    }
}

/// The command line.
pub(super) fn command() -> Command {
    Command::new("order-server")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Serves orders over HTTP")
        .after_help(
            "A flag beats its environment variable, which beats the same variable in the file .env \
             of the working folder, which beats the default. An empty variable counts as absent. \
             Times are such as 500ms, 10s, 2m; a bare number is seconds. JWT_SECRET has no flag: other \
             users of the machine see command lines.",
        )
        .args(SETTINGS.iter().filter(|it| !it.is_secret()).map(|setting| setting.argument()))
        .arg(
            Arg::new(CHECK_CONFIG)
                .long(CHECK_CONFIG)
                .action(ArgAction::SetTrue)
                .help("Print the configuration, secrets left out, and end"),
        )
}
