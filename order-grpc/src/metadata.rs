//! What comes beside a message: who is calling, the key of the request, the version it is meant for.

use order_core::{ErrorKind, IdempotencyKey, Meta, Orders, Principal, ServiceError};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataMap, MetadataValue},
};

use crate::{
    door::Barred,
    status::{refuse, status},
};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const IF_MATCH: &str = "if-match";

/// Who is calling a method that is not of one order.
pub(crate) fn caller<T>(request: &Request<T>) -> Result<Principal, Status> {
    visitor(request).ok_or_else(|| {
        let detail = "the call does not say who is calling, or not in a way that counts";
        refuse(ErrorKind::Unauthenticated, "auth.required", detail)
    })
}

/// Who is calling, if anybody says so.
pub(crate) fn visitor<T>(request: &Request<T>) -> Option<Principal> {
    request.extensions().get::<Principal>().cloned()
}

/// Who is calling a method of an order. Who may not call it at all hears so of an order that is
/// theirs to see; another is not there.
pub(crate) async fn caller_of<T: Sync>(
    request: &Request<T>,
    orders: &dyn Orders,
    order: &str,
) -> Result<Principal, Status> {
    if let Some(Barred(who)) = request.extensions().get().cloned() {
        orders.order(&who, order, None).await.map_err(|error| status(&error))?;
        return Err(status(&ServiceError::Forbidden { what: "do this" }));
    }
    caller(request)
}

/// How a command is to be carried out.
pub(crate) fn meta(metadata: &MetadataMap, dry_run: bool) -> Result<Meta, Status> {
    let key = single(metadata, IDEMPOTENCY_KEY, "request.idempotency_key")?;
    let key = key.map(|value| {
        let visible = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let text = value.to_str().ok().filter(visible);
        text.and_then(|text| IdempotencyKey::try_from(text).ok()).ok_or_else(|| {
            let max = IdempotencyKey::CHARS_MAX;
            let rule = format!("{IDEMPOTENCY_KEY} must be 1 to {max} visible ASCII characters");
            refuse(ErrorKind::Invalid, "request.idempotency_key", &rule)
        })
    });
    Ok(Meta { key: key.transpose()?, expected_version: version(metadata)?, dry_run })
}

/// The version that a change is meant for: as a number, also in quotation marks.
pub(crate) fn version(metadata: &MetadataMap) -> Result<Option<u64>, Status> {
    let Some(value) = single(metadata, IF_MATCH, "request.if_match")? else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text == "*" {
        return Ok(None);
    }
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let number = bare.parse().ok().filter(|_| is_number);
    number.map(Some).ok_or_else(|| {
        refuse(ErrorKind::Invalid, "request.if_match", "if-match must be a version, or *")
    })
}

fn single<'m>(
    metadata: &'m MetadataMap,
    name: &str,
    code: &str,
) -> Result<Option<&'m MetadataValue<Ascii>>, Status> {
    let mut values = metadata.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => {
            Err(refuse(ErrorKind::Invalid, code, &format!("{name} is given more than once")))
        }
        (value, None) => Ok(value),
    }
}
