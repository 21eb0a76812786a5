#![allow(warnings)]
use order_core::*;
use std::{sync::Arc, time::Instant, hint::black_box};
fn t<T: std::str::FromStr<Err: std::fmt::Debug>>(s: &str) -> T { s.parse().unwrap() }
fn rec(v: u64, e: OrderEvent, id: &OrderId, a: &Actor) -> Recorded { Recorded { id: EventId { order_id: id.clone(), version: v, ordinal: 0 }, at: Timestamp::from_millis(v as i64), actor: a.clone(), event: e } }
fn best(name: &str, mut f: impl FnMut()) { let mut b = f64::MAX; for _ in 0..300 { let s = Instant::now(); for _ in 0..1000 { f() } b = b.min(s.elapsed().as_nanos() as f64 / 1000.0); } eprintln!("{name}: {b:.1} ns"); }
#[test]
fn perf() {
    let line = |i: &str| Line::new(t(i), t("p"), t("a thing"), 2, Money::new(1000, Currency::EUR));
    let content = Arc::new(Content { number: t("N"), customer_id: Some(t("c")), currency: Currency::EUR, country: Some(t("DE")), lines: vec![line("1"), line("2"), line("3")], adjustments: vec![], tags: vec![], metadata: Default::default() });
    let cmd = Command::Place { content: Some(content.clone()), person: None };
    let (id, a): (OrderId, Actor) = (t("order-1"), t("me"));
    best("clone command content", || { black_box((*content).clone()); });
    best("decide place", || { black_box(decide(None, black_box(&cmd)).unwrap()); });
    let ev = decide(None, &cmd).unwrap().pop().unwrap();
    let r = rec(1, ev, &id, &a);
    best("evolve place", || { black_box(evolve(None, black_box(&r)).unwrap()); });
    best("decide+evolve place", || { let e = decide(None, black_box(&cmd)).unwrap().pop().unwrap(); black_box(evolve(None, &rec(1, e, &id, &a)).unwrap()); });
    let order = evolve(None, &r).unwrap();
    best("decide confirm", || { black_box(decide(Some(black_box(&order)), &Command::Confirm).unwrap()); });
    let rc = rec(2, OrderEvent::Confirmed {}, &id, &a);
    best("clone order", || { black_box(order.clone()); });
    best("clone+evolve confirm", || { black_box(evolve(Some(order.clone()), black_box(&rc)).unwrap()); });
    let confirmed = evolve(Some(order.clone()), &rc).unwrap();
    best("decide ship", || { black_box(decide(Some(black_box(&confirmed)), &Command::Ship(Shipping::default())).unwrap()); });
    best("rejected ship", || { black_box(decide(Some(black_box(&order)), &Command::Ship(Shipping::default())).unwrap_err()); });
    best("allowed", || { black_box(black_box(&confirmed).allowed_actions()); });
    best("status", || { black_box(black_box(&confirmed).status()); });
    best("cap", || { black_box(decide(Some(black_box(&confirmed)), &Command::Capture{id:None,amount:None,method:None,reference:None}).unwrap()); });
    eprintln!("Order {} Line {} Event {} Command {}", size_of::<Order>(), size_of::<Line>(), size_of::<OrderEvent>(), size_of::<Command>());
}
