//! Answers below the router: to a connection too many, and to what is no HTTP.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::problem::{self, Kind};

/// How many connections too many are answered at once; beyond that they are just closed.
pub(super) const AT_ONCE_MAX: usize = 256;

const TIME: Duration = Duration::from_secs(1);

/// Says that the server is busy, whatever is asked, and closes.
pub(super) async fn answer_busy(mut stream: TcpStream) {
    let exchange = async {
        stream.write_all(message(&problem::SERVER_BUSY).as_bytes()).await?;
        stream.shutdown().await?;
        // To close with bytes unread would reset the connection and take the answer with it.
        let mut unread = [0; 4_096];
        while stream.read(&mut unread).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whether the client took it changes nothing for us.
    let _ = timeout(TIME, exchange).await;
}

/// What to send in place of these bytes, if they are hyper's own answer to what it cannot read: one
/// without a body, where every error of ours is a problem.
pub(super) fn in_place_of(bytes: &[u8]) -> Option<String> {
    let status = bytes.strip_prefix(b"HTTP/1.1 4")?;
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    // Every answer of the router's has a request id.
    if has(b"x-request-id") || !has(b"content-length: 0\r\n") {
        return None;
    }
    match status.get(..2)? {
        b"00" => Some(message(&problem::MALFORMED)),
        b"14" => Some(message(&problem::TARGET_TOO_LONG)),
        b"31" => Some(message(&problem::HEAD_TOO_LARGE)),
        _ => None,
    }
}

fn message(kind: &Kind) -> String {
    let (status, body) = (kind.status(), kind.to_json());
    let retry = if status == StatusCode::SERVICE_UNAVAILABLE { "retry-after: 1\r\n" } else { "" };
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
         {retry}connection: close\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    )
}
