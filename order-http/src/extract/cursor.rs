//! Cursors: places in lists, as opaque text that is checked when it comes back.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use order_core::{
    OrderId, ProductId, Timestamp, UserId,
    ports::{Cursor, ProductPlace, Sort},
};

use crate::error::ApiError;

const NEWEST: u8 = b'n';
const OLDEST: u8 = b'o';
const PRODUCT: u8 = b'p';
const LOW: u8 = b'l';
const USER: u8 = b'u';
const DELIVERY: u8 = b'd';

/// The cursor after an order.
pub(crate) fn order_cursor(sort: Sort, cursor: &Cursor) -> String {
    let mut bytes = vec![tag_of(sort)];
    bytes.extend(cursor.at.millis().to_be_bytes());
    bytes.extend(cursor.id.as_str().bytes());
    seal(bytes)
}

/// The order that a cursor is after. It must come from a list of the same sort.
pub(crate) fn read_order_cursor(sort: Sort, text: &str) -> Result<Cursor, ApiError> {
    let read = || {
        let bytes = open(text, tag_of(sort))?;
        let (millis, id) = bytes.split_first_chunk()?;
        let at = Timestamp::try_from(i64::from_be_bytes(*millis)).ok()?;
        let id = OrderId::try_from(str::from_utf8(id).ok()?).ok()?;
        Some(Cursor { at, id })
    };
    read().ok_or_else(invalid)
}

/// The cursor after a product, in a list by id or in one of low stock.
pub(crate) fn product_cursor(place: &ProductPlace) -> String {
    let mut bytes = Vec::new();
    match place.level {
        None => bytes.push(PRODUCT),
        Some(level) => {
            bytes.push(LOW);
            bytes.extend(level.to_be_bytes());
        }
    }
    bytes.extend(place.id.as_str().bytes());
    seal(bytes)
}

/// The product that a cursor is after. It must come from a list of the same kind.
pub(crate) fn read_product_cursor(is_low: bool, text: &str) -> Result<ProductPlace, ApiError> {
    let id_of = |bytes: &[u8]| ProductId::try_from(str::from_utf8(bytes).ok()?).ok();
    let read = || {
        if is_low {
            let bytes = open(text, LOW)?;
            let (level, id) = bytes.split_first_chunk()?;
            return Some(ProductPlace { level: Some(i64::from_be_bytes(*level)), id: id_of(id)? });
        }
        id_of(&open(text, PRODUCT)?).map(ProductPlace::from)
    };
    read().ok_or_else(invalid)
}

/// The cursor after a user.
pub(crate) fn user_cursor(id: &UserId) -> String {
    let mut bytes = vec![USER];
    bytes.extend(id.as_str().bytes());
    seal(bytes)
}

/// The user that a cursor is after.
pub(crate) fn read_user_cursor(text: &str) -> Result<UserId, ApiError> {
    let read = || {
        let bytes = open(text, USER)?;
        UserId::try_from(str::from_utf8(&bytes).ok()?).ok()
    };
    read().ok_or_else(invalid)
}

/// The cursor after a delivery.
pub(crate) fn delivery_cursor(position: u64) -> String {
    let mut bytes = vec![DELIVERY];
    bytes.extend(position.to_be_bytes());
    seal(bytes)
}

/// The delivery that a cursor is after.
pub(crate) fn read_delivery_cursor(text: &str) -> Result<u64, ApiError> {
    let read = || Some(u64::from_be_bytes(*open(text, DELIVERY)?.as_array()?));
    read().ok_or_else(invalid)
}

const fn tag_of(sort: Sort) -> u8 {
    match sort {
        Sort::Newest => NEWEST,
        Sort::Oldest => OLDEST,
    }
}

fn invalid() -> ApiError {
    let detail = "the cursor was not made by this list; ask for the first page again";
    ApiError::field("/cursor", "page.cursor_invalid", detail)
}

fn seal(mut bytes: Vec<u8>) -> String {
    bytes.extend(checksum(&bytes).to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn open(text: &str, tag: u8) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (sealed, sum) = bytes.split_last_chunk()?;
    let (first, rest) = sealed.split_first()?;
    let genuine = *first == tag && checksum(sealed) == u32::from_be_bytes(*sum);
    genuine.then(|| rest.to_vec())
}

/// FNV-1a, 32 bits: against slips of the hand, not against forgers, who gain nothing.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_no_changed_one_does() {
        let id = OrderId::try_from("ordèr-1").unwrap();
        let cursor = Cursor { at: Timestamp::from_millis(-5), id };
        let text = order_cursor(Sort::Newest, &cursor);
        assert_eq!(read_order_cursor(Sort::Newest, &text).unwrap(), cursor);
        assert!(read_order_cursor(Sort::Oldest, &text).is_err());
        assert!(read_product_cursor(false, &text).is_err());
        assert!(read_product_cursor(true, &text).is_err());
        let id = ProductId::try_from("mug").unwrap();
        for level in [None, Some(-7), Some(i64::MAX)] {
            let place = ProductPlace { level, id: id.clone() };
            let text = product_cursor(&place);
            assert_eq!(read_product_cursor(level.is_some(), &text).unwrap(), place);
            assert!(read_product_cursor(level.is_none(), &text).is_err());
        }
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(read_order_cursor(Sort::Newest, &changed).is_err(), "{changed}");
            assert!(read_order_cursor(Sort::Newest, &text[..at]).is_err());
        }
    }
}
