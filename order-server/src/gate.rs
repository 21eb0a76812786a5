//! Who may ask at all.
//!
//! In development mode nobody shows a token, so whatever reaches the server may do everything. The
//! loopback address keeps other machines out, but not the web pages that this machine's browser
//! shows: those are known by the host and the origin that the browser names. Where callers show a
//! token, which no browser sends by itself, any name will do.

use axum::http::{HeaderMap, Method, Request, Version, header, uri::Authority};

use crate::problem::{self, Kind};

/// Lets a request through, or says why not. `is_open`: whoever asks may do everything.
pub(crate) fn check<B>(request: &Request<B>, is_open: bool) -> Result<(), &'static Kind> {
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(&problem::METHOD_REFUSED);
    }
    let named = named_hosts(request)?;
    if !is_open {
        return Ok(());
    }
    if !named.iter().flatten().all(is_local) {
        return Err(&problem::HOST_REFUSED);
    }
    // A target that names a host beats the header (RFC 9112, 3.2.2).
    let host = named[0].as_ref().or(named[1].as_ref());
    if !request.method().is_safe() && is_cross_site(request.headers(), host) {
        return Err(&problem::CROSS_SITE);
    }
    Ok(())
}

/// The hosts that the target and the `Host` header name.
fn named_hosts<B>(request: &Request<B>) -> Result<[Option<Authority>; 2], &'static Kind> {
    let invalid = || &problem::HOST_MISSING;
    let mut values = request.headers().get_all(header::HOST).iter();
    let header = values
        .next()
        .map(|value| Authority::try_from(value.as_bytes()).map_err(|_| invalid()))
        .transpose()?;
    let target = request.uri().authority().cloned();
    let is_named = match request.version() {
        Version::HTTP_11 => header.is_some(),
        Version::HTTP_2 => header.is_some() || target.is_some(),
        // HTTP/1.0 knew no hosts; browsers speak later versions.
        _ => true,
    };
    let has_user = |it: &Authority| it.as_str().contains('@');
    if values.next().is_some()
        || !is_named
        || [&target, &header].into_iter().flatten().any(has_user)
    {
        return Err(invalid());
    }
    Ok([target, header])
}

fn is_local(host: &Authority) -> bool {
    let name = host.host();
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let bare = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(name);
    bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether a browser says that a page of another origin asks. Other programs say nothing of it.
fn is_cross_site(headers: &HeaderMap, host: Option<&Authority>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        // `same-site` is another port of this machine: another program's page.
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let asks = origin
        .to_str()
        .ok()
        .and_then(|it| it.strip_prefix("http://").or_else(|| it.strip_prefix("https://")))
        .and_then(|it| Authority::try_from(it).ok());
    asks.is_none() || asks.as_ref() != host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut builder = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).unwrap()
    }

    fn code(method: &str, target: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        check(&request(method, target, headers), true).err().map(Kind::code)
    }

    #[test]
    fn where_callers_show_tokens_any_host_and_origin_will_do() {
        let from = |headers: &[(&str, &str)]| check(&request("POST", "/", headers), false);
        assert!(from(&[("host", "shop.example")]).is_ok());
        assert!(from(&[("host", "shop.example"), ("origin", "https://other.example")]).is_ok());
        assert!(from(&[("host", "shop.example"), ("sec-fetch-site", "cross-site")]).is_ok());
        // What no client sends is refused all the same.
        assert_eq!(from(&[]).unwrap_err().code(), "request.host_invalid");
        let connect = check(&request("CONNECT", "/", &[("host", "a")]), false).unwrap_err();
        assert_eq!(connect.code(), "route.method_not_allowed");
    }

    #[test]
    fn names_and_addresses_of_this_machine_are_let_through() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.1.2.3", "[::1]:8080"] {
            assert_eq!(code("GET", "/", &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn other_hosts_are_refused() {
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8080",
            "10.0.0.1",
            "0.0.0.0:8080",
            "[::2]",
            "localhost.",
        ] {
            let refused = Some("request.host_refused");
            assert_eq!(code("GET", "/", &[("host", host)]), refused, "{host}");
        }
        let both = code("GET", "http://evil.example/", &[("host", "localhost")]);
        assert_eq!(both, Some("request.host_refused"));
    }

    #[test]
    fn a_request_names_exactly_one_host() {
        let invalid = Some("request.host_invalid");
        assert_eq!(code("GET", "/", &[]), invalid);
        assert_eq!(code("GET", "/", &[("host", "localhost"), ("host", "localhost")]), invalid);
        assert_eq!(code("GET", "/", &[("host", "")]), invalid);
        assert_eq!(code("GET", "/", &[("host", "a b")]), invalid);
        assert_eq!(code("GET", "/", &[("host", "me@localhost")]), invalid);
    }

    #[test]
    fn http_1_0_need_not_name_a_host() {
        let mut old = request("GET", "/", &[]);
        *old.version_mut() = Version::HTTP_10;
        assert!(check(&old, true).is_ok());
    }

    #[test]
    fn a_page_of_another_origin_may_not_write() {
        let host = ("host", "localhost:8080");
        for foreign in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = Some("request.cross_site");
                assert_eq!(code(method, "/orders", &[host, foreign]), refused, "{foreign:?}");
            }
            assert_eq!(code("GET", "/orders", &[host, foreign]), None, "{foreign:?}");
        }
    }

    #[test]
    fn our_own_pages_and_other_programs_may_write() {
        let host = ("host", "localhost:8080");
        for own in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:8080"),
            ("accept", "*/*"),
        ] {
            assert_eq!(code("POST", "/orders", &[host, own]), None, "{own:?}");
        }
    }

    #[test]
    fn methods_for_proxies_are_refused() {
        let refused = Some("route.method_not_allowed");
        assert_eq!(code("TRACE", "/", &[("host", "localhost")]), refused);
        assert_eq!(code("CONNECT", "localhost:80", &[("host", "localhost:80")]), refused);
    }
}
