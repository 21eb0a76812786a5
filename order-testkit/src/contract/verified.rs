//! Figures that do not follow from the orders.

use order_core::{
    Analytics as _, Orders as _,
    analytics::{Changes, Dimension, FigureKey, Figures, Grain},
    ports::Severity,
};

use super::{Fixture, World, tour};
use crate::sample::order;

/// A verification compares the figures with the orders, once anything is counted, and says where they
/// differ; counting anew mends it.
pub async fn c296_a_verification_compares_figures_with_orders(fixture: Fixture) {
    let world = World::over(fixture).confirming_by_hand();
    tour::take(&world).await;
    let placed = world.place(order(3)).await.order;
    let found = || async { world.orders.verify(&world.admin, None, 100).await.unwrap().findings };
    assert_eq!(found().await, [], "nothing is counted yet");
    world.orders.recount(&world.admin).await.unwrap();
    assert_eq!(found().await, []);
    let place = world.store.counted().await.unwrap().unwrap();
    let key = FigureKey {
        dimension: Dimension::Status,
        grain: Grain::Month,
        bucket: Grain::Month.floor(placed.placed_at().unwrap().millis()),
        currency: placed.currency(),
        key: placed.status().as_str().into(),
    };
    let mut changes = Changes::default();
    changes.add(key, &Figures { orders: 1, sales: 250, ..Figures::default() }, 1);
    assert!(world.store.count(place, place, &changes).await.unwrap());
    let wrong = found().await;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!((wrong[0].code.as_str(), wrong[0].severity), ("verify.figures", Severity::Error));
    world.orders.recount(&world.admin).await.unwrap();
    assert_eq!(found().await, []);
}
