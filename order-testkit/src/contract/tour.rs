//! One order on which every kind of event happens, but for its cancellation.

use order_core::{
    Command, Edit, LineQuantity, Operation, OrderEvent, OrderId, PaymentFacts, PaymentRequest,
    Progress, Receipt, Shipping, Units,
};

use super::World;
use crate::sample::{full_order, order, pounds, priced, text};

/// The number of the order that others are asked about: no clause has another of it.
const OUTSIDE: u32 = 9_001;

/// Takes `order-1` through its whole life, cancels `order-2`, and asks others about a third. Placed orders must be confirmed by
/// hand. Gives every receipt, oldest first.
pub(super) async fn take(world: &World) -> Vec<Receipt> {
    let mut new = full_order(1);
    new.items =
        vec![priced("thing", 5, "10.00"), priced("other", 2, "3.33"), priced("third", 1, "0.05")];
    new.draft = true;
    let drafted = world.place(new).await;
    let id = drafted.order.id().clone();
    let mut receipts = vec![drafted];
    for command in before_shipping().into_iter().chain(after_shipping()) {
        receipts.push(world.run(&id, command).await);
    }
    let other = world.place(order(2)).await;
    let cancel = Command::Cancel { reason: Some(text("changed my mind\n\tfor good")) };
    let cancelled = world.run(other.order.id(), cancel).await;
    let erased = world.run(other.order.id(), Command::Erase).await;
    receipts.extend([other, cancelled, erased]);
    let outside = world.place(order(OUTSIDE)).await;
    let id = outside.order.id().clone();
    receipts.push(outside);
    for command in outside_commands(&id) {
        receipts.push(world.run(&id, command).await);
    }
    check_complete(&receipts);
    receipts
}

/// Takes no kind of event for granted: a new one must be added to the tour.
fn check_complete(receipts: &[Receipt]) {
    let happened: Vec<_> =
        receipts.iter().flat_map(|receipt| &receipt.events).map(|e| e.event.name()).collect();
    for name in OrderEvent::NAMES {
        assert!(happened.contains(name), "the tour has no {name}");
    }
}

/// What happened to one order.
pub(super) fn events_of(receipts: &[Receipt], id: &OrderId) -> Vec<order_core::Recorded> {
    let own = receipts.iter().filter(|receipt| receipt.order.id() == id);
    own.flat_map(|receipt| receipt.events.clone()).collect()
}

fn units(line: &str, quantity: u32) -> LineQuantity {
    LineQuantity { line_id: text(line), quantity }
}

fn before_shipping() -> Vec<Command> {
    let reason = Some(text("to be checked — \"twice\""));
    vec![
        Command::Edit(Edit {
            tags: Some(vec![text("new tag")]),
            metadata: Some([("k".to_owned(), String::new())].into()),
            country: Some(text("Österreich")),
            ..Edit::default()
        }),
        Command::Place { content: None, person: None },
        Command::Hold { reason: reason.clone() },
        Command::Release,
        Command::Confirm,
        Command::Process,
        Command::CancelItems { items: vec![units("3", 1)], reason: reason.clone() },
        Command::FailPayment {
            id: Some(text("declined")),
            method: Some(text("card")),
            reason: reason.clone(),
        },
        Command::Authorize {
            id: Some(text("first")),
            amount: Some(pounds("20.00")),
            method: Some(text("card")),
            reference: Some(text("pi_123/456")),
        },
        Command::Capture {
            id: Some(text("first")),
            amount: Some(pounds("15.00")),
            method: None,
            reference: None,
        },
        Command::Void { id: None },
        Command::Capture { id: None, amount: None, method: None, reference: None },
    ]
}

/// What a provider and an inventory are asked, and what they answer.
fn outside_commands(id: &OrderId) -> Vec<Command> {
    let reason = || Some(text("„no“ — and no again"));
    let request = |operation, payment: Option<&str>, amount: &str| {
        Progress::Request(PaymentRequest {
            operation,
            payment_id: payment.map(text),
            amount: pounds(amount),
            refund_id: None,
            return_id: None,
            reason: reason(),
        })
    };
    let nothing = PaymentFacts::nothing(id.clone(), text("1"), pounds("0.00"));
    let authorized =
        PaymentFacts { authorized: pounds("20.00"), reference: Some(text("pi_9/ä")), ..nothing };
    let disputed =
        PaymentFacts { captured: pounds("20.00"), disputed: pounds("20.00"), ..authorized.clone() };
    let refused = Progress::Refused {
        operation: Operation::Void,
        payment_id: text("1"),
        refund_id: None,
        reason: reason(),
    };
    let units = vec![Units { product_id: text(&format!("thing-{OUTSIDE}")), quantity: 2 }];
    let all = [
        Progress::Hold(units.clone()),
        Progress::Short { reason: reason() },
        Progress::Hold(units),
        Progress::Held,
        request(Operation::Authorize, None, "20.00"),
        Progress::Facts(authorized),
        request(Operation::Void, Some("1"), "20.00"),
        refused,
        Progress::Stall { code: text("payment.request_refused"), detail: reason() },
        Progress::Resume,
        Progress::Facts(disputed),
        Progress::Close,
    ];
    all.map(Command::Advance).into()
}

fn after_shipping() -> Vec<Command> {
    let shipping = |id: &str, items| {
        Command::Ship(Shipping {
            id: Some(text(id)),
            items,
            carrier: Some(text("Pöst")),
            tracking_number: Some(text(&format!("1Z-{id}"))),
        })
    };
    vec![
        shipping("parcel-a", Some(vec![units("1", 2)])),
        shipping("parcel-b", None),
        Command::Deliver { shipment_id: Some(text("parcel-b")) },
        Command::Deliver { shipment_id: None },
        Command::Complete,
        Command::Archive,
        Command::Unarchive,
        Command::RequestReturn {
            id: Some(text("back")),
            items: Some(vec![units("1", 2), units("2", 1)]),
            reason: Some(text("too big")),
        },
        Command::ReceiveReturn { id: None, items: Some(vec![units("1", 1)]), restock: true },
        Command::RejectReturn { id: None, reason: Some(text("worn")) },
        Command::Refund {
            id: Some(text("money back")),
            payment_id: None,
            amount: Some(pounds("17.00")),
            items: None,
            return_id: Some(text("back")),
            reason: Some(text("one came back")),
        },
        Command::Note { id: text("n1"), text: "Called.\nWill call again 📞 'quoted'".to_owned() },
    ]
}
