//! What the server sees to where it answers gRPC: the same limits and traces as over HTTP.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::HeaderMap;
use order_grpc::{CREATE_USER, Code, Host, Incoming, Place, SIGN_IN};
use tracing::Span;

use crate::{config::Limits, listen::addresses::Addresses, throttle::Throttle, traces};

/// Counts connections and calls together with those of HTTP.
#[derive(Debug)]
pub(crate) struct GrpcHost {
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) throttle: Arc<Throttle>,
}

impl Host for GrpcHost {
    fn place(&self, peer: IpAddr) -> Option<Place> {
        let counted = self.addresses.admit(peer)?;
        Some(Box::new(counted))
    }

    fn admit(&self, call: &Incoming<'_>) -> Result<(), Duration> {
        // Every connection has another end; one that is not known cannot be counted.
        let Some(peer) = call.peer else { return Ok(()) };
        let address = self.throttle.address(peer, call.headers);
        let is_registering = call.method == CREATE_USER && call.who.is_none();
        if call.method == SIGN_IN || is_registering {
            self.throttle.admit_sign_in(address)?;
        }
        self.throttle.admit(address, call.who)
    }

    fn span(&self, method: &'static str, headers: &HeaderMap) -> Span {
        traces::of_call(method, headers)
    }

    fn answered(&self, span: &Span, code: Code) {
        traces::call_answered(span, code);
    }
}

/// The limits of the server for gRPC.
pub(crate) fn limits(limits: Limits) -> order_grpc::Limits {
    order_grpc::Limits {
        call_time: limits.request_time,
        drain_time: limits.drain_time,
        greeting_time: limits.header_time,
        idle_time: limits.idle_time,
        connections_max: limits.connections_max,
        watchers_max: limits.streams_max,
        calls_max: limits.requests_max,
        header_bytes_max: u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX),
        ..order_grpc::Limits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Exposure, Rate};

    #[test]
    fn passwords_are_not_guessed_quickly_over_grpc_either() {
        let rate = Some(Rate { count: 2, per: Duration::from_mins(1) });
        let proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let exposure = Exposure { sign_in_rate: rate, proxies, ..Exposure::default() };
        let (addresses, throttle) = (Addresses::new(None), Throttle::new(&exposure));
        let host = GrpcHost { addresses, throttle };
        let admit = |method, forwarded: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let peer = Some("10.0.0.1:1".parse().unwrap());
            host.admit(&Incoming { method, peer, headers: &headers, who: None })
        };
        for _ in 0..2 {
            admit(SIGN_IN, "192.0.2.1").unwrap();
        }
        let wait = admit(SIGN_IN, "192.0.2.1").unwrap_err();
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
        // Another address, and another method of the same one.
        admit(SIGN_IN, "192.0.2.2").unwrap();
        admit("/order.v1.UserService/ListUsers", "192.0.2.1").unwrap();
        assert!(admit(CREATE_USER, "192.0.2.1").is_err());
    }
}
