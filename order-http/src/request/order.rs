//! Placing an order and changing what it is about.

use std::collections::BTreeMap;

use order_core::{
    AdjustmentInput, Currency, ItemInput, NewOrder, Person, Revision, Tag, UnknownCurrency,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Read,
    action::{StatusChange, read_status},
    adjustment::{AdjustmentRequest, read_adjustment},
    item::{ITEMS, ItemRequest, QUANTITY, UNIT_PRICE, read_item},
    payment::{PayWithRequest, read_pay_with},
    person::{BILLING_ADDRESS, EMAIL, NAME, PHONE, SHIPPING_ADDRESS, read_person},
};
use crate::{
    body::AddressBody,
    extract::{Fields, Value},
};

const CUSTOMER: &[&str] = &["customerId", "userId", "user_id", "customer_id"];
const ONE_PRODUCT: &[&str] = &["productId", "product_id"];

/// An order to place, or to draft.
///
/// Instead of `items` one product may stand at top level: `{"productId": "1", "quantity": 100}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceRequest {
    /// Its id; a new one if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What people call it; the next number if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Whose it is; a guest's if absent. Also read as `userId`, `user_id` or `customer_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "user-123")]
    pub customer_id: Option<String>,
    /// Its ISO 4217 currency; the products' if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "EUR")]
    pub currency: Option<String>,
    /// The country it is sold to; the shipping address's if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What is wanted. Also read as `products`, `lines` or `order_items`.
    pub items: Vec<ItemRequest>,
    /// Discounts, shipping, fees and taxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub adjustments: Vec<AdjustmentRequest>,
    /// Words to find it by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub tags: Vec<String>,
    /// Facts to attach: texts by texts. Not for personal data.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub metadata: BTreeMap<String, String>,
    /// Where to write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The customer's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where the parcels go. Also read as `shipping_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<AddressBody>,
    /// Where the invoice goes. Also read as `billing_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<AddressBody>,
    /// What the customer pays with, where a payment provider is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PayWithRequest>,
    /// Whether to draft it only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<bool>,
}

impl Read for NewOrder {
    type Doc = PlaceRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let draft = fields.get(&["draft"]).and_then(|value| value.flag()).unwrap_or(false);
        let payment = fields.get(&["payment"]).and_then(|value| read_pay_with(&value));
        Some(Self {
            id: fields.text(&["id"]),
            number: fields.text(&["number"]),
            customer_id: fields.text(CUSTOMER),
            currency: fields.get(&["currency"]).and_then(|value| read_currency(&value)),
            country: fields.typed(&["country"]),
            items: read_items(fields, draft).unwrap_or_default(),
            adjustments: read_adjustments(fields).unwrap_or_default(),
            tags: read_tags(fields).unwrap_or_default(),
            metadata: read_metadata(fields).unwrap_or_default(),
            person: read_person(fields),
            pay_with: payment.as_ref().and_then(|payment| payment.0.clone()),
            collect: payment.and_then(|payment| payment.1),
            draft,
        })
    }
}

pub(super) fn read_currency(value: &Value<'_>) -> Option<Currency> {
    let detail = UnknownCurrency.to_string();
    value.word(|code| code.parse().ok(), UnknownCurrency.code(), &detail)
}

fn read_items(fields: Fields<'_>, draft: bool) -> Option<Vec<ItemInput>> {
    match (fields.get(ITEMS), fields.get(ONE_PRODUCT)) {
        (Some(items), None) => items.list(read_item),
        (None, Some(product)) => {
            let product_id = product.text();
            let quantity = fields.required(QUANTITY).and_then(|value| value.units());
            let unit_price = fields.get(UNIT_PRICE).and_then(|value| value.decimal());
            let (product_id, quantity) = (product_id?, quantity?);
            Some(vec![ItemInput { line_id: None, product_id, name: None, quantity, unit_price }])
        }
        (Some(_), Some(product)) => {
            product.fault("request.ambiguous", "give items or one product, not both");
            None
        }
        (None, None) if draft => Some(Vec::new()),
        (None, None) => {
            fields.missing("items");
            None
        }
    }
}

fn read_adjustments(fields: Fields<'_>) -> Option<Vec<AdjustmentInput>> {
    fields.get(&["adjustments"])?.list(read_adjustment)
}

fn read_tags(fields: Fields<'_>) -> Option<Vec<Tag>> {
    fields.get(&["tags"])?.list(read_tag)
}

fn read_tag(value: &Value<'_>) -> Option<Tag> {
    value.typed()
}

fn read_metadata(fields: Fields<'_>) -> Option<BTreeMap<String, String>> {
    fields.get(&["metadata"])?.text_map()
}

/// A change of an order: parts left out stay as they are. With a `status` alone it is a change of
/// status. What cannot change, such as `customerId`, may be repeated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRequest {
    /// The status to bring it to, if nothing else is to change; in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "shipped")]
    pub status: Option<String>,
    /// What is wanted instead. Also read as `products`, `lines` or `order_items`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemRequest>>,
    /// The adjustments instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjustments: Option<Vec<AdjustmentRequest>>,
    /// The tags instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// The metadata instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// The country instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where to write instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The customer's name instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where to call instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where the parcels go instead. Also read as `shipping_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<AddressBody>,
    /// Where the invoice goes instead. Also read as `billing_address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<AddressBody>,
}

/// A change of an order as it was read.
#[derive(Debug)]
pub(crate) struct Update {
    /// What shall change; none if the body names nothing of it.
    pub(crate) revision: Option<Revision>,
    /// The status that was named.
    pub(crate) status: Option<StatusChange>,
    /// What was repeated though it cannot change: the name of the field and its text.
    pub(crate) fixed: Vec<(Fixed, String)>,
}

/// A field that cannot change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fixed {
    Id,
    Number,
    Customer,
    Currency,
}

impl Fixed {
    const ALL: [(Self, &'static [&'static str]); 4] = [
        (Self::Id, &["id"]),
        (Self::Number, &["number"]),
        (Self::Customer, CUSTOMER),
        (Self::Currency, &["currency"]),
    ];

    /// The field's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Number => "number",
            Self::Customer => "customerId",
            Self::Currency => "currency",
        }
    }
}

impl Read for Update {
    type Doc = UpdateRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let status = fields.has(&["status"]).then(|| fields.required(&["status"])).flatten();
        let status = status.and_then(|value| read_status(&value));
        let changes = revises(fields);
        let status = status.map(|status| {
            // With other fields beside it, `items` are the order's, not a parcel's.
            if changes { StatusChange::to(status) } else { StatusChange::read_rest(fields, status) }
        });
        let fixed = Fixed::ALL.into_iter().filter_map(|(field, names)| {
            let text = fields.get(names)?.string()?.to_owned();
            Some((field, text))
        });
        let fixed = fixed.collect();
        let revision = (changes || status.is_none()).then(|| read_revision(fields));
        Some(Self { revision, status, fixed })
    }
}

/// Whether a body names anything that can be revised.
fn revises(fields: Fields<'_>) -> bool {
    const OTHERS: &[&str] = &["adjustments", "tags", "metadata", "country"];
    [ITEMS, OTHERS, EMAIL, NAME, PHONE, SHIPPING_ADDRESS, BILLING_ADDRESS]
        .iter()
        .any(|names| fields.has(names))
}

fn read_revision(fields: Fields<'_>) -> Revision {
    let Person { email, name, phone, shipping_address, billing_address } = read_person(fields);
    Revision {
        items: fields.get(ITEMS).and_then(|items| items.list(read_item)),
        adjustments: read_adjustments(fields),
        tags: read_tags(fields),
        metadata: read_metadata(fields),
        country: fields.typed(&["country"]),
        email,
        name,
        phone,
        shipping_address,
        billing_address,
    }
}
