//! How often one caller may ask, and from where it asks.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use ipnet::IpNet;
use order_core::{Principal, RoleKind};
use order_http::{ApiError, Attempts};

use crate::{
    config::{Exposure, Rate},
    listen::addresses::holder,
};

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address that a request comes from, as far as that can be believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

/// Who is counted for one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Caller {
    /// Somebody who said who they are.
    Known(RoleKind, Box<str>),
    /// Somebody who did not.
    Unknown(IpAddr),
}

/// How often callers have asked of late.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Requests of a caller.
    requests: Option<DefaultKeyedRateLimiter<Caller>>,
    /// Attempts to sign in or to register from an address: each may be a guess at a password or at who has
    /// an account, and each costs a hash.
    sign_ins: Option<DefaultKeyedRateLimiter<IpAddr>>,
    proxies: Vec<IpNet>,
}

impl Throttle {
    pub(crate) fn new(exposure: &Exposure) -> Arc<Self> {
        Arc::new(Self {
            requests: exposure.rate.map(|rate| RateLimiter::keyed(quota(rate))),
            sign_ins: exposure.sign_in_rate.map(|rate| RateLimiter::keyed(quota(rate))),
            proxies: exposure.proxies.clone(),
        })
    }

    /// Where a request comes from: from whom the proxies that are trusted say, else from the other end of
    /// the connection.
    pub(crate) fn address(&self, peer: SocketAddr, headers: &HeaderMap) -> Address {
        let is_trusted = |ip: IpAddr| self.proxies.iter().any(|net| net.contains(&ip));
        let mut address = peer.ip().to_canonical();
        // Every proxy appends whom it heard from; what stands before the first that is not trusted is
        // whatever a client likes.
        let values = headers.get_all(&FORWARDED_FOR).iter().rev();
        let named = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.rsplit(','));
        for name in named {
            if !is_trusted(address) {
                break;
            }
            let Ok(next) = name.trim().parse::<IpAddr>() else { break };
            address = next.to_canonical();
        }
        Address(holder(address))
    }

    /// Forgets who has not asked for a while.
    pub(crate) fn forget(&self) {
        if let Some(requests) = &self.requests {
            requests.retain_recent();
        }
        if let Some(sign_ins) = &self.sign_ins {
            sign_ins.retain_recent();
        }
    }

    /// Counts a request, unless its caller asks too often.
    ///
    /// # Errors
    /// After how long the caller may ask again.
    pub(crate) fn admit(
        &self,
        Address(address): Address,
        who: Option<&Principal>,
    ) -> Result<(), Duration> {
        let Some(requests) = &self.requests else { return Ok(()) };
        let caller = match who {
            Some(who) => Caller::Known(who.role.kind(), who.subject.as_str().into()),
            None => Caller::Unknown(address),
        };
        requests.check_key(&caller).map_err(|until| wait(&until))
    }

    /// Counts an attempt to sign in, unless there were too many from there.
    ///
    /// # Errors
    /// After how long one may try again.
    pub(crate) fn admit_sign_in(&self, Address(address): Address) -> Result<(), Duration> {
        let Some(sign_ins) = &self.sign_ins else { return Ok(()) };
        sign_ins.check_key(&address).map_err(|until| wait(&until))
    }
}

fn wait(until: &NotUntil<<DefaultClock as Clock>::Instant>) -> Duration {
    until.wait_time_from(DefaultClock::default().now())
}

fn quota(rate: Rate) -> Quota {
    let count = NonZeroU32::new(rate.count).unwrap_or(NonZeroU32::MIN);
    let each = rate.per / count.get();
    Quota::with_period(each).unwrap_or(Quota::per_second(count)).allow_burst(count)
}

/// Puts the limits in front of a router, which knows by then who is calling.
pub(crate) fn limited(router: Router, throttle: &Arc<Throttle>) -> Router {
    if throttle.requests.is_none() && throttle.sign_ins.is_none() {
        return router;
    }
    router.layer(from_fn_with_state(throttle.clone(), limit))
}

async fn limit(
    State(throttle): State<Arc<Throttle>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Some(address) = request.extensions().get::<Address>().copied() {
        throttle.admit(address, request.extensions().get()).map_err(too_many)?;
        let count = move || throttle.admit_sign_in(address).map_err(too_many);
        request.extensions_mut().insert(Attempts::new(count));
    }
    Ok(next.run(request).await)
}

fn too_many(wait: Duration) -> ApiError {
    let detail =
        "you ask more often than you may; nothing was done, ask again when Retry-After says";
    let error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "request.rate_limited", detail);
    error.retry_after(wait)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn throttle(proxies: &[&str]) -> Arc<Throttle> {
        let proxies = proxies.iter().map(|net| net.parse().unwrap()).collect();
        Throttle::new(&Exposure { proxies, ..Exposure::default() })
    }

    fn address(throttle: &Throttle, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(&FORWARDED_FOR, HeaderValue::from_str(value).unwrap());
        }
        throttle.address(SocketAddr::new(peer.parse().unwrap(), 1), &headers).0.to_string()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        let open = throttle(&[]);
        assert_eq!(address(&open, "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        let behind = throttle(&["10.0.0.0/8", "::1/128"]);
        assert_eq!(address(&behind, "192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(address(&behind, "10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(address(&behind, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address(&behind, "::1", &["198.51.100.7"]), "198.51.100.7");
        // Two proxies, and a client that made the first name up.
        let chain = ["203.0.113.9, 198.51.100.7", "10.0.0.2"];
        assert_eq!(address(&behind, "10.0.0.1", &chain), "198.51.100.7");
        assert_eq!(address(&behind, "10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(address(&behind, "::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    #[test]
    fn a_quota_is_a_burst_and_what_comes_back_with_time() {
        let limiter = RateLimiter::direct(quota(Rate { count: 3, per: Duration::from_mins(1) }));
        for _ in 0..3 {
            assert!(limiter.check().is_ok());
        }
        let wait = limiter.check().unwrap_err().wait_time_from(DefaultClock::default().now());
        assert!(wait > Duration::from_secs(15) && wait <= Duration::from_secs(20), "{wait:?}");
    }
}
