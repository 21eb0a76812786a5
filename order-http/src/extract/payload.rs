//! Request bodies.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use order_core::ImportRecord;

use super::{
    fields::{Faults, Fields, Value},
    json::{self, Json},
    typed,
};
use crate::{error::ApiError, request::Read};

/// The longest body of a command, in bytes.
pub(crate) const COMMAND_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The largest callback, in bytes.
const SIGNED_BYTES_MAX: usize = 64 * 1024;
/// The longest body of an import, in bytes.
pub(crate) const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most values in a body are so many times fewer than its bytes may be: what is read of a body
/// takes more room than the body.
const BYTES_PER_VALUE: usize = 8;
const NOT_JSON: &str = "the body must be application/json";

/// A JSON object that says what to do.
#[derive(Debug)]
pub(crate) struct Payload<T>(pub(crate) T);

impl<S: Send + Sync, T: Read> FromRequest<S> for Payload<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, COMMAND_BYTES_MAX).await?;
        if T::OPTIONAL && bytes.is_empty() {
            let faults = Faults::default();
            return settle(T::read(Fields::none(&faults)), faults).map(Self);
        }
        read_object(&bytes).map(Self)
    }
}

/// Reads an object.
fn read_object<T: Read>(bytes: &Bytes) -> Result<T, ApiError> {
    let json = parse(bytes, COMMAND_BYTES_MAX)?;
    let faults = Faults::default();
    let root = Value::root(&json, &faults);
    settle(root.object().and_then(T::read), faults)
}

/// What was read, unless something is amiss with it.
fn settle<T>(read: Option<T>, faults: Faults) -> Result<T, ApiError> {
    match (read, faults.into_error()) {
        (Some(read), None) => Ok(read),
        (_, Some(error)) => Err(error),
        (None, None) => Err(ApiError::fields(Vec::new())),
    }
}

/// Reads what is in the program already as a body is read.
#[cfg(feature = "graphql")]
pub(crate) fn reread<T: Read>(body: &impl serde::Serialize) -> Result<T, ApiError> {
    // Plain data with text keys is always JSON.
    read_object(&serde_json::to_vec(body).unwrap_or_default().into())
}

/// A body that says of itself that it is JSON, which no form of a browser can.
#[cfg(feature = "graphql")]
#[derive(Debug)]
pub(crate) struct Declared(pub(crate) Bytes);

#[cfg(feature = "graphql")]
impl Declared {
    /// What it says.
    pub(crate) fn json(&self) -> Result<Json<'_>, ApiError> {
        parse(&self.0, COMMAND_BYTES_MAX)
    }
}

#[cfg(feature = "graphql")]
impl<S: Send + Sync> FromRequest<S> for Declared {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        if !request.headers().contains_key(CONTENT_TYPE) {
            return Err(unsupported("request.content_type", NOT_JSON));
        }
        read(request, COMMAND_BYTES_MAX).await.map(Self)
    }
}

/// Records of another system to take over.
#[derive(Debug)]
pub(crate) struct Records(pub(crate) Vec<ImportRecord>);

impl<S: Send + Sync> FromRequest<S> for Records {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        read_records(&read(request, IMPORT_BYTES_MAX).await?).map(Self)
    }
}

fn read_records(bytes: &Bytes) -> Result<Vec<ImportRecord>, ApiError> {
    typed::from_json(&parse(bytes, IMPORT_BYTES_MAX)?)
}

/// Reads records that are in the program already as a body is read.
#[cfg(feature = "graphql")]
pub(crate) fn reread_records(body: &impl serde::Serialize) -> Result<Vec<ImportRecord>, ApiError> {
    // Plain data with text keys is always JSON.
    read_records(&serde_json::to_vec(body).unwrap_or_default().into())
}

/// A body that is to be read as it was signed, byte by byte.
#[derive(Debug)]
pub(crate) struct Signed(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Signed {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        read(request, SIGNED_BYTES_MAX).await.map(Self)
    }
}

fn parse(bytes: &Bytes, bytes_max: usize) -> Result<Json<'_>, ApiError> {
    let text = str::from_utf8(bytes).map_err(|error| {
        let detail = format!("the body is not UTF-8 from byte {} on", error.valid_up_to());
        ApiError::unreadable("request.utf8", detail)
    })?;
    json::parse(text, bytes_max / BYTES_PER_VALUE)
        .map_err(|error| ApiError::unreadable(error.code, error.detail))
}

async fn read(request: Request, bytes_max: usize) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    check_headers(&parts.headers)?;
    let declared = parts.headers.get(CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > bytes_max) {
        return Err(too_large(bytes_max));
    }
    collect(body, bytes_max).await
}

async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Err(_) => Err(ApiError::unreadable("request.body", "the body did not arrive whole")),
    }
}

fn too_large(bytes_max: usize) -> ApiError {
    let detail = format!("the body may have at most {bytes_max} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
}

fn unsupported(code: &'static str, detail: &str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail)
}

/// A body without a content type is taken for JSON; one of another type is refused.
fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    if headers.get(CONTENT_TYPE).is_some_and(|kind| !kind.to_str().is_ok_and(is_json)) {
        return Err(unsupported("request.content_type", NOT_JSON));
    }
    let coded = headers.get(CONTENT_ENCODING);
    if coded.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = "the body must not be compressed";
        return Err(unsupported("request.content_encoding", detail));
    }
    Ok(())
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let subtype = media_type.split_once('/').map(|(_, subtype)| subtype.to_ascii_lowercase());
    subtype.is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}
