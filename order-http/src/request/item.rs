//! Products that are wanted, and lines that an action is about.

use order_core::{ItemInput, LineId, ProductId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{Fields, Value};

pub(super) const ITEMS: &[&str] = &["items", "products", "lines", "order_items"];
pub(super) const QUANTITY: &[&str] = &["quantity", "qty"];
pub(super) const UNIT_PRICE: &[&str] = &["unitPrice", "price", "unit_price"];
const PRODUCT: &[&str] = &["productId", "product_id", "_id"];
const LINE: &[&str] = &["lineId", "line_id", "id"];

/// One product wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemRequest {
    /// Names the line; the next number if absent. Also read as `lineId` or `line_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which product. Also read as `product_id`, `_id` or, alone, `id`.
    #[schema(example = "prod-456")]
    pub product_id: String,
    /// What to call it; the catalogue's name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Units. Also read as `qty`.
    #[schema(example = 2, minimum = 1)]
    pub quantity: u32,
    /// The price of one unit, as a decimal string or a number; the catalogue's if absent. Also read
    /// as `price` or `unit_price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "29.99")]
    pub unit_price: Option<String>,
}

pub(super) fn read_item(value: &Value<'_>) -> Option<ItemInput> {
    let fields = value.object()?;
    let (line_id, product_id) = if fields.has(PRODUCT) {
        (fields.text(LINE), fields.text(PRODUCT))
    } else if fields.has(&["id"]) {
        (fields.text(&["lineId", "line_id"]), fields.text(&["id"]))
    } else {
        fields.missing("productId");
        (None, None)
    };
    let name = fields.typed(&["name"]);
    let quantity = fields.required(QUANTITY).and_then(|value| value.units());
    let unit_price = fields.get(UNIT_PRICE).and_then(|value| value.decimal());
    Some(ItemInput { line_id, product_id: product_id?, name, quantity: quantity?, unit_price })
}

/// Units of one line, which is named by its id or, if only one line has it, by its product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PickRequest {
    /// Which line. Also read as `line_id` or `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1")]
    pub line_id: Option<String>,
    /// Which product, instead of the line. Also read as `product_id` or `_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// How many units. Also read as `qty`.
    #[schema(example = 1, minimum = 1)]
    pub quantity: u32,
}

/// Units of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) line: Picked,
    pub(crate) quantity: u32,
}

/// How a line is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Picked {
    Line(LineId),
    Product(ProductId),
}

/// The lines that an action is about; none for all of them.
pub(super) fn read_picks(fields: Fields<'_>) -> Option<Vec<Pick>> {
    fields.get(ITEMS)?.list(read_pick)
}

fn read_pick(value: &Value<'_>) -> Option<Pick> {
    let fields = value.object()?;
    let line = if fields.has(LINE) {
        fields.text(LINE).map(Picked::Line)
    } else if fields.has(PRODUCT) {
        fields.text(PRODUCT).map(Picked::Product)
    } else {
        fields.missing("lineId");
        None
    };
    let quantity = fields.required(QUANTITY).and_then(|value| value.units());
    Some(Pick { line: line?, quantity: quantity? })
}
