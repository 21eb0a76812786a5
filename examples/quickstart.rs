//! An order's life in memory: place, ship, deliver, pay, complete.
use order_core::{Command, ItemInput, Meta, NewOrder, OrderService, Orders, Principal, Shipping};
use order_core::{memory::InMemoryStore, ports::SystemClock};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let orders = OrderService::new(InMemoryStore::default(), SystemClock, uuid::Uuid::now_v7);
    let me = Principal::admin("quickstart".try_into()?);
    let tea = ItemInput {
        product_id: "tea".try_into()?,
        quantity: 3,
        unit_price: Some("4.95".to_owned()),
        name: None,
        line_id: None,
    };
    let placed = NewOrder { items: vec![tea], ..NewOrder::default() };
    let order = orders.place(&me, placed, Meta::default()).await?.order;
    println!("{}: {} for {}", order.number(), order.status(), order.totals().total);
    let pay = Command::Capture { id: None, amount: None, method: None, reference: None };
    let arrive = Command::Deliver { shipment_id: None };
    for step in [Command::Ship(Shipping::default()), arrive, pay, Command::Complete] {
        let order = orders.execute(&me, order.id().as_str(), step, Meta::default()).await?.order;
        println!("{} and {}, {} due", order.status(), order.payment_status(), order.due());
    }
    Ok(())
}
