//! Payments: authorize, capture, void, fail, refund.

use order_core::{
    Action, Command, Currency, Money, OrderEvent, Payment, PaymentState, PaymentStatus, Rejection,
};

use crate::given::*;

/// Authorized, captured, voided and refunded of each payment.
fn ledgers(order: &Given) -> Vec<[i64; 4]> {
    let ledger = |payment: &Payment| {
        [payment.authorized, payment.captured, payment.voided, payment.refunded].map(Money::minor)
    };
    order.order().payments().iter().map(ledger).collect()
}

#[test]
fn no_more_is_authorized_than_is_due_and_exactly_that_is() {
    let order = placed(&[(1, 100)]);
    let exceeded =
        Rejection::AmountExceeded { what: "authorized", limit: gbp(100), asked: gbp(101) };
    assert_eq!(order.when(authorize("a", 101)).rejection(), exceeded);
    let order = order.and([authorize("a", 60)]);
    order.when(authorize("b", 41)).rejected("payment.amount_exceeded");
    let order = order.and([authorize("b", None)]);
    assert_eq!(ledgers(&order), [[60, 0, 0, 0], [40, 0, 0, 0]]);
    order.when(authorize("c", None)).rejected("order.nothing_to_do");
    order.when(authorize("c", 1)).rejected("payment.amount_exceeded");
}

#[test]
fn an_authorization_is_captured_in_parts_and_what_is_left_of_it_voided() {
    let order = placed(&[(1, 100)]).and([authorize("a", 100), capture(30), capture(30)]);
    assert_eq!(ledgers(&order), [[100, 60, 0, 0]]);
    assert_eq!(order.order().payments()[0].state(), PaymentState::PartiallyCaptured);
    assert_eq!(order.order().payment_status(), PaymentStatus::PartiallyPaid);
    let order = order.and([void(None)]);
    assert_eq!(ledgers(&order), [[100, 60, 40, 0]]);
    order.when(capture_of("a", 1)).rejected("payment.amount_exceeded");
    order.when(capture_of("a", None)).rejected("order.nothing_to_do");
    let order = order.and([capture(None)]);
    assert_eq!(ledgers(&order), [[100, 60, 40, 0], [40, 40, 0, 0]]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Paid);
}

#[test]
fn a_capture_without_a_name_takes_the_oldest_authorization_that_covers_it() {
    let order = placed(&[(1, 100)]).and([authorize("a", 40), authorize("b", 60)]);
    assert_eq!(ledgers(&order.clone().and([capture(None)])), [[40, 40, 0, 0], [60, 0, 0, 0]]);
    // More than the oldest covers is money that came some other way.
    let other = order.and([capture(50)]);
    assert_eq!(ledgers(&other), [[40, 0, 0, 0], [60, 0, 0, 0], [50, 50, 0, 0]]);
    // Never more than is due, whatever is authorized.
    other.when(capture_of("b", 60)).rejected("payment.amount_exceeded");
    assert_eq!(ledgers(&other.and([capture_of("b", 50)]))[1], [60, 50, 0, 0]);
}

#[test]
fn no_more_is_captured_than_is_due() {
    let order = placed(&[(1, 100)]);
    order.when(capture(101)).rejected("payment.amount_exceeded");
    let order = order.and([capture_of("cash", 100)]);
    assert_eq!(order.order().payments()[0].id, "cash");
    order.when(capture(1)).rejected("payment.amount_exceeded");
    order.when(capture(None)).rejected("order.nothing_to_do");
}

#[test]
fn amounts_that_move_are_positive_and_in_the_currency_of_the_order() {
    let order = placed(&[(1, 100)]).and([capture(50)]);
    for amount in [0, -1] {
        order.when(capture(amount)).rejected("payment.amount_out_of_range");
        order.when(authorize("a", amount)).rejected("payment.amount_out_of_range");
        order.when(refund(amount)).rejected("payment.amount_out_of_range");
    }
    let euro = Some(Money::new(1, Currency::EUR));
    let command = Command::Capture { id: None, amount: euro, method: None, reference: None };
    order.when(command).rejected("money.currency_mismatch");
}

#[test]
fn every_open_authorization_is_voided_or_the_one_that_is_named() {
    let order = placed(&[(1, 100)]);
    order.when(void(None)).rejected("order.nothing_to_do");
    let order = order.and([authorize("a", 40), authorize("b", 60)]);
    order.when(void(Some("c"))).rejected("order.part_not_found");
    let voided = |id: &str, amount| OrderEvent::PaymentVoided { payment_id: text(id), amount };
    order.when(void(None)).happens([voided("a", gbp(40)), voided("b", gbp(60))]);
    let order = order.when(void(Some("b"))).happens([voided("b", gbp(60))]);
    order.when(void(Some("b"))).rejected("order.nothing_to_do");
    assert_eq!(order.order().payment_status(), PaymentStatus::Authorized);
    assert_eq!(order.and([void(None)]).order().payment_status(), PaymentStatus::Voided);
}

#[test]
fn a_declined_payment_leaves_the_order_to_be_paid_another_way() {
    let order = placed(&[(1, 100)]).and([authorize("a", 100), fail(Some("a"))]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Failed);
    assert_eq!(ledgers(&order), [[100, 0, 100, 0]]);
    order.when(fail(Some("a"))).rejected("order.nothing_to_do");
    order.when(capture_of("a", 100)).rejected("payment.amount_exceeded");
    order.when(void(Some("a"))).rejected("order.nothing_to_do");
    let order = order.and([fail(None), fail(Some("card")), capture(100)]);
    assert_eq!(order.order().payments().len(), 4);
    assert_eq!(order.order().payment_status(), PaymentStatus::Paid);
    order.when(fail(None)).rejected("order.nothing_to_do");
    let part = placed(&[(1, 100)]).and([authorize("a", 100), capture(10)]);
    part.when(fail(Some("a"))).rejected("order.nothing_to_do");
}

#[test]
fn payments_have_names_of_their_own() {
    let order = placed(&[(1, 100)]).and([authorize("2", 10)]);
    order.when(authorize("2", 10)).rejected("order.part_exists");
    let next = Command::Authorize {
        id: None,
        amount: None,
        method: some("card"),
        reference: some("ch_1"),
    };
    // The second payment would be "2", which is taken.
    let order = order.and([next]);
    let payment = &order.order().payments()[1];
    assert_eq!(payment.id, "3");
    assert_eq!((payment.method.as_str(), payment.reference.clone()), ("card", some("ch_1")));
    assert_eq!(order.order().payments()[0].method, "manual");
}

#[test]
fn no_more_is_refunded_than_was_captured() {
    let order = placed(&[(1, 100)]);
    order.when(refund(None)).rejected("order.nothing_to_do");
    let order = order.and([capture(100)]);
    order.when(refund(101)).rejected("payment.amount_exceeded");
    let order = order.and([refund(40)]);
    assert_eq!(order.order().payment_status(), PaymentStatus::PartiallyRefunded);
    assert_eq!(order.order().payments()[0].state(), PaymentState::PartiallyRefunded);
    order.when(refund(61)).rejected("payment.amount_exceeded");
    let order = order.and([refund(None)]);
    assert_eq!(ledgers(&order), [[100, 100, 0, 100]]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Refunded);
    order.when(refund(None)).rejected("order.nothing_to_do");
    assert!(order.order().due().is_zero(), "what went back is not due again");
}

#[test]
fn a_refund_takes_from_the_oldest_payments_in_turn_or_from_the_one_that_is_named() {
    let order = placed(&[(1, 100)]).and([capture(40), capture(60)]);
    let part = |refund: &str, payment: &str, amount| OrderEvent::PaymentRefunded {
        refund_id: text(refund),
        payment_id: text(payment),
        amount: gbp(amount),
        return_id: None,
        reason: None,
    };
    let both = order.when(refund(50)).happens([part("1", "1", 40), part("1", "2", 10)]);
    both.when(refund(5)).happens([part("2", "2", 5)]);
    let of = |payment: &str, amount| Command::Refund {
        id: None,
        payment_id: some(payment),
        amount,
        items: None,
        return_id: None,
        reason: None,
    };
    order.when(of("2", None)).happens([part("1", "2", 60)]);
    order.when(of("1", Some(gbp(41)))).rejected("payment.amount_exceeded");
    order.when(of("9", None)).rejected("order.part_not_found");
}

#[test]
fn a_refund_with_a_name_is_made_once() {
    let named = |name: &str| Command::Refund {
        id: some(name),
        payment_id: None,
        amount: Some(gbp(10)),
        items: None,
        return_id: None,
        reason: None,
    };
    let order =
        placed(&[(1, 100)]).and([capture(4), capture(96), named("x"), refund(10), named("4")]);
    for name in ["x", "2", "4"] {
        let rejection = order.when(named(name)).rejection();
        assert_eq!(rejection, Rejection::Duplicate { what: "refund", id: name.into() });
    }
    // The fourth refund would be "4", which is taken.
    let order = order.and([refund(1)]);
    order.when(named("5")).rejected("order.part_exists");
}

#[test]
fn calling_off_units_of_a_paid_order_leaves_it_overpaid_until_the_rest_went_back() {
    let order = confirmed(&[(2, 100)]).and([capture(200), cancel_items(&[("1", 1)])]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Overpaid);
    assert!(order.order().due().is_zero());
    let order = order.and([refund(100)]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Paid);
    let order = order.and([refund(1)]);
    assert_eq!(order.order().payment_status(), PaymentStatus::PartiallyRefunded);
}

#[test]
fn a_cancelled_order_owes_nothing_and_gives_back_what_it_took() {
    let paid = placed(&[(1, 100)]).and([authorize("a", 100), capture(60), CANCEL]);
    assert_eq!(paid.order().payment_status(), PaymentStatus::Overpaid);
    paid.when(capture(None)).rejected("order.transition_not_allowed");
    let done = paid.and([void(None), refund(None)]);
    assert_eq!(ledgers(&done), [[100, 60, 40, 60]]);
    assert_eq!(done.order().payment_status(), PaymentStatus::Refunded);
}

#[test]
fn a_cancelled_order_that_nobody_paid_is_unpaid_not_paid() {
    assert_eq!(placed(&[(1, 100)]).order().payment_status(), PaymentStatus::Unpaid);
    let order = placed(&[(1, 100)]).and([CANCEL]);
    assert_eq!(order.order().payment_status(), PaymentStatus::Unpaid);
}

#[test]
fn units_are_worth_their_share_of_what_was_paid_for_goods() {
    // 3 × 100 + 1 × 100, a tenth off: 90 a unit; carriage stays with the seller.
    let mut content = content(lines(&[(3, 100), (1, 100)]));
    content.adjustments = named([
        percent_of(order_core::AdjustmentKind::Discount, "10"),
        amount_of(order_core::AdjustmentKind::Shipping, 25),
    ]);
    let order = given([place(content), Command::Confirm, capture(None), ship(None), deliver()]);
    assert_eq!(order.order().totals().total, gbp(385));
    assert_eq!(order.order().worth(&items(&[("1", 2)])), Ok(gbp(180)));
    let part = order.clone().and([refund_items(&[("1", 1), ("2", 1)])]);
    assert_eq!(part.order().refunded(), 180);
    order.when(refund_items(&[("1", 4)])).rejected("order.quantity_exceeded");
    order.when(refund_items(&[("9", 1)])).rejected("order.part_not_found");
    order.when(refund_items(&[])).rejected("order.empty");
    let back = order.and([ask_back(Some(&[("1", 2)])), receive(None, Some(&[("1", 1)]))]);
    assert_eq!(back.clone().and([refund_return("1")]).order().refunded(), 90);
    back.when(refund_return("2")).rejected("order.part_not_found");
}

#[test]
fn what_a_refund_is_for_is_checked_also_where_the_refund_says_how_much() {
    let order = delivered(&[(1, 100)]).and([capture(100)]);
    let refund = |items, back: Option<&str>| Command::Refund {
        id: None,
        payment_id: None,
        amount: Some(gbp(10)),
        items,
        return_id: back.map(text),
        reason: None,
    };
    order.when(refund(None, Some("1"))).rejected("order.part_not_found");
    order.when(refund(Some(items(&[("9", 1)])), None)).rejected("order.part_not_found");
    order.when(refund(Some(items(&[("1", 2)])), None)).rejected("order.quantity_exceeded");
    order.when(refund(Some(items(&[("1", 1)])), None)).taken();
    let asked = order.and([ask_back(None)]);
    let given_back = asked.and([refund(None, Some("1"))]);
    assert_eq!(given_back.order().refunded(), 10, "money may go back before the goods do");
}

#[test]
fn nothing_is_refunded_for_a_return_of_which_nothing_came_or_for_gifts() {
    let order = delivered(&[(1, 100), (1, 0)]).and([capture(100), ask_back(Some(&[("1", 1)]))]);
    order.when(refund_return("1")).rejected("order.nothing_to_do");
    order.when(refund_items(&[("2", 1)])).rejected("order.nothing_to_do");
    assert!(order.order().allowed_actions().contains(Action::Refund));
}

#[test]
fn the_worth_of_lines_adds_up_to_the_goods_to_the_last_penny() {
    // 100 over three lines of equal price: 34, 33 and 33.
    let mut content = content(lines(&[(1, 50), (1, 50), (1, 50)]));
    content.adjustments = named([amount_of(order_core::AdjustmentKind::Discount, 50)]);
    let order = given([place(content)]);
    let worth = |line| order.order().worth(&items(&[(line, 1)])).unwrap().minor();
    assert_eq!(["1", "2", "3"].map(worth), [34, 33, 33]);
    let halves = placed(&[(2, 5)]);
    assert_eq!(halves.order().worth(&items(&[("1", 1)])), Ok(gbp(5)));
}
