//! The log of administrative acts: it keeps what was done, and nothing of any person.

use std::sync::Arc;

use order_core::{
    Command, DataSubject, ImportRecord, Meta, NewUser, Orders, Principal, ProductChange,
    RelaySteering, RoleKind, Steering, Timestamp, UserChange, UserService, Users,
    accounts::{Password, Profile},
    ports::{Act, AuditEntry, AuditPage, AuditQuery, KeptEntry},
};

use super::{Fixture, World};
use crate::{
    CountingIds, PlainHasher, SharedStore,
    sample::{full_order, product, refused_row, text},
};

fn entry(actor: &str, act: Act, n: i64) -> AuditEntry {
    AuditEntry {
        at: Timestamp::from_millis(n),
        actor: text(actor),
        role: RoleKind::Staff,
        act,
        subject: Some(text(&format!("subject-{n}"))),
        outcome: text(AuditEntry::DONE),
        count: 1,
    }
}

fn of(limit: u32) -> AuditQuery {
    AuditQuery { limit, ..AuditQuery::default() }
}

impl World {
    async fn entries(&self, query: &AuditQuery) -> AuditPage {
        self.store.entries(query).await.unwrap()
    }

    /// Every entry that a query is about, page by page.
    async fn walk(&self, mut query: AuditQuery) -> Vec<KeptEntry> {
        let mut all = Vec::new();
        loop {
            let page = self.entries(&query).await;
            assert!(page.entries.len() <= query.limit as usize);
            all.extend(page.entries);
            query.after = page.next;
            if page.next.is_none() {
                return all;
            }
        }
    }

    /// What was noted, the oldest first, as `act subject outcome count`.
    async fn noted(&self) -> Vec<String> {
        let entries = self.walk(of(3)).await.into_iter().rev();
        let line = |KeptEntry { entry, .. }: KeptEntry| {
            let subject = entry.subject.as_ref().map_or("-", order_core::Label::as_str).to_owned();
            format!("{} {subject} {} {}", entry.act, entry.outcome, entry.count)
        };
        entries.map(line).collect()
    }
}

/// `AuditLog` clause 1: an entry comes back exactly, up to its longest texts and largest numbers.
pub async fn c276_an_entry_of_the_audit_log_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let long = "ü".repeat(200);
    let largest = AuditEntry {
        at: Timestamp::from_millis(1_766_000_000_123),
        actor: text(&long),
        role: RoleKind::Admin,
        act: Act::UserRoleChanged,
        subject: Some(text(&long)),
        outcome: text(&"x".repeat(200)),
        count: u64::try_from(i64::MAX).unwrap(),
    };
    let smallest = AuditEntry { subject: None, count: 0, ..entry("x", Act::PersonErased, 0) };
    for entry in [&largest, &smallest] {
        world.store.append(entry).await.unwrap();
    }
    for act in Act::ALL {
        world.store.append(&entry("every", *act, 7)).await.unwrap();
    }
    let kept = world.walk(of(200)).await;
    let mut entries: Vec<_> = kept.into_iter().map(|kept| kept.entry).collect();
    entries.reverse();
    assert_eq!(entries[..2], [largest, smallest]);
    let acts: Vec<_> = entries[2..].iter().map(|entry| entry.act).collect();
    assert_eq!(acts, Act::ALL);
}

/// `AuditLog` clause 2: the newest come first, and a walk gives each once while others are written.
pub async fn c277_the_audit_log_is_walked_from_the_newest(fixture: Fixture) {
    let world = World::over(fixture);
    assert_eq!(world.entries(&of(1)).await, AuditPage::default());
    for n in 0..7 {
        world.store.append(&entry("a", Act::StockChanged, n)).await.unwrap();
    }
    let first = world.entries(&of(3)).await;
    world.store.append(&entry("a", Act::StockChanged, 99)).await.unwrap();
    let rest = world.walk(AuditQuery { after: first.next, ..of(2) }).await;
    let seen: Vec<_> =
        first.entries.into_iter().chain(rest).map(|kept| kept.entry.at.millis()).collect();
    assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
    assert_eq!(world.entries(&of(8)).await.next, None, "a full last page is the last");
    let beyond = AuditQuery { after: Some(u64::MAX), ..of(9) };
    assert_eq!(world.entries(&beyond).await.entries.len(), 8);
    assert_eq!(world.entries(&AuditQuery { after: Some(0), ..of(9) }).await, AuditPage::default());
}

/// A list can be of one actor, of one act, and of both.
pub async fn c278_the_audit_log_is_read_by_actor_and_act(fixture: Fixture) {
    let world = World::over(fixture);
    let acts = [Act::UserCreated, Act::StockChanged, Act::UserCreated];
    for n in 0..12 {
        let (actor, act) = (if n % 2 == 0 { "ann" } else { "bob" }, acts[n % 3]);
        let n = i64::try_from(n).unwrap();
        world.store.append(&entry(actor, act, n)).await.unwrap();
    }
    let (actor, act) = (Some(text("ann")), Some(Act::StockChanged));
    for (query, expected) in [
        (AuditQuery { actor: actor.clone(), ..of(2) }, &[10, 8, 6, 4, 2, 0][..]),
        (AuditQuery { act, ..of(2) }, &[10, 7, 4, 1]),
        (AuditQuery { actor, act, ..of(1) }, &[10, 4]),
        (AuditQuery { actor: Some(text("nobody")), ..of(1) }, &[]),
    ] {
        let found = world.walk(query).await;
        let times: Vec<_> = found.iter().map(|kept| kept.entry.at.millis()).collect();
        assert_eq!(times, expected);
    }
}

fn users(world: &World) -> UserService {
    let store = SharedStore::new(Arc::clone(&world.store));
    let log = Arc::new(store.clone());
    let ids = CountingIds::default();
    UserService::new(store, Arc::new(PlainHasher), world.clock.clone(), ids).with_audit_log(log)
}

/// Acts on the catalogue, the process and relays are written down with what came of them.
pub async fn c279_what_people_do_is_written_down(fixture: Fixture) {
    let world = World::over(fixture);
    let (orders, admin) = (&world.orders, &world.admin);
    let tea = text("tea");
    world.sell(product("tea", Some(5))).await;
    let change = ProductChange { price: Some("2.00".to_owned()), ..ProductChange::default() };
    orders.change_product(admin, &tea, change.clone(), None).await.unwrap();
    orders.change_product(admin, &tea, change, Some(9)).await.unwrap_err();
    orders.change_stock(admin, &tea, -2).await.unwrap();
    orders.change_stock(admin, &tea, -9).await.unwrap_err();
    orders.remove_product(admin, &tea, None).await.unwrap();
    let relay = text("relay");
    orders.steer_relay(admin, &relay, RelaySteering::Retry(None)).await.unwrap_err();
    orders.steer(admin, "nothing", Steering::Resolve, Meta::default()).await.unwrap_err();
    orders.import(admin, ImportRecord::Refused(refused_row("file", 1))).await.unwrap();
    orders.note_import(admin, 1).await.unwrap();
    orders.note_token(admin, &text("ann")).await.unwrap();
    world.place(full_order(1)).await;
    world.run(&text("order-1"), Command::Process).await;
    let subject = DataSubject::OrderId(text("order-1"));
    orders.erase(admin, subject, false).await.unwrap();
    assert_eq!(
        world.noted().await,
        [
            "product.added tea done 1",
            "product.changed tea done 1",
            "product.changed tea order.stale 0",
            "stock.changed tea done 1",
            "stock.changed tea stock.insufficient 0",
            "product.removed tea done 1",
            "relay.retried relay outbox.unknown_relay 0",
            "process.resolved nothing order.not_found 0",
            "records.imported - done 1",
            "token.issued ann done 1",
            "person.erased order-1 done 1",
        ],
        "what is done to an order is in its history"
    );
    let newest = world.entries(&of(1)).await.entries.remove(0).entry;
    assert_eq!((newest.actor, newest.role), (admin.subject.clone(), RoleKind::Admin));
    assert_eq!(newest.at, world.now());
}

/// What somebody does to the accounts of others is written down, not what they do to their own; a role
/// always is.
pub async fn c280_what_is_done_to_accounts_of_others_is_written_down(fixture: Fixture) {
    let world = World::over(fixture);
    let users = users(&world);
    let wanted = |address: &str, role| {
        let password = Password::new("correct horse").unwrap();
        let (id, profile) = (Some(text(address.split('@').next().unwrap())), Profile::default());
        NewUser { id, email: text(address), password, profile, role }
    };
    let admin = Some(&world.admin);
    users.register(None, NewUser { id: None, ..wanted("self@x.example", None) }).await.unwrap();
    users.register(admin, wanted("ann@x.example", Some(RoleKind::Staff))).await.unwrap();
    users.register(admin, wanted("ann@x.example", None)).await.unwrap_err();
    let ann = Principal::new(text("ann"), RoleKind::Staff);
    let email = || UserChange { email: Some(text("new@x.example")), ..UserChange::default() };
    users.change_user(&ann, &text("ann"), email(), None).await.unwrap();
    users.change_user(&world.admin, &text("ann"), email(), None).await.unwrap();
    let role = UserChange { role: Some(RoleKind::Admin), ..UserChange::default() };
    users.change_user(&ann, &text("ann"), role.clone(), None).await.unwrap_err();
    users.change_user(&world.admin, &text("ann"), role, None).await.unwrap();
    users.register(admin, wanted("bob@x.example", Some(RoleKind::Admin))).await.unwrap();
    users.remove_user(&world.admin, &text("bob"), None).await.unwrap();
    users.remove_user(&world.admin, &text("ann"), None).await.unwrap_err();
    assert_eq!(
        world.noted().await,
        [
            "user.created ann done 1",
            "user.created - user.conflict 0",
            "user.changed ann done 1",
            "user.role_changed ann auth.forbidden 0",
            "user.role_changed ann done 1",
            "user.created bob done 1",
            "user.removed bob done 1",
            "user.removed ann user.last_admin 0",
        ]
    );
}

/// No address gets into the log: neither the one that was erased, nor an id that is one.
pub async fn c281_the_audit_log_says_nothing_of_persons(fixture: Fixture) {
    let world = World::over(fixture);
    world.place(full_order(1)).await;
    for subject in [
        DataSubject::Email(text("zoe.1@example.org")),
        DataSubject::CustomerId(text("zoe.1@example.org")),
    ] {
        world.orders.erase(&world.admin, subject, false).await.unwrap();
    }
    assert_eq!(world.noted().await, ["person.erased - done 1", "person.erased - done 0"]);
    let customer = Principal::new(text("customer-1"), RoleKind::Customer);
    world.orders.change_stock(&customer, &text("tea"), 1).await.unwrap_err();
    assert_eq!(world.noted().await.len(), 2, "customers do nothing for others");
}

/// Nobody but an administrator reads the log.
pub async fn c282_only_an_administrator_reads_the_audit_log(fixture: Fixture) {
    let world = World::over(fixture);
    for role in [RoleKind::Customer, RoleKind::Staff, RoleKind::Service] {
        let who = Principal::new(text("ann"), role);
        let refused = world.orders.audit_log(&who, of(1)).await.unwrap_err();
        assert_eq!(refused.code(), "auth.forbidden", "{role}");
    }
    for limit in [0, 201] {
        let refused = world.orders.audit_log(&world.admin, of(limit)).await.unwrap_err();
        assert_eq!(refused.code(), "page.limit_out_of_range");
    }
    assert_eq!(world.orders.audit_log(&world.admin, of(200)).await.unwrap(), AuditPage::default());
}
