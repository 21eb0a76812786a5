//! What messages ask for, as the core's values.

use order_core::{
    Address, AdjustmentInput, AdjustmentKind, AdjustmentValueInput, Collection, ItemInput, Label,
    NewOrder, PayWith, Person, Rate, Revision, Tag,
    ports::{OrderQuery, Sort, Start},
    search,
};

use crate::{cursor::read_order_cursor, proto, reading::Reading};

/// How many are on a page if the caller does not say.
pub(crate) const LIMIT_DEFAULT: u32 = 20;

/// An order to place.
pub(crate) fn new_order(reading: &mut Reading, wanted: &proto::PlaceOrderRequest) -> NewOrder {
    if wanted.items.is_empty() && !wanted.draft {
        reading.fault("items", "request.missing", "this is needed");
    }
    let (pay_with, collect) = pay_with(reading, wanted.payment.as_ref());
    NewOrder {
        id: reading.any_id("id", wanted.id.as_ref()),
        number: reading.any_id("number", wanted.number.as_ref()),
        customer_id: reading.any_id("customer_id", wanted.customer_id.as_ref()),
        currency: reading.any_currency("currency", wanted.currency.as_ref()),
        country: reading.any_typed("country", wanted.country.as_ref()),
        items: items(reading, "items", &wanted.items),
        adjustments: adjustments(reading, "adjustments", &wanted.adjustments),
        tags: tags(reading, "tags", &wanted.tags),
        metadata: wanted.metadata.clone().into_iter().collect(),
        person: Person {
            email: reading.any_typed("email", wanted.email.as_ref()),
            name: reading.any_typed("name", wanted.name.as_ref()),
            phone: reading.any_typed("phone", wanted.phone.as_ref()),
            shipping_address: address(
                reading,
                "shipping_address",
                wanted.shipping_address.as_ref(),
            ),
            billing_address: address(reading, "billing_address", wanted.billing_address.as_ref()),
        },
        pay_with,
        collect,
        draft: wanted.draft,
    }
}

/// What is to be changed of an order.
pub(crate) fn revision(reading: &mut Reading, wanted: &proto::UpdateOrderRequest) -> Revision {
    let lines = wanted.items.as_ref().map(|it| items(reading, "items.items", &it.items));
    let adjustments = wanted.adjustments.as_ref();
    let adjustments = adjustments
        .map(|it| self::adjustments(reading, "adjustments.adjustments", &it.adjustments));
    Revision {
        items: lines,
        adjustments,
        tags: wanted.tags.as_ref().map(|it| tags(reading, "tags.tags", &it.tags)),
        metadata: wanted.metadata.as_ref().map(|it| it.metadata.clone().into_iter().collect()),
        country: reading.any_typed("country", wanted.country.as_ref()),
        email: reading.any_typed("email", wanted.email.as_ref()),
        name: reading.any_typed("name", wanted.name.as_ref()),
        phone: reading.any_typed("phone", wanted.phone.as_ref()),
        shipping_address: address(reading, "shipping_address", wanted.shipping_address.as_ref()),
        billing_address: address(reading, "billing_address", wanted.billing_address.as_ref()),
    }
}

fn items(reading: &mut Reading, field: &str, wanted: &[proto::ItemInput]) -> Vec<ItemInput> {
    let read = |(at, item): (usize, &proto::ItemInput)| {
        let place = |name: &str| format!("{field}[{at}].{name}");
        let line_id = reading.any_id(&place("line_id"), item.line_id.as_ref());
        let product_id = reading.id(&place("product_id"), &item.product_id);
        let name = reading.any_typed(&place("name"), item.name.as_ref());
        let quantity = reading.units(place("quantity"), item.quantity);
        let unit_price = item.unit_price.clone();
        let (product_id, quantity) = (product_id?, quantity?);
        Some(ItemInput { line_id, product_id, name, quantity, unit_price })
    };
    wanted.iter().enumerate().filter_map(read).collect()
}

fn adjustments(
    reading: &mut Reading,
    field: &str,
    wanted: &[proto::AdjustmentInput],
) -> Vec<AdjustmentInput> {
    let read = |(at, wanted): (usize, &proto::AdjustmentInput)| {
        let place = |name: &str| format!("{field}[{at}].{name}");
        let id = reading.any_id(&place("id"), wanted.id.as_ref());
        let rule = "this must be discount, shipping, fee or tax";
        let kind =
            reading.any_word(&place("kind"), Some(&wanted.kind), kind_of, "request.word", rule);
        let label = reading.any_typed(&place("label"), wanted.label.as_ref());
        let line_id = reading.any_id(&place("line_id"), wanted.line_id.as_ref());
        let value = match &wanted.value {
            Some(proto::adjustment_input::Value::Amount(amount)) => {
                Some(AdjustmentValueInput::Amount(amount.clone()))
            }
            Some(proto::adjustment_input::Value::Percent(percent)) => {
                match Rate::parse_percent(percent) {
                    Ok(rate) => Some(AdjustmentValueInput::Percent(rate)),
                    Err(error) => {
                        reading.fault(place("percent"), error.code(), error);
                        None
                    }
                }
            }
            None => {
                reading.fault(place("amount"), "request.missing", "this is needed");
                None
            }
        };
        Some(AdjustmentInput { id, kind: kind?, label, line_id, value: value? })
    };
    wanted.iter().enumerate().filter_map(read).collect()
}

fn kind_of(word: &str) -> Option<AdjustmentKind> {
    match word {
        "discount" => Some(AdjustmentKind::Discount),
        "shipping" => Some(AdjustmentKind::Shipping),
        "fee" => Some(AdjustmentKind::Fee),
        "tax" => Some(AdjustmentKind::Tax),
        _ => None,
    }
}

fn tags(reading: &mut Reading, field: &str, wanted: &[String]) -> Vec<Tag> {
    let read = |(at, tag): (usize, &String)| reading.typed(&format!("{field}[{at}]"), tag);
    wanted.iter().enumerate().filter_map(read).collect()
}

fn pay_with(
    reading: &mut Reading,
    wanted: Option<&proto::PayWith>,
) -> (Option<PayWith>, Option<Collection>) {
    let Some(wanted) = wanted else { return (None, None) };
    let source: Option<Label> = reading.any_typed("payment.source", wanted.source.as_ref());
    let collection = |word: &str| Collection::ALL.into_iter().find(|it| it.as_str() == word);
    let rule = "this must be on_invoice, before_confirm or on_shipment";
    let collect = wanted.collect.as_ref();
    let collect = reading.any_word("payment.collect", collect, collection, "request.word", rule);
    if wanted.method.is_empty() {
        if source.is_some() {
            reading.fault("payment.method", "request.missing", "this is needed");
        }
        return (None, collect);
    }
    let method = reading.typed("payment.method", &wanted.method);
    (method.map(|method| PayWith { method, source }), collect)
}

/// An address that may be absent.
pub(crate) fn address(
    reading: &mut Reading,
    field: &str,
    wanted: Option<&proto::Address>,
) -> Option<Address> {
    let wanted = wanted?;
    let place = |name: &str| format!("{field}.{name}");
    Some(Address {
        name: reading.any_typed(&place("name"), wanted.name.as_ref()),
        company: reading.any_typed(&place("company"), wanted.company.as_ref()),
        street: reading.any_typed(&place("street"), wanted.street.as_ref()),
        street2: reading.any_typed(&place("street2"), wanted.street2.as_ref()),
        city: reading.any_typed(&place("city"), wanted.city.as_ref()),
        state: reading.any_typed(&place("state"), wanted.state.as_ref()),
        zip_code: reading.any_typed(&place("zip_code"), wanted.zip_code.as_ref()),
        country: reading.any_typed(&place("country"), wanted.country.as_ref()),
        phone: reading.any_typed(&place("phone"), wanted.phone.as_ref()),
    })
}

/// Which orders to list.
pub(crate) fn order_query(
    reading: &mut Reading,
    wanted: &proto::ListOrdersRequest,
) -> Option<OrderQuery> {
    let sort = match wanted.sort.as_deref() {
        None | Some("newest") => Sort::Newest,
        Some("oldest") => Sort::Oldest,
        Some(_) => {
            reading.fault("sort", "query.word", "this must be newest or oldest");
            return None;
        }
    };
    let cursor = wanted.cursor.as_deref().map(|text| read_order_cursor(sort, text));
    let start = match cursor {
        None => Start::First,
        Some(Some(cursor)) => Start::After(cursor),
        Some(None) => {
            reading.fault("cursor", "page.cursor_invalid", "this is no cursor of this list");
            return None;
        }
    };
    Some(OrderQuery {
        customer_id: reading.any_id("customer_id", wanted.customer_id.as_ref()),
        product_id: reading.any_id("product_id", wanted.product_id.as_ref()),
        status: status_word(reading, "status", wanted.status.as_ref()),
        payment_status: status_word(reading, "payment_status", wanted.payment_status.as_ref()),
        fulfillment_status: status_word(
            reading,
            "fulfillment_status",
            wanted.fulfillment_status.as_ref(),
        ),
        placed_from: reading.any_time("placed_from", wanted.placed_from),
        placed_to: reading.any_time("placed_to", wanted.placed_to),
        words: wanted.q.as_deref().map(search::words).unwrap_or_default(),
        sort,
        start,
        limit: wanted.limit.unwrap_or(LIMIT_DEFAULT),
    })
}

fn status_word<T: std::str::FromStr<Err = order_core::UnknownStatus>>(
    reading: &mut Reading,
    field: &str,
    word: Option<&String>,
) -> Option<T> {
    match word?.parse() {
        Ok(status) => Some(status),
        Err(unknown) => {
            reading.fault(field, unknown.code(), unknown);
            None
        }
    }
}
