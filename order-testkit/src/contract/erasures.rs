//! Forgetting a person: what is known of them goes everywhere, what happened stays.

use std::sync::Arc;

use order_core::{
    Command, DataSubject, ERASE_MAX, Edit, Erasure, NewOrder, OrderEvent, OrderId, OrderService,
    Orders, PersonalData, Principal, Reason, RoleKind, ServiceError,
    ports::{OrderQuery, Revalidated},
    search::words,
};

use super::{Fixture, World, accounts};
use crate::{
    CountingIds, CrashPoint, SharedStore,
    sample::{draft, full_order, keyed, order, order_of, person, priced, text},
};

impl World {
    async fn erase(&self, subject: DataSubject) -> Erasure {
        self.clock.step(1_000);
        self.orders.erase(&self.admin, subject, true).await.unwrap()
    }

    /// The personal data of an order, the same by every way to it.
    async fn person_of(&self, id: &str) -> PersonalData {
        let order_id: OrderId = text(id);
        let loaded = self.store.load(&order_id).await.unwrap().person;
        let found = self.store.find(id).await.unwrap().unwrap();
        assert_eq!(*found.person, loaded);
        let all = self.list(&OrderQuery { limit: 200, ..OrderQuery::default() }).await;
        if let Some(listed) = all.orders.iter().find(|view| *view.order.id() == order_id) {
            assert_eq!(listed.person, found.person);
        }
        loaded
    }

    async fn found_by(&self, text: &str) -> Vec<String> {
        self.ids(&OrderQuery { words: words(text), limit: 9, ..OrderQuery::default() }).await
    }

    async fn is_verified(&self) -> bool {
        let page = self.orders.verify(&self.admin, None, 1_000).await.unwrap();
        assert_eq!(page.findings, []);
        page.orders > 0
    }
}

fn customer(id: &str) -> DataSubject {
    DataSubject::CustomerId(text(id))
}

fn behind(id: &str) -> DataSubject {
    DataSubject::OrderId(text(id))
}

fn email(address: &str) -> DataSubject {
    DataSubject::Email(text(address))
}

fn note(text: &str) -> Command {
    Command::Note { id: "n".parse().unwrap(), text: text.to_owned() }
}

/// A guest's order with an address.
fn of_guest(id: &str, address: &str) -> NewOrder {
    let mut new = order_of(id, vec![priced("thing", 1, "1.00")]);
    new.person.email = Some(text(address));
    new
}

/// Of the person nothing is left, and nobody finds the order by them; the order is what it was.
pub async fn c264_an_erased_order_has_no_person(fixture: Fixture) {
    let world = World::over(fixture);
    let placed = world.place(full_order(1)).await.order;
    world.run(placed.id(), note("Ring twice at noonbell")).await;
    world.place(full_order(2)).await;
    for word in ["noonbell", "zoe.1@example.org", "ångström"] {
        assert!(world.found_by(word).await.contains(&"order-1".to_owned()), "{word}");
    }

    assert_eq!(world.erase(behind("order-1")).await.orders, 1);

    assert!(world.person_of("order-1").await.is_empty());
    for word in ["noonbell", "zoe.1@example.org"] {
        assert_eq!(world.found_by(word).await, [""; 0], "{word}");
    }
    assert_eq!(world.found_by("ångström").await, ["order-2"]);
    assert_eq!(world.found_by(placed.number().as_str()).await, ["order-1"]);
    let after = world.order("order-1").await;
    assert_eq!(after.erased_at(), Some(world.now()));
    assert_eq!((after.totals(), after.lines()), (placed.totals(), placed.lines()));
    assert_eq!((after.status(), after.customer_id()), (placed.status(), placed.customer_id()));
    let history = world.orders.history(&world.admin, "order-1").await.unwrap();
    let last = history.last().unwrap();
    assert_eq!((&last.event, &last.actor), (&OrderEvent::PersonErased {}, &world.admin.subject));
    let past = world.orders.order(&world.admin, "order-1", Some(1)).await.unwrap();
    assert!(past.person.is_empty(), "an old version brings nobody back");
    assert!(!world.person_of("order-2").await.is_empty());
    assert!(world.is_verified().await);
}

/// A customer is all of their orders and their account; nobody else is touched.
pub async fn c265_a_customer_is_erased_whole_and_nobody_else(fixture: Fixture) {
    let world = World::over(fixture);
    accounts::put(&world, "customer-1", RoleKind::Customer).await;
    accounts::put(&world, "customer-2", RoleKind::Customer).await;
    for n in 1..=4 {
        let customer_id = Some(text(if n == 4 { "customer-2" } else { "customer-1" }));
        world.place(NewOrder { customer_id, ..full_order(n) }).await;
    }
    let erased = world.erase(customer("customer-1")).await;
    assert_eq!((erased.orders, erased.accounts, erased.more), (3, 1, false));
    for n in 1..=3 {
        assert!(world.person_of(&format!("order-{n}")).await.is_empty());
    }
    assert!(!world.person_of("order-4").await.is_empty());
    assert!(accounts::get(&world, "customer-1").await.is_none());
    assert!(accounts::get(&world, "customer-2").await.is_some());
    let of_customer =
        OrderQuery { customer_id: Some(text("customer-1")), limit: 9, ..OrderQuery::default() };
    assert_eq!(world.ids(&of_customer).await.len(), 3, "the orders stay");
}

/// An address is its account, the orders of it, and every order that carries the address in any case;
/// an address that only begins alike is another.
pub async fn c266_an_address_is_erased_wherever_it_is(fixture: Fixture) {
    let world = World::over(fixture);
    accounts::put(&world, "ann", RoleKind::Customer).await;
    let of_ann = NewOrder { customer_id: Some(text("ann")), ..order(1) };
    world.place(NewOrder { person: person(1), ..of_ann }).await;
    world.place(of_guest("guest", "ANN@shop.example")).await;
    for (id, address) in [
        ("longer", "ann@shop.example.org"),
        ("dotted", "joe.ann@shop.example"),
        ("other", "anna@shop.example"),
    ] {
        world.place(of_guest(id, address)).await;
    }
    let erased = world.erase(email("Ann@Shop.example")).await;
    assert_eq!((erased.orders, erased.accounts), (2, 1));
    assert!(world.person_of("order-1").await.is_empty());
    assert!(world.person_of("guest").await.is_empty());
    for id in ["longer", "dotted", "other"] {
        assert!(!world.person_of(id).await.is_empty(), "{id}");
    }
    assert!(accounts::get(&world, "ann").await.is_none());
    // Of whom nothing is known, nothing is erased.
    assert_eq!(world.erase(email("nobody@shop.example")).await.orders, 0);
}

/// Who is erased already is not erased again: nothing is written.
pub async fn c267_erasing_again_erases_nothing(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    world.place(order(2)).await;
    assert_eq!(world.erase(customer("customer-1")).await.orders, 1);
    let version = world.order("order-1").await.version();
    for subject in [customer("customer-1"), behind("order-1"), email("zoe.1@example.org")] {
        let again = world.erase(subject).await;
        assert_eq!((again.orders, again.accounts, again.more), (0, 0, false));
    }
    assert_eq!(world.order("order-1").await.version(), version);
    // Nobody is behind it: there is nothing to erase.
    assert_eq!(world.erase(behind("order-2")).await.orders, 0);
    assert_eq!(world.order("order-2").await.erased_at(), None);
    let unknown = world.orders.erase(&world.admin, behind("order-9"), true).await.unwrap_err();
    assert_eq!(unknown.code(), "order.not_found");
}

/// One call erases so many orders and says that there are more; the account goes with the last.
pub async fn c268_many_orders_are_erased_call_by_call(fixture: Fixture) {
    let world = World::over(fixture);
    accounts::put(&world, "many", RoleKind::Customer).await;
    let orders = u32::try_from(ERASE_MAX).unwrap() + 2;
    let placing = (0..orders).map(|n| {
        let (service, admin) = (world.orders.clone(), world.admin.clone());
        let mut new = of_guest(&format!("order-{n}"), "many@shop.example");
        new.customer_id = Some(text("many"));
        async move { service.place(&admin, new, order_core::Meta::default()).await.unwrap() }
    });
    world.race(placing).await;
    let first = world.erase(customer("many")).await;
    assert_eq!((first.orders, first.accounts, first.more), (ERASE_MAX, 0, true));
    assert!(accounts::get(&world, "many").await.is_some(), "so that the rest is found again");
    let second = world.erase(email("many@shop.example")).await;
    assert_eq!((second.orders, second.accounts, second.more), (2, 1, false));
    assert!(world.is_verified().await);
}

/// A person may ask at any time: whatever became of the order, it can be erased, and goes on.
pub async fn c269_an_order_is_erased_in_every_state_and_goes_on(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(NewOrder { person: person(1), ..draft(1) }).await;
    let held = world.place(full_order(2)).await.order.id().clone();
    world.run(&held, Command::Hold { reason: None }).await;
    let away = world.place(full_order(3)).await.order.id().clone();
    let reason = Some(Reason::try_from("no longer wanted").unwrap());
    world.run(&away, Command::Cancel { reason }).await;
    world.run(&away, Command::Archive).await;
    for n in 1..=3 {
        assert_eq!(world.erase(behind(&format!("order-{n}"))).await.orders, 1, "order-{n}");
    }
    let placed = world.run(&text("order-1"), Command::Place { content: None, person: None }).await;
    assert!(placed.order.erased_at().is_some() && placed.person.is_empty());
    world.run(&held, Command::Release).await;
    world.run(&held, Command::Ship(order_core::Shipping::default())).await;
    let archived = world.order("order-3").await;
    assert!(archived.archived_at().is_some() && archived.erased_at().is_some());
    assert!(world.is_verified().await);
}

/// What is written after an erasure is new data: it stays until it is erased too.
pub async fn c270_what_is_written_later_is_new(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    world.erase(behind("order-1")).await;
    let new = order_core::Person { name: Some(text("Newname")), ..order_core::Person::default() };
    let edit = Edit { person: Some(new.into()), ..Edit::default() };
    world.run(&text("order-1"), Command::Edit(edit)).await;
    let known = world.person_of("order-1").await;
    assert_eq!(known, PersonalData { name: Some(text("Newname")), ..PersonalData::default() });
    assert_eq!(world.found_by("newname").await, ["order-1"]);
    assert_eq!(world.erase(behind("order-1")).await.orders, 1);
    assert_eq!(world.found_by("newname").await, [""; 0]);
}

/// Nobody but an administrator erases, by no way in.
pub async fn c271_only_an_administrator_erases(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    for role in [RoleKind::Customer, RoleKind::Staff, RoleKind::Service] {
        let who = Principal::new(text("customer-1"), role);
        for subject in [customer("customer-1"), behind("order-1"), email("zoe.1@example.org")] {
            let refused = world.orders.erase(&who, subject, true).await.unwrap_err();
            assert!(matches!(refused, ServiceError::Forbidden { .. }), "{role}: {refused}");
        }
        let meta = order_core::Meta::default();
        let refused = world.orders.execute(&who, "order-1", Command::Erase, meta).await;
        assert_eq!(refused.unwrap_err().code(), "auth.forbidden", "{role}");
    }
    assert!(!world.person_of("order-1").await.is_empty());
}

/// A request that is repeated gets its first answer, without the person: neither are they brought back
/// nor is there a second order.
pub async fn c272_a_repeated_request_brings_nobody_back(fixture: Fixture) {
    let world = World::over(fixture);
    world.try_place(full_order(1), keyed("first")).await.unwrap();
    world.erase(behind("order-1")).await;
    let again = world.try_place(full_order(1), keyed("first")).await.unwrap();
    assert!(again.replayed && again.person.is_empty());
    assert!(world.person_of("order-1").await.is_empty());
}

/// The last administrator stays one; what they ordered is erased all the same.
pub async fn c273_the_last_administrator_keeps_their_account(fixture: Fixture) {
    let world = World::over(fixture);
    accounts::put(&world, "root", RoleKind::Admin).await;
    world.place(NewOrder { customer_id: Some(text("root")), ..full_order(1) }).await;
    let refused = world.orders.erase(&world.admin, customer("root"), true).await.unwrap_err();
    assert_eq!(refused.code(), "user.last_admin");
    assert!(world.person_of("order-1").await.is_empty());
    assert!(accounts::get(&world, "root").await.is_some());
}

/// Who keeps an order that was erased since is told that it is another.
pub async fn c274_a_kept_copy_of_an_erased_order_counts_no_more(fixture: Fixture) {
    let world = World::over(fixture);
    let number = world.place(full_order(1)).await.order.number().to_string();
    for reference in ["order-1", number.as_str()] {
        let known = world.store.revalidate(reference, None).await.unwrap();
        let Revalidated::Changed { stamp, .. } = known else { panic!("{known:?}") };
        let name = Some(text("Somebody"));
        let new = order_core::Person { name, ..order_core::Person::default() };
        world.erase(behind("order-1")).await;
        match world.store.revalidate(reference, Some(&stamp)).await.unwrap() {
            Revalidated::Changed { view, .. } => assert!(view.person.is_empty()),
            other => panic!("{other:?}"),
        }
        let edit = Edit { person: Some(new.into()), ..Edit::default() };
        world.run(&text("order-1"), Command::Edit(edit)).await;
    }
}

/// Whoever dies anywhere while erasing leaves orders whole, and asking again erases the rest.
pub async fn c275_who_is_cut_off_while_erasing_is_gone_on_with(fixture: Fixture) {
    let world = World::over(fixture);
    for moment in 0..6 {
        let id = format!("cut-{moment}");
        accounts::put(&world, &id, RoleKind::Customer).await;
        for n in 0..3 {
            let mut new = full_order(100 * moment + n);
            new.customer_id = Some(text(&id));
            world.place(new).await;
        }
        let address = || email(&format!("{id}@shop.example"));
        let crash = CrashPoint::before(u64::from(moment));
        let dying = SharedStore::new(Arc::clone(&world.store)).crashing(crash.clone());
        let orders = OrderService::new(dying, world.clock.clone(), CountingIds::default());
        let work = orders.erase(&world.admin, address(), true);
        let first = crash.or_death(work).await;
        let done = first.map_or(0, |done| done.unwrap().orders);
        assert!(world.is_verified().await, "cut off before write {moment}");
        let rest = world.erase(address()).await;
        assert!(done + rest.orders <= 3 && !rest.more);
        for n in 0..3 {
            let order = format!("order-{}", 100 * moment + n);
            assert!(world.person_of(&order).await.is_empty(), "{order}");
            assert!(world.order(&order).await.erased_at().is_some());
        }
        assert!(accounts::get(&world, &id).await.is_none());
    }
}
