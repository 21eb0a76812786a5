//! What an order is about, as flags say it: for `place` and `edit`.

use std::{collections::BTreeMap, str::FromStr};

use clap::Args;
use order_http::{
    body::AddressBody,
    request::{AdjustmentRequest, ItemRequest, PlaceRequest, UpdateRequest},
};

use crate::error::{Done, Failure};

/// One product wanted, typed as `ID[:QTY[:PRICE]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted(ItemRequest);

impl FromStr for Wanted {
    type Err = String;

    /// An id with colons of its own needs quantity and price behind it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let colons = text.matches(':').count();
        let (rest, price) = match text.rsplit_once(':') {
            Some((rest, price)) if colons >= 2 => (rest, Some(price)),
            _ => (text, None),
        };
        let (id, quantity) = rest.rsplit_once(':').unwrap_or((rest, "1"));
        let Ok(quantity) = quantity.parse() else {
            return Err(format!("`{quantity}` is not a quantity; write ID[:QTY[:PRICE]]"));
        };
        if id.is_empty() || price == Some("") {
            return Err("write ID[:QTY[:PRICE]], such as mug:2:7.50".to_owned());
        }
        let (product_id, unit_price) = (id.to_owned(), price.map(ToOwned::to_owned));
        Ok(Self(ItemRequest { product_id, quantity, unit_price, ..ItemRequest::default() }))
    }
}

/// `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair(String, String);

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self(key.to_owned(), value.to_owned())),
            _ => Err("write KEY=VALUE".to_owned()),
        }
    }
}

/// An amount such as `4.50`, or a percentage such as `7.7%`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Amount(String),
    Percent(String),
}

impl FromStr for Value {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_suffix('%') {
            Some(percent) => Self::Percent(percent.trim_end().to_owned()),
            None => Self::Amount(text.to_owned()),
        })
    }
}

/// What an order is about. Every part can be left out.
#[derive(Debug, Clone, Args)]
pub(super) struct ContentArgs {
    /// A product: its id, how many (1), and its price if the catalogue has none. Repeatable.
    #[arg(long, short, value_name = "ID[:QTY[:PRICE]]")]
    product: Vec<Wanted>,
    /// Taken off: an amount, or a percentage as in 10%. Repeatable.
    #[arg(long, value_name = "AMOUNT|%")]
    discount: Vec<Value>,
    /// Added for carriage. Repeatable.
    #[arg(long, value_name = "AMOUNT|%")]
    shipping: Vec<Value>,
    /// Added for anything else. Repeatable.
    #[arg(long, value_name = "AMOUNT|%")]
    fee: Vec<Value>,
    /// Added on what is left after discounts, with shipping and fees. Repeatable.
    #[arg(long, value_name = "AMOUNT|%")]
    tax: Vec<Value>,
    /// A word to find the order by. Repeatable.
    #[arg(long)]
    tag: Vec<String>,
    /// A fact to keep with the order; nothing personal. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    metadata: Vec<Pair>,
    #[command(flatten)]
    person: PersonArgs,
}

/// Who gets the order, and where.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The person")]
struct PersonArgs {
    /// Where to write.
    #[arg(long)]
    email: Option<String>,
    /// The customer's name.
    #[arg(long)]
    name: Option<String>,
    /// Where to call.
    #[arg(long)]
    phone: Option<String>,
    /// Street and house number that parcels go to.
    #[arg(long)]
    street: Option<String>,
    /// A second line for the street.
    #[arg(long, value_name = "LINE")]
    street2: Option<String>,
    /// The postal code.
    #[arg(long)]
    zip: Option<String>,
    /// The town.
    #[arg(long)]
    city: Option<String>,
    /// State, province or county.
    #[arg(long)]
    state: Option<String>,
    /// The country.
    #[arg(long)]
    country: Option<String>,
    /// A part of the billing address: name, company, street, street2, zip, city, state, country or
    /// phone. Repeatable.
    #[arg(long, value_name = "PART=VALUE")]
    billing: Vec<Pair>,
}

impl ContentArgs {
    /// Whether there is no product.
    pub(super) const fn has_no_product(&self) -> bool {
        self.product.is_empty()
    }

    /// The request for a new order.
    pub(super) fn placement(&self) -> Done<PlaceRequest> {
        let UpdateRequest { items, adjustments, tags, metadata, .. } = self.lists();
        let PersonArgs { email, name, phone, .. } = &self.person;
        Ok(PlaceRequest {
            items: items.unwrap_or_default(),
            adjustments: adjustments.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            metadata: metadata.unwrap_or_default(),
            email: email.clone(),
            name: name.clone(),
            phone: phone.clone(),
            shipping_address: self.person.shipping_address(),
            billing_address: self.person.billing_address()?,
            ..PlaceRequest::default()
        })
    }

    /// The request for a change. An empty list leaves what it lists as it is.
    pub(super) fn update(&self) -> Done<UpdateRequest> {
        let PersonArgs { email, name, phone, .. } = &self.person;
        Ok(UpdateRequest {
            email: email.clone(),
            name: name.clone(),
            phone: phone.clone(),
            shipping_address: self.person.shipping_address(),
            billing_address: self.person.billing_address()?,
            ..self.lists()
        })
    }

    fn lists(&self) -> UpdateRequest {
        let Self { product, tag, metadata, .. } = self;
        let pairs = metadata.iter().map(|Pair(key, value)| (key.clone(), value.clone()));
        UpdateRequest {
            items: some(product.iter().map(|Wanted(item)| item.clone()).collect()),
            adjustments: some(self.adjustments()),
            tags: some(tag.clone()),
            metadata: (!metadata.is_empty()).then(|| pairs.collect::<BTreeMap<_, _>>()),
            ..UpdateRequest::default()
        }
    }

    fn adjustments(&self) -> Vec<AdjustmentRequest> {
        let kinds = [
            ("discount", &self.discount),
            ("shipping", &self.shipping),
            ("fee", &self.fee),
            ("tax", &self.tax),
        ];
        let of = |(kind, values): (&str, &Vec<Value>)| {
            let kind = kind.to_owned();
            let with_kind = move |value: &Value| match value.clone() {
                Value::Amount(amount) => AdjustmentRequest {
                    kind: kind.clone(),
                    amount: Some(amount),
                    ..AdjustmentRequest::default()
                },
                Value::Percent(percent) => AdjustmentRequest {
                    kind: kind.clone(),
                    percent: Some(percent),
                    ..AdjustmentRequest::default()
                },
            };
            values.iter().map(with_kind).collect::<Vec<_>>()
        };
        kinds.into_iter().flat_map(of).collect()
    }
}

impl PersonArgs {
    fn shipping_address(&self) -> Option<AddressBody> {
        let Self { street, street2, zip, city, state, country, .. } = self;
        let parts = [street, street2, zip, city, state, country];
        parts.iter().any(|part| part.is_some()).then(|| AddressBody {
            name: self.name.clone(),
            street: street.clone(),
            street2: street2.clone(),
            zip_code: zip.clone(),
            city: city.clone(),
            state: state.clone(),
            country: country.clone(),
            ..AddressBody::default()
        })
    }

    fn billing_address(&self) -> Done<Option<AddressBody>> {
        if self.billing.is_empty() {
            return Ok(None);
        }
        let mut address = AddressBody::default();
        for Pair(part, value) in &self.billing {
            let place = match part.as_str() {
                "name" => &mut address.name,
                "company" => &mut address.company,
                "street" => &mut address.street,
                "street2" => &mut address.street2,
                "zip" => &mut address.zip_code,
                "city" => &mut address.city,
                "state" => &mut address.state,
                "country" => &mut address.country,
                "phone" => &mut address.phone,
                _ => {
                    let text = format!("--billing: an address has no part `{part}`");
                    return Err(Failure::Usage(text));
                }
            };
            *place = Some(value.clone());
        }
        Ok(Some(address))
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::{ItemRequest, Value, Wanted};

    fn wanted(id: &str, quantity: u32, price: Option<&str>) -> Wanted {
        let (product_id, unit_price) = (id.to_owned(), price.map(ToOwned::to_owned));
        Wanted(ItemRequest { product_id, quantity, unit_price, ..ItemRequest::default() })
    }

    #[test]
    fn a_product_is_typed_with_quantity_and_price_if_wanted() {
        assert_eq!("mug".parse(), Ok(wanted("mug", 1, None)));
        assert_eq!("mug:2".parse(), Ok(wanted("mug", 2, None)));
        assert_eq!("mug:2:7.50".parse(), Ok(wanted("mug", 2, Some("7.50"))));
        assert_eq!("urn:mug:2:7.50".parse(), Ok(wanted("urn:mug", 2, Some("7.50"))));
    }

    #[test]
    fn a_product_without_id_quantity_or_price_where_one_is_due_is_refused() {
        for text in [":2", "mug:", "mug:two", "mug:2:", "mug:-1", "mug:1.5"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_sign_tells_a_percentage_from_an_amount() {
        assert_eq!("7.7%".parse(), Ok(Value::Percent("7.7".to_owned())));
        assert_eq!("7.7".parse(), Ok(Value::Amount("7.7".to_owned())));
    }
}
