//! The errors that the server itself answers, in the shape of the router's (RFC 9457).

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};
use serde_json::json;

/// One kind of error.
#[derive(Debug)]
pub(crate) struct Kind {
    status: StatusCode,
    code: &'static str,
    detail: &'static str,
    effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Nothing,
    Close,
    Retry,
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
        let mut response = Response::new(Body::from(self.to_json()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        match self.effect {
            Effect::Nothing => {}
            Effect::Close => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Effect::Retry => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
        }
        response
    }
}

pub(crate) static MALFORMED: Kind = Kind {
    status: StatusCode::BAD_REQUEST,
    code: "request.malformed",
    detail: "the request is not HTTP",
    effect: Effect::Close,
};

pub(crate) static TARGET_TOO_LONG: Kind = Kind {
    status: StatusCode::URI_TOO_LONG,
    code: "request.target_too_long",
    detail: "the target of the request is too long",
    effect: Effect::Close,
};

pub(crate) static HEAD_TOO_LARGE: Kind = Kind {
    status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    code: "request.head_too_large",
    detail: "the head of the request has too many bytes or too many fields",
    effect: Effect::Close,
};

pub(crate) static HOST_MISSING: Kind = Kind {
    status: StatusCode::BAD_REQUEST,
    code: "request.host_invalid",
    detail: "a request names exactly one host, in one Host header",
    effect: Effect::Close,
};

pub(crate) static HOST_REFUSED: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "request.host_refused",
    detail: "in development mode the host is localhost or a loopback address; another name may be \
             a web page that reaches for this machine",
    effect: Effect::Close,
};

pub(crate) static CROSS_SITE: Kind = Kind {
    status: StatusCode::FORBIDDEN,
    code: "request.cross_site",
    detail: "in development mode a web page of another origin may not change anything",
    effect: Effect::Nothing,
};

pub(crate) static METHOD_REFUSED: Kind = Kind {
    status: StatusCode::NOT_IMPLEMENTED,
    code: "request.method_not_implemented",
    detail: "CONNECT and TRACE are not implemented here",
    effect: Effect::Close,
};

pub(crate) static BODY_STALLED: Kind = Kind {
    status: StatusCode::REQUEST_TIMEOUT,
    code: "request.timeout",
    detail: "the body of the request did not arrive in time",
    effect: Effect::Close,
};

pub(crate) static SERVER_BUSY: Kind = Kind {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: "server.busy",
    detail: "the server has as much to do as it can; nothing was done, ask again",
    effect: Effect::Retry,
};

pub(crate) static SERVER_SLOW: Kind = Kind {
    status: StatusCode::SERVICE_UNAVAILABLE,
    code: "server.timeout",
    detail: "the answer took too long; whether anything was done is unknown, ask again with the \
             same Idempotency-Key",
    effect: Effect::Retry,
};

pub(crate) static INTERNAL: Kind = Kind {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    code: "internal",
    detail: "",
    effect: Effect::Nothing,
};
