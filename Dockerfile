# The server and the command line, on Debian. Build with BuildKit: docker build -t order-server .
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc g++ libc6-dev make cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked -p order-server -p order-cli \
    && install -D -t /out target/release/order-server target/release/order

FROM debian:bookworm-slim
# Certificates, for webhooks and services beside this one.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 orders \
    && useradd --system --uid 10001 --gid orders --no-create-home --home-dir /var/lib/orders --shell /usr/sbin/nologin orders \
    && install -d -o orders -g orders -m 0700 /var/lib/orders
COPY --from=build /out/ /usr/local/bin/
USER orders
WORKDIR /var/lib/orders
VOLUME /var/lib/orders
# Others reach it, so it asks who calls: it does not start without JWT_SECRET or JWT_KEYS.
ENV ORDER_LISTEN=0.0.0.0:8080
EXPOSE 8080
STOPSIGNAL SIGTERM
# Asks port 8080 in clear text, below no path: with another ORDER_LISTEN, with ORDER_BASE_PATH or TLS_CERT_FILE it
# must ask otherwise.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
CMD ["order-server"]
