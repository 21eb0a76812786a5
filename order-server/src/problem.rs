//! The errors that the server itself answers, in the shape of the router's (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use order_http::ApiError;
use serde_json::json;

/// One kind of error. Of those that are not the client's fault only the log is told the detail.
#[derive(Debug)]
pub(crate) struct Kind {
    status: StatusCode,
    code: &'static str,
    detail: &'static str,
    // Whether the connection is of no more use.
    closes: bool,
}

impl Kind {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The body alone, for what is answered below HTTP.
    pub(crate) fn to_json(&self) -> String {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "code": self.code,
        });
        if self.status.is_client_error()
            && let Some(object) = body.as_object_mut()
        {
            object.insert("detail".to_owned(), self.detail.into());
        }
        body.to_string()
    }

    /// The answer.
    pub(crate) fn to_response(&self) -> Response<Body> {
        let mut response = ApiError::new(self.status, self.code, self.detail).into_response();
        if self.closes {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }
}

pub(crate) static MALFORMED: Kind = Kind {
    status: StatusCode::BAD_REQUEST,
    code: "request.malformed",
    detail: "the request is not HTTP",
    closes: true,
};

pub(crate) static TARGET_TOO_LONG: Kind = Kind {
    status: StatusCode::URI_TOO_LONG,
    code: "request.target_too_long",
    detail: "the target of the request is too long",
    closes: true,
};

pub(crate) static HEAD_TOO_LARGE: Kind = Kind {
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    code: "request.head_too_large",
    detail: "the head of the request has too many bytes or too many fields",
    closes: true,
};

pub(crate) static HOST_MISSING: Kind = Kind {
    status: StatusCode::BAD_REQUEST,
    code: "request.host_invalid",
    detail: "a request names exactly one host, in one Host header",
    closes: true,
};

pub(crate) static HOST_REFUSED: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "request.host_refused",
    detail: "in development mode the host is localhost or a loopback address; another name may be \
             a web page that reaches for this machine",
    closes: true,
};

pub(crate) static CROSS_SITE: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "request.cross_site",
    detail: "in development mode a web page of another origin may not change anything",
    closes: false,
};

pub(crate) static METHOD_REFUSED: Kind = Kind {
    status: StatusCode::METHOD_NOT_ALLOWED,
    code: "route.method_not_allowed",
    detail: "CONNECT and TRACE are not allowed here",
    closes: true,
};

pub(crate) static BODY_STALLED: Kind = Kind {
    status: StatusCode::REQUEST_TIMEOUT,
    code: "request.timeout",
    detail: "the body of the request did not arrive in time",
    closes: true,
};

pub(crate) static SERVER_BUSY: Kind = Kind {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: "server.busy",
    detail: "the server has as much to do as it can; nothing was done, ask again",
    closes: false,
};

pub(crate) static SERVER_SLOW: Kind = Kind {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: "server.timeout",
    detail: "the answer took too long; whether anything was done is unknown, ask again with the \
             same Idempotency-Key",
    closes: false,
};

pub(crate) static INTERNAL: Kind =
    Kind { status: StatusCode::INTERNAL_SERVER_ERROR, code: "internal", detail: "", closes: false };

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_below_http_looks_like_the_routers() {
        for kind in [&MALFORMED, &SERVER_BUSY] {
            let body = axum::body::to_bytes(kind.to_response().into_body(), 10_000).await.unwrap();
            let routers: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let ours: serde_json::Value = serde_json::from_str(&kind.to_json()).unwrap();
            assert_eq!(ours, routers);
        }
    }
}
