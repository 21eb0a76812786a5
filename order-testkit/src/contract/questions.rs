//! Questions about figures are answered to the last event, each by what happened when.

use order_core::{
    Analytics, Command, CreditNote, ErrorKind, FulfillmentStatus, FunnelQuery, NewOrder, Principal,
    Ranked, RankingQuery, RevenueQuery, ServiceError, Shipping, Spread, Status,
    analytics::{Figures, Period},
    ports::RankBy,
};

use super::{Fixture, World, figures::sales};
use crate::sample::{credit_note, draft, order, pounds, priced, text, time};

async fn place_at(world: &World, n: u32, at: &str, price: &str, country: &str) {
    world.clock.set(time(at).plus_millis(-1_000));
    let items = vec![priced("thing", 2, price)];
    world.place(NewOrder { items, country: Some(text(country)), ..order(n) }).await;
}

fn period(from: &str, to: &str) -> Period {
    Period { from: time(from), to: time(to) }
}

/// An order counts when it was placed, with what it comes to now; a refund when the money went back, a
/// credit note when it was issued; and what is asked is up to date.
pub async fn c293_what_counts_counts_when_it_happened(fixture: Fixture) {
    let world = World::over(fixture);
    place_at(&world, 1, "2025-03-30T23:59:59.999Z", "10.00", "France").await;
    place_at(&world, 2, "2025-03-31T00:00:00Z", "5.00", "Spain").await;
    place_at(&world, 3, "2025-03-31T21:59:59Z", "1.00", "Spain").await;
    place_at(&world, 4, "2025-03-31T22:00:00Z", "7.00", "Spain").await;
    world.place(draft(5)).await;
    world.clock.set(time("2025-04-02T08:00:00Z"));
    let capture = Command::Capture { id: None, amount: None, method: None, reference: None };
    let refund = Command::Refund {
        id: None,
        payment_id: None,
        amount: Some(pounds("3.00")),
        items: None,
        return_id: None,
        reason: None,
    };
    for (n, command) in [(1, capture.clone()), (1, refund.clone()), (4, capture), (4, refund)] {
        world.run(&text(&format!("order-{n}")), command).await;
    }
    world.run(&text("order-4"), Command::Cancel { reason: None }).await;
    let note = CreditNote { issued_at: time("2025-04-03T00:00:00Z"), ..credit_note("n", 50) };
    world.store.issue(&note).await.unwrap();
    // The days of Berlin, which puts its clocks forward between the first two.
    let periods = vec![
        period("2025-03-29T23:00:00Z", "2025-03-30T22:00:00Z"),
        period("2025-03-30T22:00:00Z", "2025-03-31T22:00:00Z"),
        period("2025-03-31T22:00:00Z", "2025-04-30T22:00:00Z"),
    ];
    let asked = RevenueQuery { periods: periods.clone(), currency: None };
    let revenue = world.orders.revenue(&world.admin, asked).await.unwrap();
    let april = Figures {
        cancelled_orders: 1,
        cancelled: 1_400,
        refunds: 300,
        notes: 1,
        credits: -50,
        ..Figures::default()
    };
    let rows: Vec<_> = revenue.rows.iter().map(|row| (row.period, row.figures)).collect();
    let expected = [Figures::default(), sales(3, 6, 3_200), april];
    assert_eq!(rows, periods.into_iter().zip(expected).collect::<Vec<_>>());
    assert_eq!((april.net(), april.gross()), (-350, 1_400));
    assert_eq!(revenue.standing.behind, 0);
    let countries = RankingQuery {
        of: Ranked::Countries,
        period: Period::ALWAYS,
        currency: None,
        by: RankBy::Sales,
        limit: 10,
    };
    let ranking = world.orders.ranking(&world.admin, countries.clone()).await.unwrap();
    let keys: Vec<_> =
        ranking.rows.iter().map(|row| (row.key.as_str(), row.figures.net())).collect();
    assert_eq!(keys, [("France", 1_700), ("Spain", 1_200), ("", -50)]);
    let products = RankingQuery { of: Ranked::Products, limit: 1, ..countries };
    let ranking = world.orders.ranking(&world.admin, products).await.unwrap();
    let thing = Figures { cancelled_orders: 1, cancelled: 1_400, ..sales(3, 6, 3_200) };
    assert_eq!(ranking.rows[0].figures, thing);
}

/// A funnel says which status orders have now, and how long they took; what was placed and shipped in one
/// commit took no known time.
pub async fn c294_a_funnel_says_what_became_of_orders(fixture: Fixture) {
    let world = World::over(fixture);
    for n in 1..=4 {
        place_at(&world, n, "2025-03-01T12:00:00Z", "10.00", "Spain").await;
    }
    for (n, hours) in [(1, 1), (2, 2), (3, 10)] {
        world.clock.set(time("2025-03-01T12:00:00Z").plus_millis(hours * 3_600_000 - 1_000));
        world.run(&text(&format!("order-{n}")), Command::Ship(Shipping::default())).await;
    }
    world.clock.set(time("2025-03-03T11:59:59Z"));
    let delivered = world.run(&text("order-1"), Command::Deliver { shipment_id: None }).await;
    assert_eq!(delivered.order.fulfillment_status(), FulfillmentStatus::Delivered);
    world.run(&text("order-4"), Command::Cancel { reason: None }).await;
    let asked = FunnelQuery {
        period: period("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z"),
        currency: None,
    };
    let funnel = world.orders.funnel(&world.admin, asked).await.unwrap();
    let counted: Vec<_> = funnel.statuses.iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(counted, [&(Status::Shipped, 2), &(Status::Delivered, 1), &(Status::Cancelled, 1)]);
    assert!(!funnel.statuses.iter().any(|(status, _)| *status == Status::Draft));
    let near = |seconds: u64, spread: Option<u64>| {
        let off = spread.unwrap().abs_diff(seconds);
        assert!(off * 100 <= seconds * 4, "{spread:?} is not {seconds}");
    };
    assert_eq!((funnel.shipped.orders, funnel.shipped.mean), (3, Some(13 * 3_600 / 3)));
    near(2 * 3_600, funnel.shipped.p50);
    near(10 * 3_600, funnel.shipped.p90);
    assert_eq!((funnel.delivered.orders, funnel.delivered.mean), (1, Some(48 * 3_600)));
    let later =
        FunnelQuery { period: period("2025-03-02T00:00:00Z", "2025-03-05T00:00:00Z"), ..asked };
    let funnel = world.orders.funnel(&world.admin, later).await.unwrap();
    assert!(funnel.statuses.iter().all(|(_, count)| *count == 0));
    assert_eq!((funnel.shipped, funnel.delivered), (Spread::default(), Spread::default()));
}

/// What cannot be answered is refused by name, and customers are not answered at all.
pub async fn c295_what_cannot_be_answered_is_refused(fixture: Fixture) {
    let world = World::over(fixture);
    let day = period("2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z");
    let empty = Period { from: day.to, to: day.to };
    let code = |error: ServiceError| error.code();
    let revenue = async |periods| {
        let asked = RevenueQuery { periods, currency: None };
        world.orders.revenue(&world.admin, asked).await.map(|_| ()).map_err(code)
    };
    assert_eq!(revenue(vec![day; 1_000]).await, Ok(()));
    assert_eq!(revenue(vec![day; 1_001]).await, Err("analytics.too_many_periods"));
    assert_eq!(revenue(vec![day, empty]).await, Err("analytics.period_empty"));
    let ask = |limit, period| RankingQuery {
        of: Ranked::Products,
        period,
        currency: None,
        by: RankBy::Sales,
        limit,
    };
    for (asked, expected) in [
        (ask(0, day), "page.limit_out_of_range"),
        (ask(1_001, day), "page.limit_out_of_range"),
        (ask(1, empty), "analytics.period_empty"),
    ] {
        let refused = world.orders.ranking(&world.admin, asked).await;
        assert_eq!(refused.map(|_| ()).map_err(code), Err(expected));
    }
    let asked = FunnelQuery { period: empty, currency: None };
    let refused = world.orders.funnel(&world.admin, asked).await;
    assert_eq!(refused.map(|_| ()).map_err(code), Err("analytics.period_empty"));
    let customer = Principal::customer(text("customer-1"));
    let kind = |error: ServiceError| error.kind();
    let asked = FunnelQuery { period: day, currency: None };
    let refused = [
        world.orders.funnel(&customer, asked).await.map(|_| ()).map_err(kind),
        world.orders.ranking(&customer, ask(1, day)).await.map(|_| ()).map_err(kind),
        world.orders.recount(&customer).await.map(|_| ()).map_err(kind),
    ];
    assert_eq!(refused, [Err(ErrorKind::Forbidden); 3]);
}
