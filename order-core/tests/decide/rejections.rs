//! Every way to be refused: its code, what the caller should do, and its words.

use std::collections::BTreeSet;

use order_core::{
    Command, Currency,
    ErrorKind::{self, Conflict, Invalid, NotFound},
    Line, Money,
};

use crate::given::*;

/// One rejection: given, when, code, kind, words.
type Case = (Given, Command, &'static str, ErrorKind, &'static str);

fn by_status() -> Vec<Case> {
    let done = || delivered(&[(1, 100)]).and([capture(None), Command::Complete]);
    vec![
        (NOTHING, Command::Confirm, "order.not_found", NotFound, "there is no such order"),
        (
            placed(&[(1, 100)]),
            place(content(lines(&[(1, 100)]))),
            "order.already_exists",
            Conflict,
            "an order with this id exists already",
        ),
        (
            done(),
            ship(None),
            "order.transition_not_allowed",
            Conflict,
            "ship is not allowed while the order is completed; allowed now: archive, refund, request_return, note",
        ),
        (
            placed(&[(1, 100)]).and([HOLD]),
            Command::Confirm,
            "order.on_hold",
            Conflict,
            "confirm is not allowed while the order is on hold; allowed now: release, cancel, cancel_items, authorize, capture, fail_payment, note",
        ),
        (
            done().and([Command::Archive]),
            refund(None),
            "order.archived",
            Conflict,
            "refund is not allowed while the order is archived; allowed now: unarchive, note",
        ),
        (
            placed(&[(1, 100)]),
            Command::Release,
            "order.nothing_to_do",
            Conflict,
            "there is nothing to release: the order is not on hold",
        ),
        (
            delivered(&[(1, 1_234)]),
            Command::Complete,
            "payment.due",
            Conflict,
            "12.34 GBP is still due",
        ),
    ]
}

fn by_parts() -> Vec<Case> {
    vec![
        (
            confirmed(&[(1, 100)]),
            ship(Some(&[("9", 1)])),
            "order.part_not_found",
            Invalid,
            "the order has no line 9",
        ),
        (
            placed(&[(1, 100)]).and([authorize("a", 1)]),
            authorize("a", 1),
            "order.part_exists",
            Conflict,
            "the order already has a payment a",
        ),
        (
            confirmed(&[(2, 100)]),
            ship(Some(&[("1", 3)])),
            "order.quantity_exceeded",
            Conflict,
            "line 1 has 2 units to ship, not 3",
        ),
        (
            confirmed(&[(2, 100)]),
            ship(Some(&[("1", 0)])),
            "order.quantity_out_of_range",
            Invalid,
            "a quantity must be between 1 and 1000000000",
        ),
        (
            NOTHING,
            place(content(Vec::new())),
            "order.empty",
            Invalid,
            "there must be at least one line",
        ),
        (
            NOTHING,
            place(content(lines(&vec![(1, 1); 5_001]))),
            "order.too_many",
            Invalid,
            "there may be at most 5000 lines",
        ),
    ]
}

fn by_amounts() -> Vec<Case> {
    let euro = Line { unit_price: Money::new(1, Currency::EUR), ..line("1", 1, 0) };
    vec![
        (
            placed(&[(1, 100)]),
            capture(0),
            "payment.amount_out_of_range",
            Invalid,
            "the amount must be positive",
        ),
        (
            placed(&[(1, 100)]),
            capture(1_234),
            "payment.amount_exceeded",
            Conflict,
            "1.00 GBP can be captured, not 12.34 GBP",
        ),
        (placed(&[(1, 100)]), note(" "), "text.invalid", Invalid, "note: must say something"),
        (
            NOTHING,
            place(content(vec![euro])),
            "money.currency_mismatch",
            Invalid,
            "GBP and EUR cannot be combined",
        ),
        (
            NOTHING,
            place(content(lines(&[(2, i64::MAX)]))),
            "money.overflow",
            Invalid,
            "the amount is too large",
        ),
    ]
}

#[test]
fn every_rejection_has_its_code_its_kind_and_its_words() {
    let mut codes = BTreeSet::new();
    for (given, command, code, kind, words) in [by_status(), by_parts(), by_amounts()].concat() {
        let rejection = given.when(&command).rejection();
        assert_eq!(
            (rejection.code(), rejection.kind(), rejection.to_string().as_str()),
            (code, kind, words)
        );
        let names_actions = words.contains("allowed now");
        assert_eq!(rejection.allowed().is_some(), names_actions, "{code}");
        let allowed = given.clone().when(&command).rejection().allowed();
        assert!(allowed.is_none_or(|allowed| allowed == given.order().allowed_actions()));
        codes.insert(code);
    }
    // The source is the one list of all codes; those of money are listed elsewhere.
    let source = include_str!("../../src/order/rejection.rs");
    let list = source.split("fn code(").nth(1).unwrap().split("fn kind(").next().unwrap();
    let declared: BTreeSet<_> = list.split('"').skip(1).step_by(2).collect();
    assert!(declared.len() > 15, "{declared:?}");
    let produced: BTreeSet<_> =
        codes.iter().copied().filter(|code| !code.starts_with("money.")).collect();
    assert_eq!(produced, declared);
}

#[test]
fn advice_gives_the_reason_that_the_command_itself_would_get() {
    let order = delivered(&[(1, 1_234)]).and([HOLD]);
    let advice = order.order().advice();
    let of = |name: &str| advice.iter().find(|advice| advice.action.as_str() == name).unwrap();
    assert!(of("release").allowed && of("release").code.is_none());
    assert_eq!(of("complete").code, Some("order.on_hold"));
    assert_eq!(of("cancel").code, Some("order.transition_not_allowed"));
    assert_eq!(of("draft").code, Some("order.already_exists"));
    assert_eq!(
        of("refund").reason.as_deref(),
        Some("there is nothing to refund: no amount is left")
    );
}
