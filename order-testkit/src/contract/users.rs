//! Who may make, see and change accounts, and whose answers a key brings up again.

use std::sync::Arc;

use async_trait::async_trait;
use order_core::{
    NewOrder, NewUser, OrderId, Orders, Principal, Role, RoleKind, UserChange, UserService, Users,
    accounts::{Password, Profile},
    ports::{Commit, OrderStore, Remembered, RequestKey, StoreError, Stored, UserQuery},
};

use super::{
    Fixture, World,
    accounts::{account, get, put},
};
use crate::{
    CountingIds, PlainHasher, SharedStore,
    sample::{keyed, order_of, priced, product, text, units},
};

fn users(world: &World) -> UserService {
    let store = SharedStore::new(Arc::clone(&world.store));
    let ids = CountingIds::default();
    UserService::new(store, Arc::new(PlainHasher), world.clock.clone(), ids)
}

fn wanted(email: &str) -> NewUser {
    let password = Password::new("correct horse").unwrap();
    let (id, profile, role) = (None, Profile::default(), None);
    NewUser { id, email: text(email), password, profile, role }
}

/// Whoever registers is a customer with a new id; only an administrator names role or id.
pub async fn c178_whoever_registers_is_a_customer(fixture: Fixture) {
    let world = World::over(fixture);
    let users = users(&world);
    let of = |role| Principal::new(text("somebody"), role);
    let others = [RoleKind::Customer, RoleKind::Staff, RoleKind::Service].map(of);
    let nobody_and_others = [None].into_iter().chain(others.iter().map(Some));
    for (n, who) in (0..).zip(nobody_and_others) {
        let plain = users.register(who, wanted(&format!("u{n}@shop.example"))).await.unwrap();
        assert_eq!((plain.role, plain.version), (RoleKind::Customer, 1));
        for role in [RoleKind::Staff, RoleKind::Service, RoleKind::Admin] {
            let wanted = NewUser { role: Some(role), ..wanted("v@shop.example") };
            let refused = users.register(who, wanted).await.unwrap_err();
            assert_eq!(refused.code(), "auth.forbidden", "{who:?} {role}");
        }
        let named = NewUser { id: Some(text("customer-1")), ..wanted("v@shop.example") };
        let refused = users.register(who, named).await.unwrap_err();
        assert_eq!(refused.code(), "auth.forbidden", "{who:?}");
    }
    assert_eq!(get(&world, "customer-1").await, None);
    let role = Some(RoleKind::Admin);
    let named = NewUser { id: Some(text("root")), role, ..wanted("v@shop.example") };
    let made = users.register(Some(&world.admin), named).await.unwrap();
    assert_eq!((made.id.as_str(), made.role), ("root", RoleKind::Admin));
    let kept = get(&world, "root").await.unwrap();
    assert_eq!(kept.user, made);
    assert!(!kept.password.expose().is_empty());
}

/// A customer sees and changes only themselves; nobody but an administrator changes a role or sees
/// the list.
pub async fn c179_a_customer_sees_and_changes_only_themselves(fixture: Fixture) {
    let world = World::over(fixture);
    let users = users(&world);
    for (id, role) in [("ann", RoleKind::Customer), ("bob", RoleKind::Customer)] {
        put(&world, id, role).await;
    }
    let page = || UserQuery { limit: 9, ..UserQuery::default() };
    let (own, foreign) = (text("ann"), text("bob"));
    for kind in [RoleKind::Customer, RoleKind::Staff, RoleKind::Service] {
        let ann = Principal::new(text("ann"), kind);
        let is_customer = matches!(ann.role, Role::Customer(_));
        let hidden = if is_customer { "user.not_found" } else { "auth.forbidden" };
        assert_eq!(users.user(&ann, &own).await.unwrap().id, own);
        assert_eq!(users.user(&ann, &foreign).await.is_err(), is_customer);
        let change = || UserChange { email: Some(text("new@x.example")), ..UserChange::default() };
        let refused = users.change_user(&ann, &foreign, change(), None).await.unwrap_err();
        assert_eq!(refused.code(), hidden);
        let refused = users.remove_user(&ann, &foreign, None).await.unwrap_err();
        assert_eq!(refused.code(), hidden);
        let promoted = UserChange { role: Some(RoleKind::Admin), ..UserChange::default() };
        let refused = users.change_user(&ann, &own, promoted, None).await.unwrap_err();
        assert_eq!(refused.code(), "auth.forbidden");
        assert_eq!(users.users(&ann, page()).await.unwrap_err().code(), "auth.forbidden");
        let same = UserChange { role: Some(RoleKind::Customer), ..UserChange::default() };
        users.change_user(&ann, &own, same, None).await.unwrap();
    }
    assert_eq!(get(&world, "bob").await, Some(account("bob", RoleKind::Customer)));
    assert_eq!(users.users(&world.admin, page()).await.unwrap().users.len(), 2);
    let stale = users.remove_user(&world.admin, &own, Some(1)).await.unwrap_err();
    assert_eq!(stale.code(), "order.stale");
    users.remove_user(&Principal::new(text("ann"), RoleKind::Customer), &own, None).await.unwrap();
    assert_eq!(get(&world, "ann").await, None);
}

/// Callers of one name and different roles have keys of their own, and no customer is answered with
/// another's order, whatever a key brings up.
pub async fn c180_callers_of_one_name_and_different_roles_share_no_keys(fixture: Fixture) {
    let world = World::over(fixture);
    let new = |id: &str| order_of(id, vec![priced("thing", 1, "1.00")]);
    world.sell(product("p", None)).await;
    let long = "n".repeat(200);
    for name in ["ann", "customer:ann", "admin:customer:ann", "staff:", &long] {
        let of = |role| Principal::new(text(name), role);
        let mut placed = Vec::new();
        for role in [RoleKind::Staff, RoleKind::Service, RoleKind::Admin] {
            let id = format!("{role}-{}-{}", name.len(), &name[..3]);
            let receipt = world.orders.place(&of(role), new(&id), keyed("k")).await.unwrap();
            assert!(!receipt.replayed, "{role} {name}");
            placed.push((role, id));
        }
        let of_customer = NewOrder { id: None, ..order_of("x", vec![units("p", 1)]) };
        let customer = of(RoleKind::Customer);
        let receipt = world.orders.place(&customer, of_customer.clone(), keyed("k")).await.unwrap();
        assert!(!receipt.replayed, "{name}");
        // Each gets their own answer again.
        for (role, id) in placed {
            let again = world.orders.place(&of(role), new(&id), keyed("k")).await.unwrap();
            assert!(again.replayed && *again.order.id() == id.as_str(), "{role} {name}");
        }
        let again = world.orders.place(&customer, of_customer, keyed("k")).await.unwrap();
        assert!(again.replayed && again.order.id() == receipt.order.id(), "{name}");
    }
    // A store that mixes orders up gives nobody another's.
    let bob = Principal::customer(text("bob"));
    let new = NewOrder { id: None, ..order_of("x", vec![units("p", 1)]) };
    world.orders.place(&bob, new.clone(), keyed("m")).await.unwrap();
    let foreign = text("staff-3-ann");
    let mixed_up = MixedUp { store: SharedStore::new(Arc::clone(&world.store)), foreign };
    let confused = world.orders.clone().with_store(Arc::new(mixed_up));
    let hidden = confused.place(&bob, new, keyed("m")).await.unwrap_err();
    assert_eq!(hidden.code(), "order.not_found");
}

/// A store that remembers every request as one about the same order.
#[derive(Debug)]
struct MixedUp {
    store: SharedStore,
    foreign: OrderId,
}

#[async_trait]
impl OrderStore for MixedUp {
    async fn load(&self, id: &OrderId) -> Result<Stored, StoreError> {
        self.store.load(id).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.store.commit(commit).await
    }

    async fn recall(&self, key: &RequestKey) -> Result<Option<Remembered>, StoreError> {
        let remembered = self.store.recall(key).await?;
        Ok(remembered.map(|it| Remembered { order_id: self.foreign.clone(), version: 1, ..it }))
    }

    async fn next_number(&self) -> Result<u64, StoreError> {
        self.store.next_number().await
    }
}
