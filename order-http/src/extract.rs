//! Taking requests apart, strictly, with a problem for everything that is amiss.

mod accept;
mod calendar;
mod call;
mod condition;
mod cursor;
mod fields;
mod json;
mod payload;
mod query;
mod typed;

pub(crate) use self::{
    accept::wants_stream,
    calendar::{Interval, Named, Zone, periods},
    call::{Call, Done, below},
    condition::entity_tag,
    cursor::{
        delivery_cursor, order_cursor, product_cursor, read_delivery_cursor, read_order_cursor,
        read_product_cursor, read_user_cursor, user_cursor,
    },
    fields::{Fields, Value},
    payload::{Payload, Records, Signed},
    query::refuse,
};
#[cfg(feature = "graphql")]
pub(crate) use self::{
    json::Json,
    payload::{Declared, reread, reread_records},
    query::Query,
};
