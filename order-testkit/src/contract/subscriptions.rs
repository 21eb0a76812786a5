//! Subscriptions: kept exactly, changed by version.

use order_core::{
    SubscriptionId,
    ports::{DeliverySettlement, Health, StoreError},
    webhook::{Disabled, EventFilter, SigningSecret, SigningSecrets, Subscription},
};

use super::{
    Fixture, World,
    deliveries::{at, claim, subscribe},
};
use crate::sample::{order, text};

/// A subscription to everything, made at the beginning.
pub(super) fn subscription(id: &str) -> Subscription {
    Subscription {
        id: text(id),
        url: text(&format!("https://{id}.example/hook?of=orders")),
        events: vec![EventFilter::All],
        description: None,
        secrets: SigningSecrets::only(SigningSecret::new("whsec_one")),
        disabled: None,
        failing_since: None,
        version: 1,
        created_at: at(0),
        updated_at: at(0),
    }
}

async fn present(world: &World, id: &str) -> Subscription {
    world.store.subscription(&text(id)).await.unwrap().unwrap()
}

/// Everything of a subscription comes back, by its id and in the list.
pub async fn c234_a_subscription_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    assert_eq!(world.store.subscription(&text("b")).await.unwrap(), None);
    let plain = subscription("b");
    let full = Subscription {
        url: text(&"é".repeat(2_000)),
        events: ["order.*", "payment.captured"].map(|it| it.parse().unwrap()).to_vec(),
        description: Some(text("the books, nightly")),
        secrets: plain.secrets.replaced(SigningSecret::new("whsec_two"), at(5)),
        disabled: Some(Disabled { since: at(3), reason: text("webhook.by_hand") }),
        created_at: at(1),
        updated_at: at(2),
        ..subscription("a")
    };
    for subscription in [&plain, &full] {
        world.store.put_subscription(subscription).await.unwrap();
        let found = present(&world, subscription.id.as_str()).await;
        assert_eq!(found, *subscription);
    }
    assert_eq!(world.store.subscriptions().await.unwrap(), [full, plain]);
}

/// Version 1 inserts, version n replaces n − 1, anything else conflicts.
pub async fn c235_a_subscription_is_replaced_version_by_version(fixture: Fixture) {
    let world = World::over(fixture);
    let mut changed = subscription("a");
    for version in [0, 2, u64::MAX] {
        changed.version = version;
        let refused = world.store.put_subscription(&changed).await;
        assert!(matches!(refused, Err(StoreError::SubscriptionConflict)), "{version} {refused:?}");
    }
    for version in 1..=3 {
        changed.version = version;
        changed.description = Some(text(&format!("version {version}")));
        world.store.put_subscription(&changed).await.unwrap();
        assert_eq!(present(&world, "a").await, changed);
    }
    for version in [1, 3, 5] {
        let other = Subscription { version, description: None, ..changed.clone() };
        let refused = world.store.put_subscription(&other).await;
        assert!(matches!(refused, Err(StoreError::SubscriptionConflict)), "{version} {refused:?}");
    }
    assert_eq!(present(&world, "a").await, changed);
}

/// Of many who change a subscription at once one does, the others hear that it changed.
pub async fn c236_the_losers_of_a_race_for_a_subscription_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    for version in 1..=3 {
        let racers = (0..8).map(|n| {
            let store = std::sync::Arc::clone(&world.store);
            let description = Some(text(&format!("{version} by {n}")));
            let mine = Subscription { version, description, ..subscription("a") };
            async move { store.put_subscription(&mine).await }
        });
        let done = world.race(racers).await;
        assert_eq!(done.iter().filter(|it| it.is_ok()).count(), 1, "{done:?}");
        let lost = done.into_iter().filter_map(Result::err);
        for error in lost {
            assert!(matches!(error, StoreError::SubscriptionConflict), "{error:?}");
        }
        assert_eq!(present(&world, "a").await.version, version);
    }
}

/// A subscription is removed by its version, and its deliveries are found no more.
pub async fn c237_a_removed_subscription_is_gone(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    world.place(order(1)).await;
    let id: SubscriptionId = text("a");
    for version in [0, 2] {
        let refused = world.store.remove_subscription(&id, version).await;
        assert!(matches!(refused, Err(StoreError::SubscriptionConflict)), "{refused:?}");
    }
    world.store.remove_subscription(&id, 1).await.unwrap();
    let refused = world.store.remove_subscription(&id, 1).await;
    assert!(matches!(refused, Err(StoreError::SubscriptionConflict)), "{refused:?}");
    assert_eq!(world.store.subscription(&id).await.unwrap(), None);
    assert!(world.store.subscriptions().await.unwrap().is_empty());
    assert!(claim(&world, at(i64::from(u32::MAX))).await.is_none());
}

/// Failing and working again leave the version as it is; being disabled is a change like any other.
pub async fn c238_how_an_endpoint_does_is_no_change_but_being_disabled_is(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    super::deliveries::happened(&world, 1).await;
    let mut now = 1_000_000;
    let mut settle = async |health: Health| {
        let due = claim(&world, at(now)).await.unwrap();
        let settlement = DeliverySettlement {
            subscription_id: due.subscription.id.clone(),
            lease: due.lease,
            at: at(now + 1),
            settled: Vec::new(),
            health,
            rest_until: at(now + 2),
        };
        assert!(world.store.settle_deliveries(&settlement).await.unwrap());
        now += 1_000;
        present(&world, "a").await
    };
    let failing = settle(Health::Fails(at(7))).await;
    assert_eq!((failing.failing_since, failing.version), (Some(at(7)), 1));
    let still = settle(Health::Fails(at(9))).await;
    assert_eq!((still.failing_since, still.version), (Some(at(7)), 1));
    let works = settle(Health::Works).await;
    assert_eq!((works.failing_since, works.version), (None, 1));
    settle(Health::Fails(at(11))).await;
    let disabled = settle(Health::Disabled(text("webhook.failing"))).await;
    let since = disabled.updated_at;
    assert_eq!(disabled.disabled, Some(Disabled { since, reason: text("webhook.failing") }));
    assert_eq!((disabled.failing_since, disabled.version), (Some(at(11)), 2));
    let stale = world.store.put_subscription(&Subscription { version: 2, ..works }).await;
    assert!(matches!(stale, Err(StoreError::SubscriptionConflict)), "{stale:?}");
}

/// A subscription that is enabled is due at once, with its tries counted anew and nothing against it; one
/// that is changed otherwise keeps what is known of its endpoint.
pub async fn c239_who_enables_a_subscription_begins_anew(fixture: Fixture) {
    let world = World::over(fixture);
    subscribe(&world, "a").await;
    super::deliveries::happened(&world, 1).await;
    let now = 1_000_000;
    let due = claim(&world, at(now)).await.unwrap();
    let failed = super::deliveries::failed(&due, at(now + 60_000_000));
    let health = Health::Fails(at(now));
    let rest_until = at(now + 90_000_000);
    let settlement = super::deliveries::settlement(&due, at(now), failed, health, rest_until);
    assert!(world.store.settle_deliveries(&settlement).await.unwrap());

    let change = async |version, disabled: Option<&str>| {
        let (since, updated_at) = (at(now + 5), at(now + 10));
        let disabled = disabled.map(|reason| Disabled { since, reason: text(reason) });
        let changed = Subscription { version, disabled, updated_at, ..subscription("a") };
        world.store.put_subscription(&changed).await.unwrap();
        present(&world, "a").await
    };
    assert_eq!(change(2, None).await.failing_since, Some(at(now)));
    assert!(claim(&world, at(now + 50)).await.is_none(), "it rests");
    assert_eq!(change(3, Some("webhook.by_hand")).await.failing_since, Some(at(now)));
    assert!(claim(&world, at(now + 99_000_000)).await.is_none(), "it is disabled");
    assert_eq!(change(4, None).await.failing_since, None);
    let due = claim(&world, at(now + 50)).await.unwrap();
    let delivery = &due.deliveries[0].0;
    assert_eq!((delivery.tries, delivery.next_at), (0, Some(at(now + 10))));
    assert_eq!(delivery.attempts.len(), 1, "what was tried is remembered");
}
