//! The way of the goods: hold, cancel, ship, deliver, complete, archive, send back.

use order_core::{Action, Command, OrderEvent, Rejection, ReturnStatus, Shipping, Status};

use crate::given::*;

#[test]
fn a_parcel_takes_what_is_named_or_all_that_is_left() {
    let order = confirmed(&[(3, 100), (2, 50)]);
    let order = order.and([ship(Some(&[("1", 2)]))]);
    assert_eq!(order.order().status(), Status::PartiallyShipped);
    let order = order.when(ship(None)).happens([OrderEvent::Shipped {
        shipment_id: text("2"),
        items: items(&[("1", 1), ("2", 2)]),
        carrier: None,
        tracking_number: None,
    }]);
    assert_eq!(order.order().status(), Status::Shipped);
    order.when(ship(None)).rejected("order.transition_not_allowed");
}

#[test]
fn units_named_twice_are_one_parcel_of_their_sum() {
    let order = confirmed(&[(3, 100)]);
    let twice: &[(&str, u32)] = &[("1", 1), ("1", 2)];
    assert_eq!(order.clone().and([ship(Some(twice))]).ledger("1"), [0, 3, 0, 0, 0]);
    let rejection = order.when(ship(Some(&[("1", 2), ("1", 2)]))).rejection();
    let line = "1".into();
    assert_eq!(
        rejection,
        Rejection::QuantityExceeded { action: Action::Ship, line, available: 3, asked: 4 }
    );
}

#[test]
fn no_more_is_shipped_than_is_there_and_exactly_that_is() {
    let order = confirmed(&[(3, 100)]).and([cancel_items(&[("1", 1)])]);
    order.when(ship(Some(&[("1", 3)]))).rejected("order.quantity_exceeded");
    let order = order.and([ship(Some(&[("1", 2)]))]);
    assert_eq!(order.order().status(), Status::Shipped);
}

#[test]
fn a_parcel_carries_its_carrier_and_number_and_keeps_its_name() {
    let shipping = Shipping {
        id: some("2"),
        items: Some(items(&[("1", 1)])),
        carrier: some("DHL"),
        tracking_number: some("JD0001"),
    };
    let order = confirmed(&[(3, 100)]).and([Command::Ship(shipping.clone())]);
    let parcel = &order.order().shipments()[0];
    assert_eq!(
        (parcel.carrier.clone(), parcel.tracking_number.clone()),
        (some("DHL"), some("JD0001"))
    );
    order.when(Command::Ship(shipping)).rejected("order.part_exists");
    // The second parcel would be "2", which is taken.
    let order = order.and([ship(Some(&[("1", 1)]))]);
    assert_eq!(order.order().shipments()[1].id, "3");
}

#[test]
fn each_parcel_arrives_once_and_all_of_them_arrive_if_none_is_named() {
    let order = confirmed(&[(3, 100)]);
    order.when(deliver()).rejected("order.transition_not_allowed");
    let order = order.and([ship(Some(&[("1", 1)])), ship_as("x", Some(&[("1", 1)])), ship(None)]);
    let by_name = |name: &str| Command::Deliver { shipment_id: some(name) };
    order.when(by_name("y")).rejected("order.part_not_found");
    let order = order.and([by_name("x")]);
    assert_eq!(order.ledger("1"), [0, 3, 1, 0, 0]);
    order.when(by_name("x")).rejected("order.nothing_to_do");
    let arrived = |name: &str| OrderEvent::Delivered { shipment_id: text(name) };
    let order = order.when(deliver()).happens([arrived("1"), arrived("3")]);
    assert_eq!((order.ledger("1"), order.order().status()), ([0, 3, 3, 0, 0], Status::Delivered));
}

#[test]
fn nothing_arrives_while_no_parcel_is_on_its_way() {
    let order = confirmed(&[(2, 100)]).and([ship(Some(&[("1", 1)])), deliver()]);
    order.when(deliver()).rejected("order.nothing_to_do");
    assert!(!order.order().allowed_actions().contains(Action::Deliver));
}

#[test]
fn calling_off_some_units_keeps_the_rest_and_calling_off_all_cancels() {
    let order = confirmed(&[(2, 100), (1, 50)]);
    let some_units = order
        .when(cancel_items(&[("1", 1)]))
        .happens([OrderEvent::ItemsCancelled { items: items(&[("1", 1)]), reason: None }]);
    assert_eq!(some_units.order().totals().total, gbp(150));
    assert_eq!(some_units.order().status(), Status::Confirmed);
    let rest = [("1", 1), ("2", 1)];
    let all =
        some_units.when(cancel_items(&rest)).happens([OrderEvent::Cancelled { reason: None }]);
    assert_eq!(all.order().status(), Status::Cancelled);
    some_units.when(cancel_items(&[("1", 2)])).rejected("order.quantity_exceeded");
    some_units.when(cancel_items(&[])).rejected("order.empty");
    some_units.when(cancel_items(&[("9", 1)])).rejected("order.part_not_found");
}

#[test]
fn calling_off_the_rest_of_a_shipped_order_ends_where_the_parcels_are() {
    let order = confirmed(&[(2, 100)]).and([ship(Some(&[("1", 1)]))]);
    order.when(CANCEL).rejected("order.transition_not_allowed");
    let shipped = order.clone().and([cancel_items(&[("1", 1)])]);
    assert_eq!(shipped.order().status(), Status::Shipped);
    let arrived = order.and([deliver(), cancel_items(&[("1", 1)])]);
    assert_eq!(arrived.order().status(), Status::Delivered);
    let back = confirmed(&[(2, 100)]).and([
        ship(Some(&[("1", 1)])),
        deliver(),
        ask_back(None),
        receive(None, None),
        cancel_items(&[("1", 1)]),
    ]);
    assert_eq!(back.order().status(), Status::Returned);
}

#[test]
fn a_held_order_does_not_go_on_until_it_is_released() {
    let reason = some("address unclear");
    let order = confirmed(&[(2, 100)]).and([Command::Hold { reason: reason.clone() }]);
    assert!(order.order().on_hold());
    assert_eq!(order.order().reason(), reason.as_ref());
    for command in [ship(None), Command::Process, HOLD] {
        order.when(command).rejected("order.on_hold");
    }
    order.when(capture(10)).taken();
    order.when(note("called")).taken();
    let released = order.clone().and([Command::Release]);
    assert!(!released.order().on_hold() && released.order().reason().is_none());
    released.when(Command::Release).rejected("order.nothing_to_do");
    released.when(ship(None)).taken();
    let cancelled = order.and([CANCEL]);
    assert!(!cancelled.order().on_hold(), "what is called off is no longer held");
}

#[test]
fn a_parcel_arrives_also_while_the_order_is_held() {
    let order = confirmed(&[(2, 100)]).and([ship(None), HOLD, deliver()]);
    assert_eq!(order.order().status(), Status::Delivered);
    order.when(Command::Complete).rejected("order.on_hold");
}

#[test]
fn only_a_delivered_and_paid_order_is_completed() {
    confirmed(&[(1, 100)])
        .and([ship(None)])
        .when(Command::Complete)
        .rejected("order.transition_not_allowed");
    let order = delivered(&[(1, 100)]).and([capture(99)]);
    assert_eq!(order.when(Command::Complete).rejection(), Rejection::PaymentDue { due: gbp(1) });
    assert!(!order.order().allowed_actions().contains(Action::Complete));
    let order = order.and([capture(1), Command::Complete]);
    assert_eq!(order.order().status(), Status::Completed);
}

#[test]
fn a_free_order_needs_no_payment() {
    let order = delivered(&[(1, 0)]);
    assert_eq!(order.order().payment_status(), order_core::PaymentStatus::Paid);
    order.when(capture(None)).rejected("order.nothing_to_do");
    order.when(capture(1)).rejected("payment.amount_exceeded");
    assert_eq!(order.and([Command::Complete]).order().status(), Status::Completed);
}

#[test]
fn an_archived_order_takes_nothing_but_a_note_until_it_is_taken_out() {
    let done = delivered(&[(1, 100)]).and([capture(None), Command::Complete]);
    done.when(Command::Unarchive).rejected("order.nothing_to_do");
    let archived = done.and([Command::Archive]);
    for command in [Command::Archive, refund(None), ask_back(None)] {
        archived.when(command).rejected("order.archived");
    }
    let archived = archived.and([note("kept")]);
    let out = archived.and([Command::Unarchive]);
    assert!(out.order().archived_at().is_none());
    out.when(refund(None)).taken();
    delivered(&[(1, 100)]).when(Command::Archive).rejected("order.transition_not_allowed");
}

#[test]
fn only_what_arrived_and_is_not_asked_back_yet_can_be_asked_back() {
    let order = confirmed(&[(3, 100)]).and([ship(Some(&[("1", 2)])), deliver()]);
    order.when(ask_back(Some(&[("1", 3)]))).rejected("order.quantity_exceeded");
    let order = order.and([ask_back(Some(&[("1", 1)]))]);
    order.when(ask_back(Some(&[("1", 2)]))).rejected("order.quantity_exceeded");
    assert_eq!(order.order().return_status(), ReturnStatus::Requested);
    let order = order.and([ask_back(None)]);
    assert_eq!(order.ledger("1"), [0, 2, 2, 2, 0]);
    order.when(ask_back(None)).rejected("order.nothing_to_do");
    confirmed(&[(1, 100)]).when(ask_back(None)).rejected("order.transition_not_allowed");
    confirmed(&[(1, 100)]).and([ship(None)]).when(ask_back(None)).rejected("order.nothing_to_do");
}

#[test]
fn a_return_comes_back_in_parts_and_what_is_refused_can_be_asked_back_again() {
    let order = delivered(&[(3, 100)]).and([ask_back(None)]);
    let order = order.and([receive(None, Some(&[("1", 1)]))]);
    assert_eq!(order.ledger("1"), [0, 3, 3, 2, 1]);
    assert_eq!(order.order().return_status(), ReturnStatus::PartiallyReturned);
    order.when(receive(None, Some(&[("1", 3)]))).rejected("order.quantity_exceeded");
    let refused = order.clone().and([reject(None)]);
    assert_eq!(refused.ledger("1"), [0, 3, 3, 0, 1]);
    refused.when(reject(None)).rejected("order.nothing_to_do");
    refused.when(receive(Some("1"), None)).rejected("order.nothing_to_do");
    assert_eq!(refused.and([ask_back(None)]).ledger("1"), [0, 3, 3, 2, 1]);
    let back = order.and([receive(None, None)]);
    assert_eq!(back.order().status(), Status::Returned);
    back.when(receive(Some("1"), None)).rejected("order.transition_not_allowed");
}

#[test]
fn of_several_open_returns_one_must_be_named() {
    let order = delivered(&[(3, 100)]);
    let order = order.and([ask_back(Some(&[("1", 1)])), ask_back(Some(&[("1", 1)]))]);
    for command in [receive(None, None), reject(None)] {
        order.when(command).rejected("order.nothing_to_do");
    }
    order.when(receive(Some("9"), None)).rejected("order.part_not_found");
    order.when(reject(Some("9"))).rejected("order.part_not_found");
    let order = order.and([receive(Some("2"), None), receive(None, None)]);
    assert_eq!(order.ledger("1"), [0, 3, 3, 0, 2]);
    let again = Command::RequestReturn { id: some("1"), items: None, reason: None };
    order.when(again).rejected("order.part_exists");
}

#[test]
fn a_return_takes_only_the_lines_that_it_asked_for() {
    let order = delivered(&[(1, 100), (1, 50)]).and([ask_back(Some(&[("1", 1)]))]);
    order.when(receive(None, Some(&[("2", 1)]))).rejected("order.quantity_exceeded");
}
