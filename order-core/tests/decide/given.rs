//! Given these commands were taken, when this one comes, then this happens or that is refused.

use std::sync::Arc;

use order_core::{
    Adjustment, AdjustmentKind, AdjustmentValue, Command, Content, Currency, EventId, Line,
    LineQuantity, Money, Name, Order, OrderEvent, Recorded, Rejection, Shipping, Timestamp, decide,
    evolve,
};

/// An order that commands have made, or nothing yet.
#[derive(Clone, Debug)]
pub(crate) struct Given(Option<Order>);

/// What became of a command.
#[derive(Debug)]
pub(crate) struct When {
    before: Given,
    decided: Result<Vec<OrderEvent>, Rejection>,
}

pub(crate) const NOTHING: Given = Given(None);

/// An order after these commands, each of which must be taken.
pub(crate) fn given(commands: impl IntoIterator<Item = Command>) -> Given {
    NOTHING.and(commands)
}

impl Given {
    pub(crate) fn and(self, commands: impl IntoIterator<Item = Command>) -> Self {
        commands.into_iter().fold(self, |order, command| order.when(command).taken())
    }

    pub(crate) fn when(&self, command: impl std::borrow::Borrow<Command>) -> When {
        let decided = decide(self.0.as_ref(), command.borrow());
        When { before: self.clone(), decided }
    }

    pub(crate) fn order(&self) -> &Order {
        self.0.as_ref().unwrap()
    }

    /// The units of a line: cancelled, shipped, delivered, asked back, came back.
    pub(crate) fn ledger(&self, line: &str) -> [u32; 5] {
        let line = self.order().lines().iter().find(|other| other.id == line).unwrap();
        [line.cancelled, line.shipped, line.delivered, line.return_requested, line.returned]
    }
}

impl When {
    /// The order after what happened.
    pub(crate) fn taken(self) -> Given {
        let events = self.decided.unwrap();
        let version = self.before.0.as_ref().map_or(0, Order::version) + 1;
        let mut order = self.before.0;
        for (ordinal, event) in (0..).zip(events) {
            let id = EventId { order_id: "o".parse().unwrap(), version, ordinal };
            let at = Timestamp::from_millis(i64::try_from(version).unwrap() * 1_000);
            let recorded = Recorded { id, at, actor: "tester".parse().unwrap(), event };
            order = Some(evolve(order, &recorded).unwrap());
            order.as_ref().unwrap().check().unwrap();
        }
        Given(order)
    }

    pub(crate) fn happens(self, events: impl AsRef<[OrderEvent]>) -> Given {
        assert_eq!(self.decided.as_deref(), Ok(events.as_ref()));
        self.taken()
    }

    pub(crate) fn events(&self) -> &[OrderEvent] {
        self.decided.as_deref().unwrap()
    }

    pub(crate) fn rejection(self) -> Rejection {
        self.decided.unwrap_err()
    }

    pub(crate) fn rejected(self, code: &str) {
        let decided = self.decided;
        match decided {
            Err(rejection) if rejection.code() == code => {}
            other => panic!("expected {code}, got {other:?}"),
        }
    }
}

pub(crate) const fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

/// Reads an id or any other text of the right type.
pub(crate) fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "most parts of a command may be left out")]
pub(crate) fn some<T: std::str::FromStr<Err: std::fmt::Debug>>(word: &str) -> Option<T> {
    Some(text(word))
}

/// A line that is named after its place, from "1".
pub(crate) fn line(id: &str, quantity: u32, price: i64) -> Line {
    let name = Name::try_from("thing").unwrap();
    Line::new(text(id), text("thing"), name, quantity, gbp(price))
}

pub(crate) fn lines(units_and_prices: &[(u32, i64)]) -> Vec<Line> {
    let line =
        |(at, (units, price)): (usize, &(u32, i64))| line(&(at + 1).to_string(), *units, *price);
    units_and_prices.iter().enumerate().map(line).collect()
}

pub(crate) fn content(lines: Vec<Line>) -> Content {
    Content {
        number: text("N-1"),
        customer_id: some("c"),
        currency: Currency::GBP,
        country: None,
        lines,
        adjustments: Vec::new(),
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::new(),
        plan: None,
        pay_with: None,
    }
}

pub(crate) fn place(content: Content) -> Command {
    Command::Place { content: Some(Arc::new(content)), person: None }
}

pub(crate) fn draft(content: Content) -> Command {
    Command::Draft { content: Arc::new(content), person: None }
}

/// A placed order of these units and prices.
pub(crate) fn placed(units_and_prices: &[(u32, i64)]) -> Given {
    given([place(content(lines(units_and_prices)))])
}

pub(crate) fn confirmed(units_and_prices: &[(u32, i64)]) -> Given {
    placed(units_and_prices).and([Command::Confirm])
}

pub(crate) fn delivered(units_and_prices: &[(u32, i64)]) -> Given {
    confirmed(units_and_prices).and([ship(None), deliver()])
}

pub(crate) fn items(items: &[(&str, u32)]) -> Vec<LineQuantity> {
    let item =
        |(line, quantity): &(&str, u32)| LineQuantity { line_id: text(line), quantity: *quantity };
    items.iter().map(item).collect()
}

pub(crate) fn ship(what: Option<&[(&str, u32)]>) -> Command {
    Command::Ship(Shipping { items: what.map(items), ..Shipping::default() })
}

pub(crate) fn ship_as(name: &str, what: Option<&[(&str, u32)]>) -> Command {
    Command::Ship(Shipping { id: some(name), items: what.map(items), ..Shipping::default() })
}

pub(crate) const fn deliver() -> Command {
    Command::Deliver { shipment_id: None }
}

pub(crate) fn cancel_items(what: &[(&str, u32)]) -> Command {
    Command::CancelItems { items: items(what), reason: None }
}

pub(crate) fn authorize(id: &str, amount: impl Into<Option<i64>>) -> Command {
    let amount = amount.into().map(gbp);
    Command::Authorize { id: some(id), amount, method: None, reference: None }
}

pub(crate) fn capture(amount: impl Into<Option<i64>>) -> Command {
    let amount = amount.into().map(gbp);
    Command::Capture { id: None, amount, method: None, reference: None }
}

pub(crate) fn capture_of(id: &str, amount: impl Into<Option<i64>>) -> Command {
    let amount = amount.into().map(gbp);
    Command::Capture { id: some(id), amount, method: None, reference: None }
}

pub(crate) fn void(id: Option<&str>) -> Command {
    Command::Void { id: id.map(text) }
}

pub(crate) fn fail(id: Option<&str>) -> Command {
    Command::FailPayment { id: id.map(text), method: None, reason: None }
}

pub(crate) fn refund(amount: impl Into<Option<i64>>) -> Command {
    Command::Refund {
        id: None,
        payment_id: None,
        amount: amount.into().map(gbp),
        items: None,
        return_id: None,
        reason: None,
    }
}

pub(crate) fn refund_items(what: &[(&str, u32)]) -> Command {
    let mut command = refund(None);
    if let Command::Refund { items: wanted, .. } = &mut command {
        *wanted = Some(items(what));
    }
    command
}

pub(crate) fn refund_return(id: &str) -> Command {
    let mut command = refund(None);
    if let Command::Refund { return_id, .. } = &mut command {
        *return_id = some(id);
    }
    command
}

pub(crate) fn ask_back(what: Option<&[(&str, u32)]>) -> Command {
    Command::RequestReturn { id: None, items: what.map(items), reason: None }
}

pub(crate) fn receive(id: Option<&str>, what: Option<&[(&str, u32)]>) -> Command {
    Command::ReceiveReturn { id: id.map(text), items: what.map(items), restock: false }
}

pub(crate) fn reject(id: Option<&str>) -> Command {
    Command::RejectReturn { id: id.map(text), reason: None }
}

pub(crate) fn note(words: &str) -> Command {
    Command::Note { id: text("n"), text: words.to_owned() }
}

pub(crate) const HOLD: Command = Command::Hold { reason: None };
pub(crate) const CANCEL: Command = Command::Cancel { reason: None };

pub(crate) fn amount_of(kind: AdjustmentKind, amount: i64) -> Adjustment {
    let value = AdjustmentValue::Amount(gbp(amount));
    Adjustment { id: text("a"), kind, label: text("a"), line_id: None, value }
}

pub(crate) fn percent_of(kind: AdjustmentKind, percent: &str) -> Adjustment {
    let value = AdjustmentValue::Percent(order_core::Rate::parse_percent(percent).unwrap());
    Adjustment { id: text("a"), kind, label: text("a"), line_id: None, value }
}

/// The same adjustments with names of their own.
pub(crate) fn named(adjustments: impl IntoIterator<Item = Adjustment>) -> Vec<Adjustment> {
    let name = |(at, adjustment)| Adjustment { id: text(&format!("a{at}")), ..adjustment };
    adjustments.into_iter().enumerate().map(name).collect()
}
