//! What a person who starts the server wants to know.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use crate::config::Config;

/// Tells programs on standard output where the server listens, and people on standard error all the
/// rest.
pub(crate) fn announce(config: &Config, address: SocketAddr, data_file: &Path) {
    // Nobody reading is no reason not to serve.
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    let _ = io::stderr().lock().write_all(banner(config, address, data_file).as_bytes());
}

fn banner(config: &Config, address: SocketAddr, data_file: &Path) -> String {
    let api = format!("http://{address}{}", config.base_path);
    let mut text = format!(
        "order-server {version}
  API        {api}/orders
  docs       {api}/docs
  data file  {file}
  warning    development mode: every caller is admin, only this machine can reach it
  try        curl -X POST {api}/orders -H 'content-type: application/json' \\
               -d '{{\"customerId\":\"me\",\"items\":[{{\"productId\":\"tea\",\"quantity\":2,\"unitPrice\":\"4.50\"}}]}}'
",
        version = env!("CARGO_PKG_VERSION"),
        file = data_file.display(),
    );
    if !config.ignored.is_empty() {
        text.push_str("  ignored    ");
        text.push_str(&config.ignored.join(", "));
        text.push_str(": set, but not known to this build yet\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_says_what_is_unprotected_and_what_is_ignored() {
        let mut config = Config::in_folder(Path::new("/data"));
        config.base_path = "/shop".to_owned();
        config.ignored = vec!["JWT_SECRET", "REDIS_URL"];
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        let text = banner(&config, address, Path::new("/data/orders.db"));
        for part in [
            "http://127.0.0.1:8080/shop/orders\n",
            "http://127.0.0.1:8080/shop/docs\n",
            "/data/orders.db\n",
            "every caller is admin",
            "JWT_SECRET, REDIS_URL: set, but not known",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
