//! Accounts: they come back, e-mail addresses are unique, and an administrator stays.

use order_core::{
    RoleKind, User,
    accounts::{Account, PasswordHash, Profile},
    ports::{PAGE_MAX, StoreError, UserQuery},
};

use super::{Fixture, World};
use crate::sample::{full_order, text, time};

/// An account of this id and role, of version 1.
pub(super) fn account(id: &str, role: RoleKind) -> Account {
    let user = User {
        id: text(id),
        email: text(&format!("{id}@shop.example")),
        profile: Profile::default(),
        role,
        version: 1,
        created_at: time("2025-01-29T00:00:00.001Z"),
        updated_at: time("2025-01-29T00:00:00.001Z"),
    };
    Account { user, password: PasswordHash::new("hash") }
}

/// The same account, changed.
fn next(account: &Account, change: impl FnOnce(&mut User)) -> Account {
    let mut next = account.clone();
    next.user.version += 1;
    change(&mut next.user);
    next
}

pub(super) async fn put(world: &World, id: &str, role: RoleKind) -> Account {
    let account = account(id, role);
    world.store.put_account(&account).await.unwrap();
    account
}

pub(super) async fn get(world: &World, id: &str) -> Option<Account> {
    world.store.account(&text(id)).await.unwrap()
}

/// `Accounts` clause 5: every part of an account comes back, up to the longest texts.
pub async fn c161_an_account_comes_back_exactly(fixture: Fixture) {
    let world = World::over(fixture);
    let address = full_order(1).person.shipping_address;
    assert!(address.is_some());
    let mut largest = account("x", RoleKind::Admin);
    largest.user.id = text(&"🧀".repeat(200));
    largest.user.email = text(&format!("{}@{}", "É".repeat(100), "İ".repeat(153)));
    largest.user.profile = Profile {
        first_name: Some(text(&"ñ".repeat(500))),
        last_name: Some(text("O'Hara \\ \"Q\" %")),
        phone: Some(text(&"1".repeat(200))),
        address,
    };
    largest.user.created_at = order_core::Timestamp::MIN;
    largest.user.updated_at = order_core::Timestamp::MAX;
    largest.password =
        PasswordHash::new(&format!("$argon2id$v=19$m=19456,t=2,p=1${}", "x".repeat(200)));
    let mut all = vec![largest];
    all.extend(RoleKind::ALL.map(|role| account(role.as_str(), role)));
    for account in &all {
        world.store.put_account(account).await.unwrap();
        assert_eq!(world.store.account(&account.user.id).await.unwrap().as_ref(), Some(account));
    }
    let page = UserQuery { limit: PAGE_MAX, ..UserQuery::default() };
    let listed = world.store.list_users(&page).await.unwrap().users;
    for account in &all {
        assert!(listed.contains(&account.user), "{account:?}");
    }
}

/// `Accounts` clause 5: an account is found by its e-mail address, whatever its case.
pub async fn c162_an_account_is_found_by_its_email_in_any_case(fixture: Fixture) {
    let world = World::over(fixture);
    let mut known = account("u", RoleKind::Customer);
    known.user.email = text("Ünsal.Ann@Shop.Example");
    world.store.put_account(&known).await.unwrap();
    for spelt in ["Ünsal.Ann@Shop.Example", "ünsal.ann@shop.example", "ÜNSAL.ANN@SHOP.EXAMPLE"] {
        let found = world.store.account_of(&text(spelt)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&known), "{spelt}");
    }
}

/// What is not there is not found, and what only looks like it is not it.
pub async fn c163_an_account_that_is_not_there_is_none(fixture: Fixture) {
    let world = World::over(fixture);
    put(&world, "ann", RoleKind::Customer).await;
    for id in ["Ann", "an", "annn", "bob", "ann%", "_nn"] {
        assert_eq!(get(&world, id).await, None, "{id}");
    }
    for email in ["nn@shop.example", "ann@shop.exampl", "%@shop.example", "_nn@shop.example"] {
        assert_eq!(world.store.account_of(&text(email)).await.unwrap(), None, "{email}");
    }
}

/// `Accounts` clause 1: version 1 inserts, version n + 1 replaces version n, and anything else is a
/// conflict that changes nothing.
pub async fn c164_an_account_is_replaced_version_by_version(fixture: Fixture) {
    let world = World::over(fixture);
    let at = |version, role| {
        let mut account = account("u", role);
        account.user.version = version;
        account
    };
    for version in [0, 2, 3, u64::MAX] {
        let refused = world.store.put_account(&at(version, RoleKind::Staff)).await.unwrap_err();
        assert!(matches!(refused, StoreError::UserConflict), "{version}: {refused:?}");
    }
    world.store.put_account(&at(1, RoleKind::Customer)).await.unwrap();
    world.store.put_account(&at(2, RoleKind::Staff)).await.unwrap();
    for version in [0, 1, 2, 4, u64::MAX] {
        for role in [RoleKind::Admin, RoleKind::Customer] {
            let refused = world.store.put_account(&at(version, role)).await.unwrap_err();
            assert!(matches!(refused, StoreError::UserConflict), "{version}: {refused:?}");
        }
    }
    assert_eq!(get(&world, "u").await, Some(at(2, RoleKind::Staff)));
}

/// Of many who insert or replace one account at once one succeeds, and each loser fails as a
/// conflict.
pub async fn c165_the_losers_of_a_race_for_an_account_fail_as_conflicts(fixture: Fixture) {
    let world = World::over(fixture);
    for version in 1..=5 {
        let results = world
            .race((0..20).map(|n| {
                let store = world.store.clone();
                let role = if n % 2 == 0 { RoleKind::Admin } else { RoleKind::Staff };
                let mut rival = account("u", role);
                rival.user.version = version;
                rival.password = PasswordHash::new(&format!("by {n}"));
                // So that nobody is the last.
                async move {
                    let _ = store.put_account(&account("root", RoleKind::Admin)).await;
                    store.put_account(&rival).await
                }
            }))
            .await;
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(refused, StoreError::UserConflict), "{refused:?}");
        }
        let winners: Vec<_> = (0..20).filter(|n| results[*n].is_ok()).collect();
        assert_eq!(winners.len(), 1);
        let kept = get(&world, "u").await.unwrap();
        assert_eq!(kept.user.version, version);
        assert_eq!(kept.password, PasswordHash::new(&format!("by {}", winners[0])));
    }
}

/// `Accounts` clause 2: an e-mail address belongs to one account, whatever its case.
pub async fn c166_an_email_belongs_to_one_account(fixture: Fixture) {
    let world = World::over(fixture);
    put(&world, "ann", RoleKind::Admin).await;
    let bob = put(&world, "bob", RoleKind::Customer).await;
    let mut second = account("ann-2", RoleKind::Customer);
    second.user.email = text("ANN@shop.EXAMPLE");
    let refused = world.store.put_account(&second).await.unwrap_err();
    assert!(matches!(refused, StoreError::EmailTaken), "{refused:?}");
    for role in [RoleKind::Customer, RoleKind::Admin] {
        let envious = next(&bob, |user| {
            user.email = text("Ann@shop.example");
            user.role = role;
        });
        let refused = world.store.put_account(&envious).await.unwrap_err();
        assert!(matches!(refused, StoreError::EmailTaken), "{refused:?}");
    }
    assert_eq!(get(&world, "ann-2").await, None);
    assert_eq!(get(&world, "bob").await, Some(bob));
}

/// An account keeps its e-mail address, in the same case or another, when something else changes.
pub async fn c167_an_account_keeps_its_email_when_it_changes(fixture: Fixture) {
    let world = World::over(fixture);
    let first = put(&world, "ann", RoleKind::Customer).await;
    let second = next(&first, |user| user.role = RoleKind::Staff);
    world.store.put_account(&second).await.unwrap();
    let third = next(&second, |user| user.email = text("ANN@shop.example"));
    world.store.put_account(&third).await.unwrap();
    assert_eq!(world.store.account_of(&text("ann@shop.example")).await.unwrap(), Some(third));
}

/// An e-mail address that nobody has any more is free.
pub async fn c168_an_email_that_was_given_up_is_free(fixture: Fixture) {
    let world = World::over(fixture);
    let ann = put(&world, "ann", RoleKind::Customer).await;
    let moved = next(&ann, |user| user.email = text("new@shop.example"));
    world.store.put_account(&moved).await.unwrap();
    assert_eq!(world.store.account_of(&ann.user.email).await.unwrap(), None);
    let mut heir = account("heir", RoleKind::Customer);
    heir.user.email = ann.user.email.clone();
    world.store.put_account(&heir).await.unwrap();
    world.store.remove_account(&text("heir"), 1).await.unwrap();
    let back = next(&moved, |user| user.email = ann.user.email.clone());
    world.store.put_account(&back).await.unwrap();
    assert_eq!(world.store.account_of(&ann.user.email).await.unwrap(), Some(back));
}

/// Of many who want one e-mail address at once one gets it, and each loser hears why.
pub async fn c169_of_many_at_once_one_gets_an_email(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..5 {
        let results = world
            .race((0..16).map(|n| {
                let store = world.store.clone();
                let mut rival = account(&format!("u-{round}-{n}"), RoleKind::Customer);
                let spelt = if n % 2 == 0 { "Same" } else { "same" };
                let own = rival.clone();
                rival.user.email = text(&format!("{spelt}{round}@shop.example"));
                async move {
                    if n % 4 == 0 {
                        // Some have an account already.
                        store.put_account(&own).await.unwrap();
                        rival.user.version = 2;
                    }
                    store.put_account(&rival).await
                }
            }))
            .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for refused in results.iter().filter_map(|result| result.as_ref().err()) {
            assert!(matches!(refused, StoreError::EmailTaken), "{refused:?}");
        }
    }
}

/// `Accounts` clause 3: the last administrator is neither demoted nor removed, but may change.
pub async fn c170_the_last_admin_is_neither_demoted_nor_removed(fixture: Fixture) {
    let world = World::over(fixture);
    let admin = put(&world, "root", RoleKind::Admin).await;
    for role in [RoleKind::Customer, RoleKind::Staff, RoleKind::Service] {
        put(&world, role.as_str(), role).await;
        let demoted = next(&admin, |user| user.role = role);
        let refused = world.store.put_account(&demoted).await.unwrap_err();
        assert!(matches!(refused, StoreError::LastAdmin), "{refused:?}");
    }
    let refused = world.store.remove_account(&text("root"), 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::LastAdmin), "{refused:?}");
    let renamed = next(&admin, |user| user.email = text("root2@shop.example"));
    world.store.put_account(&renamed).await.unwrap();
    assert_eq!(get(&world, "root").await, Some(renamed));
    // The others come and go.
    world.store.remove_account(&text("staff"), 1).await.unwrap();
}

/// One of several administrators can be demoted or removed.
pub async fn c171_one_of_several_admins_can_go(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["a", "b", "c"] {
        put(&world, id, RoleKind::Admin).await;
    }
    world.store.remove_account(&text("a"), 1).await.unwrap();
    let demoted = next(&account("c", RoleKind::Admin), |user| user.role = RoleKind::Customer);
    world.store.put_account(&demoted).await.unwrap();
    let refused = world.store.remove_account(&text("b"), 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::LastAdmin), "{refused:?}");
    let promoted = next(&demoted, |user| user.role = RoleKind::Admin);
    world.store.put_account(&promoted).await.unwrap();
    world.store.remove_account(&text("b"), 1).await.unwrap();
}

/// However many administrators leave at once, one stays.
pub async fn c172_admins_that_leave_at_once_leave_one(fixture: Fixture) {
    let world = World::over(fixture);
    for round in 0..20 {
        let ids: Vec<_> = (0..6).map(|n| format!("admin-{round}-{n}")).collect();
        for id in &ids {
            put(&world, id, RoleKind::Admin).await;
        }
        if round > 0 {
            // Whoever stayed in the last round goes first.
            for last in admins(&world).await.into_iter().filter(|id| !ids.contains(id)) {
                world.store.remove_account(&text(&last), 1).await.unwrap();
            }
        }
        let results = world
            .race((0_usize..).zip(&ids).map(|(n, id)| {
                let (store, present) = (world.store.clone(), account(id, RoleKind::Admin));
                async move {
                    if n % 2 == 0 {
                        return store.remove_account(&present.user.id, 1).await;
                    }
                    store.put_account(&next(&present, |user| user.role = RoleKind::Staff)).await
                }
            }))
            .await;
        let left = admins(&world).await;
        assert_eq!(left.len(), 1, "round {round}: {results:?}");
        let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert!(matches!(refused[..], [StoreError::LastAdmin]), "{refused:?}");
    }
}

async fn admins(world: &World) -> Vec<String> {
    let page = UserQuery { limit: PAGE_MAX, ..UserQuery::default() };
    let users = world.store.list_users(&page).await.unwrap().users;
    let admins = users.into_iter().filter(|user| user.role == RoleKind::Admin);
    admins.map(|user| user.id.to_string()).collect()
}

/// `Accounts` clause 4: a removed account is found nowhere, and its id and address are free.
pub async fn c173_a_removed_account_is_gone(fixture: Fixture) {
    let world = World::over(fixture);
    put(&world, "root", RoleKind::Admin).await;
    let ann = put(&world, "ann", RoleKind::Customer).await;
    world.store.remove_account(&text("ann"), 1).await.unwrap();
    assert_eq!(get(&world, "ann").await, None);
    assert_eq!(world.store.account_of(&ann.user.email).await.unwrap(), None);
    let page = UserQuery { limit: PAGE_MAX, ..UserQuery::default() };
    assert_eq!(world.store.list_users(&page).await.unwrap().users.len(), 1);
    let refused = world.store.remove_account(&text("ann"), 1).await.unwrap_err();
    assert!(matches!(refused, StoreError::UserConflict), "{refused:?}");
    world.store.put_account(&ann).await.unwrap();
}

/// `Accounts` clause 4: only the version that is named is removed.
pub async fn c174_an_account_is_removed_by_its_version(fixture: Fixture) {
    let world = World::over(fixture);
    let first = put(&world, "ann", RoleKind::Customer).await;
    world.store.put_account(&next(&first, |_| ())).await.unwrap();
    for version in [0, 1, 3, u64::MAX] {
        let refused = world.store.remove_account(&text("ann"), version).await.unwrap_err();
        assert!(matches!(refused, StoreError::UserConflict), "{version}: {refused:?}");
    }
    for version in [0, 1] {
        let refused = world.store.remove_account(&text("bob"), version).await.unwrap_err();
        assert!(matches!(refused, StoreError::UserConflict), "{version}: {refused:?}");
    }
    world.store.remove_account(&text("ann"), 2).await.unwrap();
    assert_eq!(get(&world, "ann").await, None);
}

/// Users are listed by id, byte by byte, page by page, to the end and no further.
pub async fn c175_users_are_listed_by_id(fixture: Fixture) {
    let world = World::over(fixture);
    let mut sorted = ["b", "B", "a", "10", "9", "é", "🦀", "z", "a1"];
    for (n, id) in sorted.iter().enumerate() {
        let mut user = account(id, RoleKind::Customer);
        user.user.email = text(&format!("{n}@shop.example"));
        world.store.put_account(&user).await.unwrap();
    }
    sorted.sort_unstable();
    for limit in [1, 2, 8, 9, 10] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = UserQuery { after: after.clone(), limit, ..UserQuery::default() };
            let page = world.store.list_users(&page).await.unwrap();
            assert!(page.users.len() <= limit as usize);
            all.extend(page.users.iter().map(|user| user.id.to_string()));
            if !page.more {
                break;
            }
            assert_eq!(page.users.len(), limit as usize, "only the last page may be short");
            after = page.users.last().map(|user| user.id.clone());
        }
        assert_eq!(all, sorted, "by {limit}");
    }
}

/// A list can be of one e-mail address, in any case.
pub async fn c176_users_are_listed_by_email(fixture: Fixture) {
    let world = World::over(fixture);
    for id in ["ann", "bob"] {
        put(&world, id, RoleKind::Customer).await;
    }
    for (email, after, expected) in [
        ("BOB@shop.example", None, &["bob"][..]),
        ("bob@shop.example", Some("ann"), &["bob"]),
        ("bob@shop.example", Some("bob"), &[]),
        ("bo@shop.example", None, &[]),
    ] {
        let query = UserQuery { email: Some(text(email)), after: after.map(text), limit: 9 };
        let page = world.store.list_users(&query).await.unwrap();
        let found: Vec<_> = page.users.iter().map(|user| user.id.as_str()).collect();
        assert_eq!((found.as_slice(), page.more), (expected, false), "{email}");
    }
}

/// Of several reasons to refuse a change the first is the version, then the address, then that
/// nobody would be left.
pub async fn c177_reasons_to_refuse_an_account_come_in_order(fixture: Fixture) {
    let world = World::over(fixture);
    let admin = put(&world, "root", RoleKind::Admin).await;
    put(&world, "ann", RoleKind::Customer).await;
    let demoted = next(&admin, |user| {
        user.role = RoleKind::Staff;
        user.email = text("ann@shop.example");
    });
    let early = next(&demoted, |_| ());
    let refused = world.store.put_account(&early).await.unwrap_err();
    assert!(matches!(refused, StoreError::UserConflict), "{refused:?}");
    let refused = world.store.put_account(&demoted).await.unwrap_err();
    assert!(matches!(refused, StoreError::EmailTaken), "{refused:?}");
    let alone = next(&admin, |user| user.role = RoleKind::Staff);
    let refused = world.store.put_account(&alone).await.unwrap_err();
    assert!(matches!(refused, StoreError::LastAdmin), "{refused:?}");
    let refused = world.store.remove_account(&text("root"), 2).await.unwrap_err();
    assert!(matches!(refused, StoreError::UserConflict), "{refused:?}");
}
