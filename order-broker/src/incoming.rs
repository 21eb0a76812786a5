//! What other services send us: CloudEvents 1.0 on products, stock and payments.
//!
//! | `type` | `data` |
//! |---|---|
//! | `product.created`, `product.updated` | `id`, `name`, `price`, and if wanted `description`, `currency`, `stock`, `backorder`, `category`: the product as it is now; without `stock` the level stays |
//! | `product.deleted` | `id` |
//! | `stock.changed` | `productId`, `quantity`: so many units came, or went if below zero |
//! | `stock.counted` | `productId`, `stock`: so many units are there |
//! | `payment.…` | what a callback of a payment service has: `orderId`, `paymentId`, sums since the payment began |
//!
//! A price is a decimal text or a number and is never rounded. `id` may also be written `productId`, `_id`
//! or `product_id`, `stock` also `stock_quantity`. Fields that are not known are passed over. An event is
//! known by its `source` and `id`.

use order_core::{
    Category, Currency, Incoming, Label, Name, NewProduct, ProductId, Timestamp, Told,
    ports::{Origin, PaymentFacts},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned},
};
use serde_json::{Value, value::RawValue};
use thiserror::Error;

use crate::envelope::SPEC_VERSION;

/// What the media type of a whole event begins with.
const STRUCTURED: &str = "application/cloudevents";

/// Why an event cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is no event of CloudEvents.
    #[error("it is no event of CloudEvents")]
    Envelope(#[source] serde_json::Error),
    /// It is of another version of CloudEvents.
    #[error("it is of another version of CloudEvents than 1.0")]
    Version,
    /// Nothing is known of events of this type.
    #[error("the type is not known")]
    Type,
    /// The data is not what events of its type have.
    #[error("the data is not what events of its type have")]
    Data(#[source] serde_json::Error),
}

impl Unreadable {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Envelope(_) | Self::Version => "event.envelope_invalid",
            Self::Type => "event.type_unknown",
            Self::Data(_) => "event.data_invalid",
        }
    }
}

/// Reads an event in the structured mode, or in the binary mode if attributes came beside it.
/// `attribute` gives an attribute by its name in CloudEvents; `now` is the time of an event that has none.
///
/// # Errors
/// [`Unreadable`].
pub fn read(
    media_type: Option<&str>,
    attribute: impl Fn(&str) -> Option<String>,
    body: &[u8],
    now: Timestamp,
) -> Result<Incoming, Unreadable> {
    let is_structured = media_type.is_some_and(|name| name.starts_with(STRUCTURED));
    let (head, told) = if is_structured || attribute("specversion").is_none() {
        let head: Head = object(body).map_err(Unreadable::Envelope)?;
        let Body { data } = object(body).map_err(Unreadable::Envelope)?;
        let told = told(head.kind.as_str(), data.map_or("null", RawValue::get).as_bytes())?;
        (head, told)
    } else {
        let head = Head::from_attributes(attribute)?;
        let told = told(head.kind.as_str(), body)?;
        (head, told)
    };
    if head.specversion != SPEC_VERSION {
        return Err(Unreadable::Version);
    }
    let origin = Origin { source: head.source, id: head.id };
    Ok(Incoming { origin, kind: head.kind, at: head.time.unwrap_or(now), told })
}

/// Which trace an event in the structured mode says that it belongs to.
#[cfg(any(feature = "rabbitmq", feature = "kafka"))]
pub(crate) fn traceparent(media_type: Option<&str>, body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Traced {
        traceparent: String,
    }
    if media_type.is_some_and(|name| !name.starts_with(STRUCTURED)) {
        return None;
    }
    object(body).ok().map(|Traced { traceparent }| traceparent)
}

/// The attributes that count here.
#[derive(Deserialize)]
struct Head {
    specversion: String,
    id: Label,
    source: Label,
    #[serde(rename = "type")]
    kind: Label,
    time: Option<Timestamp>,
}

/// The data of a whole event.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Head {
    fn from_attributes(attribute: impl Fn(&str) -> Option<String>) -> Result<Self, Unreadable> {
        let names = ["specversion", "id", "source", "type", "time"];
        let given =
            names.into_iter().filter_map(|name| Some((name.to_owned(), attribute(name)?.into())));
        serde_json::from_value(Value::Object(given.collect())).map_err(Unreadable::Envelope)
    }
}

fn told(kind: &str, data: &[u8]) -> Result<Told, Unreadable> {
    Ok(match kind {
        "product.created" | "product.updated" => {
            let product: ProductData = from(data)?;
            Told::Product(product.into())
        }
        "product.deleted" => {
            let Which { id } = from(data)?;
            Told::ProductRemoved(id)
        }
        "stock.changed" => {
            let Moved { product_id, quantity } = from(data)?;
            Told::StockMoved { product_id, quantity }
        }
        "stock.counted" => {
            let Counted { product_id, level } = from(data)?;
            Told::StockCounted { product_id, level }
        }
        _ if kind.starts_with("payment.") => Told::Payment(from::<PaymentFacts>(data)?),
        _ => return Err(Unreadable::Type),
    })
}

fn from<T: DeserializeOwned>(data: &[u8]) -> Result<T, Unreadable> {
    object(data).map_err(Unreadable::Data)
}

/// Reads an object, and no array of the values of its fields.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, serde_json::Error> {
    if json.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice(json)
    } else {
        Err(de::Error::custom("it is no object"))
    }
}

#[derive(Deserialize)]
struct ProductData {
    #[serde(alias = "productId", alias = "_id", alias = "product_id")]
    id: ProductId,
    name: Name,
    description: Option<String>,
    price: Decimal,
    currency: Option<Currency>,
    #[serde(alias = "stock_quantity")]
    stock: Option<i64>,
    #[serde(default)]
    backorder: bool,
    category: Option<Category>,
}

impl From<ProductData> for NewProduct {
    fn from(data: ProductData) -> Self {
        Self {
            id: Some(data.id),
            name: data.name,
            description: data.description,
            price: data.price.0,
            currency: data.currency,
            stock: data.stock,
            backorder: data.backorder,
            category: data.category,
        }
    }
}

#[derive(Deserialize)]
struct Which {
    #[serde(alias = "productId", alias = "_id", alias = "product_id")]
    id: ProductId,
}

#[derive(Deserialize)]
struct Moved {
    #[serde(rename = "productId", alias = "id", alias = "_id", alias = "product_id")]
    product_id: ProductId,
    quantity: i64,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "productId", alias = "id", alias = "_id", alias = "product_id")]
    product_id: ProductId,
    #[serde(rename = "stock", alias = "stock_quantity")]
    level: i64,
}

/// The text of a decimal, from a text or from the digits of a number as they were sent.
struct Decimal(String);

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('"') {
            return serde_json::from_str(raw).map(Self).map_err(de::Error::custom);
        }
        let is_number = raw.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { Ok(Self(raw.to_owned())) } else { Err(de::Error::custom("no price")) }
    }
}
