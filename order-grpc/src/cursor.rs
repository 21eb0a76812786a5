//! Cursors: places in lists, as opaque text that is checked when it comes back.

use std::str::FromStr;

use order_core::{
    OrderId, ProductId, Timestamp, UserId,
    ports::{Cursor, ProductPlace, Sort},
};

/// The cursor after an order.
pub(crate) fn order_cursor(sort: Sort, cursor: &Cursor) -> String {
    format!("{}:{}:{}", tag_of(sort), cursor.at.millis(), cursor.id)
}

/// The order that a cursor is after, if it is one of a list of the same sort.
pub(crate) fn read_order_cursor(sort: Sort, text: &str) -> Option<Cursor> {
    let (millis, id) = text.strip_prefix(tag_of(sort))?.strip_prefix(':')?.split_once(':')?;
    let at = Timestamp::try_from(millis.parse::<i64>().ok()?).ok()?;
    Some(Cursor { at, id: OrderId::from_str(id).ok()? })
}

/// The cursor after a product, in a list by id or in one of low stock.
pub(crate) fn product_cursor(place: &ProductPlace) -> String {
    match place.level {
        None => format!("p:{}", place.id),
        Some(level) => format!("l:{level}:{}", place.id),
    }
}

/// The product that a cursor is after, if it is one of a list of the same kind.
pub(crate) fn read_product_cursor(is_low: bool, text: &str) -> Option<ProductPlace> {
    if !is_low {
        return ProductId::from_str(text.strip_prefix("p:")?).ok().map(ProductPlace::from);
    }
    let (level, id) = text.strip_prefix("l:")?.split_once(':')?;
    Some(ProductPlace { level: Some(level.parse().ok()?), id: id.parse().ok()? })
}

/// The cursor after a user.
pub(crate) fn user_cursor(id: &UserId) -> String {
    format!("u:{id}")
}

/// The user that a cursor is after.
pub(crate) fn read_user_cursor(text: &str) -> Option<UserId> {
    text.strip_prefix("u:")?.parse().ok()
}

const fn tag_of(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "n",
        Sort::Oldest => "o",
    }
}
