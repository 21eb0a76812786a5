//! Values made up by proptest: those that the domain accepts, and commands of which it accepts many.

use order_core::{
    Adjustment, AdjustmentKind, AdjustmentValue, Command, Content, Currency, Edit, Line,
    LineQuantity, Money, Rate, Shipping, TextError, Timestamp,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::sample::text;

/// The most millionths of a percentage that strategies make: 100 %.
const RATE_MAX: u32 = 1_000_000;

/// An order for so many units of `p0` at 10.00 GBP.
pub fn small_content(quantity: u32) -> Content {
    Content {
        number: text("N-1"),
        customer_id: None,
        currency: Currency::GBP,
        country: None,
        lines: vec![Line::new(
            text("1"),
            text("p0"),
            text("Product 0"),
            quantity,
            Money::new(1_000, Currency::GBP),
        )],
        adjustments: Vec::new(),
        tags: Vec::new(),
        metadata: [].into(),
        plan: None,
        pay_with: None,
    }
}

/// Checked texts of up to so many characters, of every script.
pub fn any_text<T>(chars_max: usize) -> impl Strategy<Value = T>
where
    T: for<'a> TryFrom<&'a str, Error = TextError> + std::fmt::Debug,
{
    let line = vec(any::<char>(), 1..=chars_max);
    line.prop_filter_map("breaks a rule of texts", |chars| {
        T::try_from(chars.into_iter().collect::<String>().as_str()).ok()
    })
}

/// Any currency.
pub fn currency() -> impl Strategy<Value = Currency> {
    let known = [Currency::GBP, Currency::EUR, Currency::JPY, Currency::KWD, Currency::CLF];
    select(known.to_vec())
}

/// Any time from year 1 to year 9999.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.millis()..=Timestamp::MAX.millis()).prop_map(Timestamp::from_millis)
}

/// What an order is about: up to four lines of products `p0` to `p3` and up to three adjustments.
pub fn content() -> impl Strategy<Value = Content> {
    let line = (0..4_u8, 1..=5_u32, 0..=100_000_i64);
    (currency(), vec(line, 1..=4), vec(adjustment(), 0..=3), option::of(any_text(20))).prop_map(
        |(currency, lines, adjustments, country)| {
            let lines = (1..).zip(lines).map(|(id, (product, quantity, price)): (u8, _)| {
                Line::new(
                    text(&id.to_string()),
                    text(&format!("p{product}")),
                    text(&format!("Product {product}")),
                    quantity,
                    Money::new(price, currency),
                )
            });
            let adjustments = (1..).zip(adjustments).map(|(id, (kind, value)): (u8, _)| {
                let value = value.map_or_else(AdjustmentValue::Percent, |minor| {
                    AdjustmentValue::Amount(Money::new(minor, currency))
                });
                let id = text(&id.to_string());
                Adjustment { id, kind, label: text("adjustment"), line_id: None, value }
            });
            let (lines, adjustments) = (lines.collect(), adjustments.collect());
            Content { currency, lines, adjustments, country, ..small_content(1) }
        },
    )
}

/// A kind, and an amount or else a rate.
fn adjustment() -> impl Strategy<Value = (AdjustmentKind, Result<i64, Rate>)> {
    let kinds = [
        AdjustmentKind::Discount,
        AdjustmentKind::Shipping,
        AdjustmentKind::Fee,
        AdjustmentKind::Tax,
    ];
    let rate = (0..=RATE_MAX).prop_filter_map("no rate", |n| Rate::from_millionths(n).ok());
    let value = prop_oneof![(0..=5_000_i64).prop_map(Ok), rate.prop_map(Err)];
    (select(kinds.to_vec()), value)
}

/// Units of the first lines.
pub fn items() -> impl Strategy<Value = Vec<LineQuantity>> {
    let item = (1..=4_u8, 1..=3_u32)
        .prop_map(|(line, quantity)| LineQuantity { line_id: text(&line.to_string()), quantity });
    vec(item, 1..=3)
}

/// Commands on an order that exists, in its currency. Some orders are confirmed, shipped and
/// delivered first, or paid as well: chance alone seldom gets so far.
pub fn commands(currency: Currency, count_max: usize) -> impl Strategy<Value = Vec<Command>> {
    let capture = Command::Capture { id: None, amount: None, method: None, reference: None };
    let ahead = [
        capture,
        Command::Confirm,
        Command::Ship(Shipping::default()),
        Command::Deliver { shipment_id: None },
    ];
    let ahead = select(vec![ahead[..0].to_vec(), ahead[1..].to_vec(), ahead.to_vec()]);
    (ahead, vec(command(currency), 0..=count_max))
        .prop_map(|(ahead, by_chance)| [ahead, by_chance].concat())
}

/// Any command on an order that exists, in its currency. Many fit, many do not.
pub fn command(currency: Currency) -> impl Strategy<Value = Command> {
    prop_oneof![
        6 => life(),
        5 => money(currency),
        4 => goods(),
    ]
}

fn life() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(Command::Place { content: None, person: None }),
        Just(Command::Confirm),
        Just(Command::Process),
        Just(Command::Hold { reason: None }),
        Just(Command::Release),
        Just(Command::Cancel { reason: None }),
        Just(Command::Complete),
        Just(Command::Archive),
        Just(Command::Unarchive),
        option::of(any_text(20)).prop_map(|country| {
            Command::Edit(Edit { tags: Some(Vec::new()), country, ..Edit::default() })
        }),
        (0..3_u8, any_text::<order_core::Name>(20)).prop_map(|(id, note)| Command::Note {
            id: text(&id.to_string()),
            text: note.to_string(),
        }),
    ]
}

fn money(currency: Currency) -> impl Strategy<Value = Command> {
    let amount = || option::of((1..=50_000_i64).prop_map(move |minor| Money::new(minor, currency)));
    let id = || option::of((0..3_u8).prop_map(|id| id.to_string()));
    let (method, reference) = (None, None);
    prop_oneof![
        (id(), amount()).prop_map(|(id, amount)| Command::Authorize {
            id: id.map(|id| text(&id)),
            amount,
            method: None,
            reference: None,
        }),
        (id(), amount()).prop_map(move |(id, amount)| Command::Capture {
            id: id.map(|id| text(&id)),
            amount,
            method: method.clone(),
            reference: reference.clone(),
        }),
        id().prop_map(|id| Command::Void { id: id.map(|id| text(&id)) }),
        id().prop_map(|id| Command::FailPayment {
            id: id.map(|id| text(&id)),
            method: None,
            reason: None,
        }),
        (id(), amount(), option::of(items())).prop_map(|(payment, amount, items)| {
            Command::Refund {
                id: None,
                payment_id: payment.map(|id| text(&id)),
                amount,
                items,
                return_id: None,
                reason: None,
            }
        }),
    ]
}

fn goods() -> impl Strategy<Value = Command> {
    let parcel = || option::of((1..3_u8).prop_map(|id| text(&id.to_string())));
    let back = || option::of((1..3_u8).prop_map(|id| text(&id.to_string())));
    prop_oneof![
        items().prop_map(|items| Command::CancelItems { items, reason: None }),
        option::of(items())
            .prop_map(|items| Command::Ship(Shipping { items, ..Shipping::default() })),
        parcel().prop_map(|shipment_id| Command::Deliver { shipment_id }),
        option::of(items()).prop_map(|items| Command::RequestReturn {
            id: None,
            items,
            reason: None
        }),
        (back(), option::of(items()), any::<bool>())
            .prop_map(|(id, items, restock)| Command::ReceiveReturn { id, items, restock }),
        back().prop_map(|id| Command::RejectReturn { id, reason: None }),
    ]
}
