//! Every command that is tried on every order, with every small choice of what it may say.
//!
//! The menu is the same everywhere: what an order does not have (a third line, a parcel nobody
//! shipped) is asked for all the same and must be refused.

use std::sync::Arc;

use order_core::{
    Adjustment, AdjustmentKind, AdjustmentValue, Collection, Command, Content, Currency, Edit,
    Line, LineQuantity, Money, Name, Operation, PaymentFacts, PaymentRequest, Person, Plan,
    Progress, Rate, RefundFact, Shipping, Units,
};

/// The first line costs 2, the second 1, so that no two different baskets are worth the same thing.
const PRICES: [i64; 2] = [2, 1];
/// Names that parts have, or might have: the order counts "1", "2", "3"; a caller says "x".
const NAMES: [&str; 4] = ["1", "2", "3", "x"];
/// What is paid and given back in part. A half of the largest order less one, so that a rest is left.
const PART: i64 = 2;
const TOO_MUCH: i64 = 1_000;

pub(crate) const fn money(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub(crate) fn lines(quantities: &[u32]) -> Vec<Line> {
    let line = |(at, quantity): (usize, &u32)| {
        let id = (at + 1).to_string();
        let product = format!("product-{id}");
        let name = Name::try_from(product.as_str()).unwrap();
        let price = money(PRICES[at]);
        let line = Line::new(id.parse().unwrap(), product.parse().unwrap(), name, *quantity, price);
        Line { tracked: true, ..line }
    };
    quantities.iter().enumerate().map(line).collect()
}

/// A third off, carriage of 1 and a tax of a half: every rounding of a small order.
pub(crate) fn extras() -> Vec<Adjustment> {
    let percent = |millionths| AdjustmentValue::Percent(Rate::from_millionths(millionths).unwrap());
    let extra = |id: &str, kind, value| Adjustment {
        id: id.parse().unwrap(),
        kind,
        label: id.parse().unwrap(),
        line_id: None,
        value,
    };
    vec![
        extra("third", AdjustmentKind::Discount, percent(333_333)),
        extra("parcel", AdjustmentKind::Shipping, AdjustmentValue::Amount(money(1))),
        extra("vat", AdjustmentKind::Tax, percent(500_000)),
    ]
}

pub(crate) fn content(lines: Vec<Line>, adjustments: Vec<Adjustment>) -> Arc<Content> {
    Arc::new(Content {
        number: "N-1".parse().unwrap(),
        customer_id: None,
        currency: Currency::EUR,
        country: None,
        lines,
        adjustments,
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::new(),
        plan: None,
        pay_with: None,
    })
}

/// The baskets that orders are begun with and edited to.
const BASKETS: [&[u32]; 4] = [&[1], &[2], &[1, 1], &[2, 2]];

/// Every choice of up to two units of each of two lines, and one unit of a line that is not there.
fn picks() -> Vec<Vec<LineQuantity>> {
    let item = |line: &str, quantity| LineQuantity { line_id: line.parse().unwrap(), quantity };
    let mut picks = Vec::new();
    for first in 0..=2 {
        for second in 0..=2 {
            let pick = [item("1", first), item("2", second)];
            picks.push(pick.into_iter().filter(|item| item.quantity > 0).collect());
        }
    }
    // The first of them is empty: asking for no unit must be refused too.
    picks.push(vec![item("3", 1)]);
    picks
}

pub(crate) fn menu() -> Vec<Command> {
    [contents(), plain(), goods(), payments(), refunds(), returns(), progress()].concat()
}

/// The same, and all that a provider and an inventory may be asked and may answer.
pub(crate) fn menu_with_outside() -> Vec<Command> {
    [menu(), planned(), asked(), answered()].concat()
}

/// One of these always does something.
fn progress() -> Vec<Command> {
    let stall = Progress::Stall { code: "x".parse().unwrap(), detail: None };
    [stall, Progress::Resume].map(Command::Advance).into()
}

/// Orders that are driven: each way to be paid, one of them with stock that is held elsewhere.
fn planned() -> Vec<Command> {
    let mut commands = Vec::new();
    for collect in Collection::ALL {
        let hold = collect == Collection::OnShipment;
        let (expire_after_ms, complete_after_ms) = (Some(1_000), Some(1_000));
        let plan = Plan { collect, hold, confirm: true, expire_after_ms, complete_after_ms };
        let mut content = Content::clone(&content(lines(&[1]), Vec::new()));
        for line in &mut content.lines {
            line.tracked = !hold;
        }
        content.plan = Some(plan);
        commands.push(Command::Place { content: Some(content.into()), person: None });
    }
    commands
}

fn asked() -> Vec<Command> {
    let units = |quantity| Units { product_id: "product-1".parse().unwrap(), quantity };
    let mut all = vec![Progress::Close, Progress::Hold(vec![units(1)]), Progress::Hold(Vec::new())];
    for operation in [Operation::Authorize, Operation::Capture, Operation::Void, Operation::Refund]
    {
        for amount in [money(PART), money(1), money(TOO_MUCH), money(0)] {
            for payment_id in [None, Some("1".parse().unwrap())] {
                let (refund_id, return_id, reason) = (None, None, None);
                all.push(Progress::Request(PaymentRequest {
                    operation,
                    payment_id,
                    amount,
                    refund_id,
                    return_id,
                    reason,
                }));
            }
        }
    }
    all.into_iter().map(Command::Advance).collect()
}

/// What a provider may know of a payment: authorized, captured, voided, refunded, disputed.
const FACTS: [[i64; 5]; 8] = [
    [2, 0, 0, 0, 0],
    [2, 1, 0, 0, 0],
    [2, 2, 0, 0, 0],
    [2, 0, 2, 0, 0],
    [0, 0, 0, 1, 0],
    [2, 2, 0, 2, 0],
    [2, 2, 0, 0, 1],
    [0, 0, 0, 0, 0],
];

pub(crate) fn facts(payment: &str, sums: [i64; 5]) -> PaymentFacts {
    let [authorized, captured, voided, refunded, disputed] = sums.map(money);
    let refund = RefundFact { id: "1".parse().unwrap(), amount: refunded };
    PaymentFacts {
        authorized,
        captured,
        voided,
        refunds: if refunded.is_zero() { Vec::new() } else { vec![refund] },
        disputed,
        ..PaymentFacts::nothing("order".parse().unwrap(), payment.parse().unwrap(), money(0))
    }
}

fn answered() -> Vec<Command> {
    let mut all = vec![Progress::Held, Progress::Short { reason: None }];
    for payment in ["1", "x"] {
        all.extend(FACTS.map(|sums| Progress::Facts(facts(payment, sums))));
        let declined = Some("no".parse().unwrap());
        let nothing = facts(payment, [0; 5]);
        all.push(Progress::Facts(PaymentFacts { declined, ..nothing }));
    }
    for (operation, refund) in [
        (Operation::Capture, None),
        (Operation::Void, None),
        (Operation::Refund, Some("1")),
        (Operation::Refund, Some("2")),
    ] {
        all.push(Progress::Refused {
            operation,
            payment_id: "1".parse().unwrap(),
            refund_id: refund.map(|id| id.parse().unwrap()),
            reason: None,
        });
    }
    all.into_iter().map(Command::Advance).collect()
}

fn contents() -> Vec<Command> {
    let person = || Some(Box::new(Person::default()));
    let mut commands = vec![
        Command::Draft { content: content(Vec::new(), Vec::new()), person: None },
        Command::Place { content: None, person: None },
        Command::Place { content: Some(content(Vec::new(), Vec::new())), person: None },
        Command::Edit(Edit::default()),
        Command::Edit(Edit { lines: Some(Vec::new()), ..Edit::default() }),
        Command::Edit(Edit { tags: Some(Vec::new()), ..Edit::default() }),
        Command::Edit(Edit { person: person(), ..Edit::default() }),
    ];
    for adjustments in [Vec::new(), extras()] {
        commands.push(Command::Edit(Edit {
            adjustments: Some(adjustments.clone()),
            ..Edit::default()
        }));
        for basket in BASKETS {
            let content = content(lines(basket), adjustments.clone());
            commands.push(Command::Draft { content: Arc::clone(&content), person: None });
            commands.push(Command::Place { content: Some(content), person: person() });
        }
    }
    for basket in BASKETS {
        commands.push(Command::Edit(Edit { lines: Some(lines(basket)), ..Edit::default() }));
    }
    commands
}

fn plain() -> Vec<Command> {
    let note = |text: &str| Command::Note { id: "n".parse().unwrap(), text: text.to_owned() };
    vec![
        Command::Confirm,
        Command::Process,
        Command::Hold { reason: None },
        Command::Release,
        Command::Cancel { reason: None },
        Command::Complete,
        Command::Archive,
        Command::Unarchive,
        note("hello"),
        note(" "),
        Command::Erase,
    ]
}

fn goods() -> Vec<Command> {
    let ship = |items| Command::Ship(Shipping { items, ..Shipping::default() });
    let mut commands = vec![
        ship(None),
        Command::Ship(Shipping { id: Some("x".parse().unwrap()), ..Shipping::default() }),
        Command::Deliver { shipment_id: None },
    ];
    for items in picks() {
        commands.push(Command::CancelItems { items: items.clone(), reason: None });
        commands.push(ship(Some(items)));
    }
    let deliver = |name: &&str| Command::Deliver { shipment_id: Some(name.parse().unwrap()) };
    commands.extend(NAMES.iter().map(deliver));
    commands
}

fn payments() -> Vec<Command> {
    let name = |name: &str| Some(name.parse().unwrap());
    let mut commands = vec![Command::Void { id: None }];
    commands.push(Command::FailPayment { id: None, method: None, reason: None });
    for amount in [None, Some(money(PART)), Some(money(TOO_MUCH)), Some(money(0))] {
        let (method, reference) = (None, None);
        for id in [None, name("x")] {
            commands.push(Command::Authorize { id, amount, method: None, reference: None });
        }
        commands.push(Command::Capture { id: None, amount, method, reference });
        for id in NAMES {
            let (method, reference) = (None, None);
            commands.push(Command::Capture { id: name(id), amount, method, reference });
        }
    }
    for id in NAMES {
        commands.push(Command::Void { id: name(id) });
        commands.push(Command::FailPayment { id: name(id), method: None, reason: None });
    }
    commands
}

fn refunds() -> Vec<Command> {
    let refund = |payment: Option<&str>, amount, items, back: Option<&str>| Command::Refund {
        id: None,
        payment_id: payment.map(|id| id.parse().unwrap()),
        amount,
        items,
        return_id: back.map(|id| id.parse().unwrap()),
        reason: None,
    };
    let mut commands = Vec::new();
    for amount in [None, Some(money(PART)), Some(money(TOO_MUCH)), Some(money(0))] {
        commands.push(refund(None, amount, None, None));
        for id in NAMES {
            commands.push(refund(Some(id), amount, None, None));
        }
    }
    commands.extend(picks().into_iter().map(|items| refund(None, None, Some(items), None)));
    for id in NAMES {
        commands.push(refund(None, None, None, Some(id)));
        commands.push(refund(None, Some(money(PART)), None, Some(id)));
    }
    commands
}

fn returns() -> Vec<Command> {
    let name = |name: &str| Some(name.parse().unwrap());
    let mut commands = vec![
        Command::RequestReturn { id: None, items: None, reason: None },
        Command::RequestReturn { id: name("x"), items: None, reason: None },
        Command::RejectReturn { id: None, reason: None },
    ];
    for restock in [true, false] {
        commands.push(Command::ReceiveReturn { id: None, items: None, restock });
    }
    for items in picks() {
        let (items, reason) = (Some(items), None);
        commands.push(Command::RequestReturn { id: None, items: items.clone(), reason });
        for id in NAMES {
            let (id, items, restock) = (name(id), items.clone(), false);
            commands.push(Command::ReceiveReturn { id, items, restock });
        }
    }
    for id in NAMES {
        commands.push(Command::ReceiveReturn { id: name(id), items: None, restock: true });
        commands.push(Command::RejectReturn { id: name(id), reason: None });
    }
    commands
}
