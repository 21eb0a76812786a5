//! Reports add up.

use order_core::{
    Command, CreditNote, Currency, NewOrder, Shipping,
    ports::{StatsBy, StatsQuery, StatsRow},
};

use super::{Fixture, World};
use crate::sample::{credit_note, draft, order, pounds, priced, text, time};

fn row(key: &str, orders: u64, sales: i64, refunds: i64, credits: i64) -> StatsRow {
    StatsRow {
        key: key.to_owned(),
        currency: Currency::GBP,
        orders,
        sales_minor: sales,
        refunds_minor: refunds,
        credits_minor: credits,
    }
}

async fn stats(world: &World, by: StatsBy) -> Vec<StatsRow> {
    world.store.stats(&StatsQuery { by, ..StatsQuery::default() }).await.unwrap()
}

/// Places order `n` at a time, for so many pounds and a country.
async fn place_at(world: &World, n: u32, at: &str, price: &str, country: Option<&str>) {
    world.clock.set(time(at).plus_millis(-1_000));
    let items = vec![priced("thing", 1, price)];
    let country = country.map(text);
    world.place(NewOrder { items, country, ..order(n) }).await;
}

async fn refund_at(world: &World, n: u32, at: &str, amount: &str) {
    world.clock.set(time(at).plus_millis(-2_000));
    let id = text(&format!("order-{n}"));
    let amount = Some(pounds(amount));
    world.run(&id, Command::Capture { id: None, amount, method: None, reference: None }).await;
    let (payment_id, items, return_id, reason) = (None, None, None, None);
    let refund = Command::Refund { id: None, payment_id, amount, items, return_id, reason };
    world.run(&id, refund).await;
}

fn note_in(id: &str, pence: i64, country: Option<&str>, at: &str) -> CreditNote {
    CreditNote { country: country.map(text), issued_at: time(at), ..credit_note(id, pence) }
}

/// Orders of two months and countries, a refund in a third month, credit notes, a draft and a
/// cancelled order whose money went back.
async fn fill(world: &World) {
    place_at(world, 1, "2011-01-31T23:59:59.999Z", "10.00", Some("France")).await;
    place_at(world, 2, "2011-02-01T00:00:00Z", "20.00", Some("France")).await;
    place_at(world, 3, "2011-02-28T12:00:00Z", "5.50", None).await;
    place_at(world, 4, "2011-02-28T13:00:00Z", "99.00", Some("Spain")).await;
    refund_at(world, 4, "2011-02-28T14:00:00Z", "7.00").await;
    world.run(&text("order-4"), Command::Cancel { reason: None }).await;
    world.place(draft(5)).await;
    refund_at(world, 1, "2011-03-05T00:00:00Z", "4.00").await;
    refund_at(world, 2, "2011-02-03T00:00:00Z", "1.00").await;
    let notes = [
        note_in("a", 150, Some("Spain"), "2011-02-10T00:00:00Z"),
        note_in("b", 50, None, "2011-04-01T00:00:00Z"),
    ];
    for note in notes {
        assert!(world.store.issue(&note).await.unwrap());
    }
}

/// A report of nothing has no rows.
pub async fn c130_a_report_of_nothing_has_no_rows(fixture: Fixture) {
    let world = World::over(fixture);
    for by in [StatsBy::Month, StatsBy::Country, StatsBy::Status] {
        assert_eq!(stats(&world, by).await, []);
    }
}

/// By month, orders count when they were placed, refunds when the money went back, credit notes when
/// they were issued; drafts and cancelled orders do not count.
pub async fn c131_a_report_by_month_counts_when_it_happened(fixture: Fixture) {
    let world = World::over(fixture);
    fill(&world).await;
    let expected = [
        row("2011-01", 1, 1_000, 0, 0),
        row("2011-02", 2, 2_550, 100, -150),
        row("2011-03", 0, 0, 400, 0),
        row("2011-04", 0, 0, 0, -50),
    ];
    assert_eq!(stats(&world, StatsBy::Month).await, expected);
}

/// By country, what names none counts under the empty key.
pub async fn c132_a_report_by_country_counts_where_it_was_sold(fixture: Fixture) {
    let world = World::over(fixture);
    fill(&world).await;
    let expected =
        [row("", 1, 550, 0, -50), row("France", 2, 3_000, 500, 0), row("Spain", 0, 0, 0, -150)];
    assert_eq!(stats(&world, StatsBy::Country).await, expected);
}

/// By status, every order counts, also drafts and cancelled ones, and credit notes have a key of
/// their own.
pub async fn c133_a_report_by_status_counts_every_order(fixture: Fixture) {
    let world = World::over(fixture);
    fill(&world).await;
    let expected = [
        row("cancelled", 1, 9_900, 700, 0),
        row("confirmed", 3, 3_550, 500, 0),
        row("credit_note", 0, 0, 0, -200),
        row("draft", 1, 2_000, 0, 0),
    ];
    assert_eq!(stats(&world, StatsBy::Status).await, expected);
    world.run(&text("order-3"), Command::Ship(Shipping::default())).await;
    let shipped = stats(&world, StatsBy::Status).await;
    assert_eq!(
        shipped[1..],
        [
            row("confirmed", 2, 3_000, 500, 0),
            row("credit_note", 0, 0, 0, -200),
            row("draft", 1, 2_000, 0, 0),
            row("shipped", 1, 550, 0, 0),
        ]
    );
}

/// A report covers a time from its beginning on and before its end: of orders, refunds and credit
/// notes, each by its own time.
pub async fn c134_a_report_covers_a_time(fixture: Fixture) {
    let world = World::over(fixture);
    fill(&world).await;
    let between =
        |by, from: &str, to: &str| StatsQuery { by, from: Some(time(from)), to: Some(time(to)) };
    let february = between(StatsBy::Month, "2011-02-01T00:00:00Z", "2011-03-01T00:00:00Z");
    let rows = world.store.stats(&february).await.unwrap();
    assert_eq!(rows, [row("2011-02", 2, 2_550, 100, -150)]);
    let march = between(StatsBy::Country, "2011-03-05T00:00:00Z", "2011-04-01T00:00:00Z");
    let rows = world.store.stats(&march).await.unwrap();
    assert_eq!(rows, [row("France", 0, 0, 400, 0)]);
    let before_refund = StatsQuery { to: Some(time("2011-03-05T00:00:00Z")), ..march };
    assert_eq!(world.store.stats(&before_refund).await.unwrap(), []);
    let open = StatsQuery { from: Some(time("2011-03-01T00:00:00Z")), ..StatsQuery::default() };
    let rows = world.store.stats(&open).await.unwrap();
    assert_eq!(rows, [row("2011-03", 0, 0, 400, 0), row("2011-04", 0, 0, 0, -50)]);
}

/// Each currency has rows of its own, sorted by key and then by currency.
pub async fn c135_currencies_are_never_added_up(fixture: Fixture) {
    let world = World::over(fixture);
    for (n, currency) in [Currency::USD, Currency::EUR, Currency::JPY].into_iter().enumerate() {
        let id = Some(text(&format!("o{n}")));
        let items = vec![priced("thing", 1, "300")];
        let currency = Some(currency);
        world.place(NewOrder { id, items, currency, ..order(1) }).await;
    }
    let rows = stats(&world, StatsBy::Month).await;
    let brief: Vec<_> = rows.iter().map(|row| (row.currency, row.sales_minor)).collect();
    let expected = [(Currency::EUR, 30_000), (Currency::JPY, 300), (Currency::USD, 30_000)];
    assert_eq!(brief, expected);
}

/// A total counts as it is now, after edits and cancelled units, and every part of a refund counts.
pub async fn c136_a_report_counts_what_is_now(fixture: Fixture) {
    let world = World::over(fixture);
    let id = world.place(order(1)).await.order.id().clone();
    for amount in ["5.00", "10.00"] {
        let name = Some(text(&format!("payment of {amount}")));
        let amount = Some(pounds(amount));
        world.run(&id, Command::Capture { id: name, amount, method: None, reference: None }).await;
    }
    let (payment_id, items, return_id, reason) = (None, None, None, None);
    let amount = Some(pounds("12.00"));
    let refund = Command::Refund { id: None, payment_id, amount, items, return_id, reason };
    let refunded = world.run(&id, refund).await;
    assert_eq!(refunded.events.len(), 2, "the refund takes from both payments");
    let items = vec![order_core::LineQuantity { line_id: text("1"), quantity: 1 }];
    world.run(&id, Command::CancelItems { items, reason: None }).await;
    assert_eq!(stats(&world, StatsBy::Month).await, [row("2025-01", 1, 1_000, 1_200, 0)]);
}
