//! Random commands against the two functions: what is decided can be folded, and folded again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{fmt::Debug, str::FromStr, sync::Arc};

use order_core::{
    Adjustment, AdjustmentKind, AdjustmentValue, Command, Content, Currency, Edit, EventId, Line,
    LineQuantity, Money, Name, Order, OrderEvent, Rate, Recorded, Shipping, Timestamp, Transition,
    decide, evolve, replay,
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};

const NAMES: [&str; 5] = ["1", "2", "3", "4", "x"];

fn text<T: FromStr<Err: Debug> + Debug>() -> impl Strategy<Value = T> {
    select(&NAMES[..]).prop_map(|name| name.parse().unwrap())
}

fn money() -> impl Strategy<Value = Money> {
    prop_oneof![8 => 0_i64..3_000, 1 => Just(i64::MAX), 1 => any::<i64>()]
        .prop_map(|minor| Money::new(minor, Currency::JPY))
}

/// From a few units to as many as a line may have and more.
fn quantity() -> impl Strategy<Value = u32> {
    prop_oneof![20 => 1_u32..6, 1 => any::<u32>()]
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let units = || prop_oneof![30 => (1_u32..6, 0_i64..500), 1 => (1..u32::MAX, any::<i64>())];
    prop_oneof![1 => Just(0), 12 => Just(1)]
        .prop_flat_map(move |least| vec(units(), least..5))
        .prop_map(|lines| {
            let line = |(at, (quantity, price)): (usize, (u32, i64))| {
                let (id, name) = ((at + 1).to_string(), Name::try_from("thing").unwrap());
                let price = Money::new(price, Currency::JPY);
                Line::new(id.parse().unwrap(), "thing".parse().unwrap(), name, quantity, price)
            };
            lines.into_iter().enumerate().map(line).collect()
        })
}

fn adjustments() -> impl Strategy<Value = Vec<Adjustment>> {
    use AdjustmentKind::{Discount, Fee, Shipping, Tax};
    let percent = (0_u32..400_000).prop_map(|millionths| {
        AdjustmentValue::Percent(Rate::from_millionths(millionths).unwrap())
    });
    let amount =
        (0_i64..300).prop_map(|minor| AdjustmentValue::Amount(Money::new(minor, Currency::JPY)));
    let kind = select(&[Discount, Fee, Shipping, Tax][..]);
    let line = prop_oneof![4 => Just(None), 1 => Just(Some("1".parse().unwrap())), 1 => of(text())];
    vec((kind, line, prop_oneof![percent, amount]), 0..4).prop_map(|adjustments| {
        let adjustment = |(at, (kind, line_id, value))| {
            let id = format!("a{at}").parse().unwrap();
            Adjustment { id, kind, label: "a".parse().unwrap(), line_id, value }
        };
        adjustments.into_iter().enumerate().map(adjustment).collect()
    })
}

fn content() -> impl Strategy<Value = Arc<Content>> {
    (lines(), adjustments()).prop_map(|(lines, adjustments)| {
        Arc::new(Content {
            number: "N-1".parse().unwrap(),
            customer_id: None,
            currency: Currency::JPY,
            country: None,
            lines,
            adjustments,
            tags: Vec::new(),
            metadata: std::collections::BTreeMap::new(),
            plan: None,
            pay_with: None,
        })
    })
}

fn items() -> impl Strategy<Value = Vec<LineQuantity>> {
    let item = (text(), quantity());
    vec(item.prop_map(|(line_id, quantity)| LineQuantity { line_id, quantity }), 0..4)
}

fn of_goods() -> BoxedStrategy<Command> {
    let reason = None;
    prop_oneof![
        2 => (of(text()), of(items())).prop_map(|(id, items)| {
            Command::Ship(Shipping { id, items, ..Shipping::default() })
        }),
        2 => of(text()).prop_map(|shipment_id| Command::Deliver { shipment_id }),
        1 => items().prop_map(|items| Command::CancelItems { items, reason: None }),
        2 => (of(text()), of(items()))
            .prop_map(|(id, items)| Command::RequestReturn { id, items, reason: None }),
        2 => (of(text()), of(items()), any::<bool>())
            .prop_map(|(id, items, restock)| Command::ReceiveReturn { id, items, restock }),
        1 => of(text()).prop_map(move |id| Command::RejectReturn { id, reason: reason.clone() }),
    ]
    .boxed()
}

fn of_money() -> BoxedStrategy<Command> {
    let (method, reference) = (None, None);
    let authorize = (of(text()), of(money())).prop_map(|(id, amount)| {
        let (method, reference) = (None, None);
        Command::Authorize { id, amount, method, reference }
    });
    let capture = (of(text()), of(money())).prop_map(move |(id, amount)| {
        let (method, reference) = (method.clone(), reference.clone());
        Command::Capture { id, amount, method, reference }
    });
    let refund = (of(text()), of(text()), of(money()), of(items()), of(text())).prop_map(
        |(id, payment_id, amount, items, return_id)| {
            let reason = None;
            Command::Refund { id, payment_id, amount, items, return_id, reason }
        },
    );
    prop_oneof![
        3 => authorize,
        4 => capture,
        1 => of(text()).prop_map(|id| Command::Void { id }),
        1 => of(text()).prop_map(|id| Command::FailPayment { id, method: None, reason: None }),
        4 => refund,
    ]
    .boxed()
}

fn command() -> impl Strategy<Value = Command> {
    let edit = (of(lines()), of(adjustments())).prop_map(|(lines, adjustments)| {
        Command::Edit(Edit { lines, adjustments, ..Edit::default() })
    });
    let plain = [
        Command::Place { content: None, person: None },
        Command::Confirm,
        Command::Confirm,
        Command::Process,
        Command::Hold { reason: None },
        Command::Release,
        Command::Release,
        Command::Complete,
        Command::Archive,
        Command::Unarchive,
        Command::Note { id: "n".parse().unwrap(), text: "hello".to_owned() },
        Command::Ship(Shipping::default()),
        Command::Deliver { shipment_id: None },
    ];
    prop_oneof![
        6 => select(plain.to_vec()),
        1 => Just(Command::Cancel { reason: None }),
        1 => edit,
        6 => of_goods(),
        6 => of_money(),
    ]
}

fn begin() -> impl Strategy<Value = Command> {
    let place = |content| Command::Place { content: Some(content), person: None };
    let draft = |content| Command::Draft { content, person: None };
    prop_oneof![4 => content().prop_map(place), 1 => content().prop_map(draft)]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    (vec(begin(), 1..4), vec(command(), 0..60))
        .prop_map(|(begin, rest)| begin.into_iter().chain(rest).collect())
}

/// Runs the commands as the service does, and keeps every state.
fn run(commands: &[Command]) -> Result<(Vec<Recorded>, Vec<Order>), TestCaseError> {
    let (mut history, mut states) = (Vec::new(), Vec::<Order>::new());
    for command in commands {
        let before = states.last();
        let kept = before.cloned();
        let decided = decide(before, command);
        prop_assert_eq!(before, kept.as_ref(), "deciding changes nothing");
        let Ok(events) = decided else {
            continue;
        };
        prop_assert!(!events.is_empty(), "{:?} was taken and nothing happened", command);
        let version = before.map_or(0, Order::version) + 1;
        let mut order = kept;
        for (ordinal, event) in (0..).zip(events) {
            let recorded = record(version, ordinal, event);
            order = Some(evolve(order, &recorded).map_err(|e| TestCaseError::fail(e.to_string()))?);
            history.push(recorded);
        }
        let after = order.unwrap();
        let (from, to) = (before.map(Order::status), after.status());
        let row = Transition { from, action: command.action(), to };
        prop_assert!(row.is_legal(), "{:?}", row);
        states.push(after);
    }
    Ok((history, states))
}

fn record(version: u64, ordinal: u32, event: OrderEvent) -> Recorded {
    let id = EventId { order_id: "o".parse().unwrap(), version, ordinal };
    let at = Timestamp::from_millis(i64::try_from(version).unwrap());
    Recorded { id, at, actor: "tester".parse().unwrap(), event }
}

/// What must hold of any order, by sums of wide integers.
fn check(order: &Order) -> Result<(), TestCaseError> {
    order.check().map_err(TestCaseError::fail)?;
    let price = |line: &Line| i128::from(line.unit_price.minor()) * i128::from(line.live());
    let subtotal: i128 = order.lines().iter().map(price).sum();
    let totals = order.totals();
    let [sub, discount, shipping, fees, tax, total] =
        [totals.subtotal, totals.discount, totals.shipping, totals.fees, totals.tax, totals.total]
            .map(|amount| i128::from(amount.minor()));
    prop_assert_eq!(sub, subtotal);
    prop_assert_eq!(total, sub - discount + shipping + fees + tax);
    prop_assert!((0..=sub).contains(&discount) && shipping >= 0 && fees >= 0 && tax >= 0);
    prop_assert!((0..=order.captured()).contains(&order.refunded()));
    prop_assert!(order.due().minor() >= 0 && order.authorized() >= 0);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_decided_folds_to_a_sound_order_and_replays_to_the_same_one(commands in commands()) {
        let (history, states) = run(&commands)?;
        for (at, state) in states.iter().enumerate() {
            check(state)?;
            let version = u64::try_from(at + 1).unwrap();
            prop_assert_eq!(state.version(), version, "versions are 1..n");
            let past = replay(&history, Some(version));
            prop_assert_eq!(past.as_ref(), Ok(&Some(state.clone())));
        }
        prop_assert_eq!(replay(&history, None), Ok(states.last().cloned()));
    }

    #[test]
    fn events_and_states_survive_their_json(commands in commands()) {
        let (history, states) = run(&commands)?;
        for recorded in &history {
            let json = serde_json::to_string(&recorded.event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<OrderEvent>(&json).unwrap(), &recorded.event);
        }
        if let Some(order) = states.last() {
            let json = serde_json::to_string(order).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Order>(&json).unwrap(), order);
        }
    }

    #[test]
    fn a_history_with_an_event_missing_doubled_or_out_of_place_is_corrupt(
        commands in commands(),
        at in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
    ) {
        let (history, _) = run(&commands)?;
        if history.len() < 2 {
            return Ok(());
        }
        let at = at.index(history.len() - 1);
        // The last of several events of one version can go unnoticed here; the state beside the
        // history tells of it.
        let ordinal = history[at].id.ordinal;
        if ordinal == 0 || history[at + 1].id.ordinal > ordinal {
            let mut missing = history.clone();
            missing.remove(at);
            prop_assert!(replay(&missing, None).is_err(), "the {}th event is missing", at);
        }
        let mut doubled = history.clone();
        doubled.insert(at, history[at].clone());
        prop_assert!(replay(&doubled, None).is_err(), "the {}th event is doubled", at);
        let other = other.index(history.len());
        let mut swapped = history.clone();
        swapped.swap(at, other);
        prop_assert_eq!(replay(&swapped, None).is_ok(), at == other);
    }

    #[test]
    fn an_event_from_another_life_is_corruption_or_leaves_a_sound_order_but_never_a_panic(
        one in commands(),
        other in commands(),
    ) {
        let (_, states) = run(&one)?;
        let (foreign, _) = run(&other)?;
        for state in states.iter().rev().take(8) {
            for Recorded { event, .. } in foreign.iter().rev().take(24) {
                let recorded = record(state.version() + 1, 0, event.clone());
                if let Ok(after) = evolve(Some(state.clone()), &recorded) {
                    check(&after)?;
                    let _ = (after.status(), after.payment_status(), after.allowed_actions());
                }
            }
        }
    }
}

#[test]
fn histories_that_cannot_have_happened_are_named() {
    let content = Arc::new(Content {
        number: "N-1".parse().unwrap(),
        customer_id: None,
        currency: Currency::JPY,
        country: None,
        lines: Vec::new(),
        adjustments: Vec::new(),
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::new(),
        plan: None,
        pay_with: None,
    });
    let placed = record(1, 0, OrderEvent::Placed(content));
    let fact = |history: &[Recorded]| replay(history, None).unwrap_err().fact;
    let confirmed = |version, ordinal| record(version, ordinal, OrderEvent::Confirmed {});
    let begins = "an order begins by being drafted or placed";
    assert_eq!(fact(&[confirmed(1, 0)]), begins);
    assert_eq!(fact(&[placed.clone(), confirmed(3, 0)]), "a version is missing or doubled");
    assert_eq!(fact(&[placed.clone(), confirmed(1, 2)]), "an event is missing or doubled");
    assert_eq!(
        fact(&[placed.clone(), record(2, 0, placed.event.clone())]),
        "an order is placed once"
    );
    let mut foreign = confirmed(2, 0);
    foreign.id.order_id = "other".parse().unwrap();
    assert_eq!(fact(&[placed.clone(), foreign]), "the event belongs to another order");
    let history = [placed.clone(), confirmed(1, 1)];
    assert!(replay(&history, None).is_ok(), "two events of one version");
    let archived = |version| record(version, 0, OrderEvent::Archived {});
    assert_eq!(fact(&[placed.clone(), archived(2), archived(3)]), "an order is archived once");
    assert_eq!(replay(&[], None), Ok(None));
    let id = &placed.id;
    assert_eq!(id.to_string(), "o.1.0");
}

#[test]
fn money_that_no_sum_can_hold_is_corruption_not_a_panic() {
    let line = Line::new(
        "1".parse().unwrap(),
        "p".parse().unwrap(),
        Name::try_from("p").unwrap(),
        1,
        Money::new(5, Currency::JPY),
    );
    let content = Content {
        number: "N-1".parse().unwrap(),
        customer_id: None,
        currency: Currency::JPY,
        country: None,
        lines: vec![line],
        adjustments: Vec::new(),
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::new(),
        plan: None,
        pay_with: None,
    };
    let captured = |version, payment: &str, minor| {
        let (payment_id, method) = (payment.parse().unwrap(), "m".parse().unwrap());
        let amount = Money::new(minor, Currency::JPY);
        let event = OrderEvent::PaymentCaptured { payment_id, amount, method, reference: None };
        record(version, 0, event)
    };
    let placed = record(1, 0, OrderEvent::Placed(content.into()));
    let history = [placed.clone(), captured(2, "a", i64::MAX), captured(3, "b", i64::MAX)];
    assert_eq!(replay(&history, None).unwrap_err().fact, "the payments cannot be held");
    let history = [placed.clone(), captured(2, "a", -1)];
    assert_eq!(replay(&history, None).unwrap_err().fact, "a payment ledger does not add up");
    // The same in a document that a store wrote.
    let order = replay(&[placed, captured(2, "a", 5)], None).unwrap().unwrap();
    let json = serde_json::to_string(&order).unwrap();
    assert!(serde_json::from_str::<Order>(&json).is_ok());
    for (old, new) in [
        (r#""captured":{"amount":"5""#, r#""captured":{"amount":"6""#),
        (r#""captured":{"amount":"5""#, r#""captured":{"amount":"-5""#),
        (r#""refunded":{"amount":"0""#, r#""refunded":{"amount":"9""#),
        (
            r#""refunded":{"amount":"0","currency":"JPY""#,
            r#""refunded":{"amount":"0","currency":"EUR""#,
        ),
        (r#""total":{"amount":"5""#, r#""total":{"amount":"4""#),
        (r#""quantity":1"#, r#""quantity":0"#),
        (r#""quantity":1"#, r#""quantity":1,"shipped":2"#),
        (r#""version":2"#, r#""version":-2"#),
    ] {
        assert!(json.contains(old), "{old} in {json}");
        let broken = json.replacen(old, new, 1);
        assert!(serde_json::from_str::<Order>(&broken).is_err(), "{broken}");
    }
}
