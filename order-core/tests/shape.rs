//! The shape of the workspace: who knows whom, what is how large, what crosses threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use order_core::{
    Command, Order, OrderEvent, OrderService, Orders, Recorded, Rejection, Relay, RelayError,
    ServiceError, UserService, Users, WebhookService, Webhooks,
    ports::{
        Accounts, Authenticator, Books, CallbackError, CallbackReader, Catalog, Clock, Commit,
        CredentialError, CustomerLookup, EndpointError, EventFeed, EventPublisher, IdSource,
        Inventory, Maintenance, OrderQueries, OrderStore, Outbox, PasswordHasher, Payments,
        ProductLookup, PublishError, RemoteError, Revalidation, Store, StoreError, Subscriptions,
        TokenIssuer, WebhookSender,
    },
    webhook::{Deliverer, FanOut},
};

/// All that the core may depend on.
const ALLOWED: [&str; 4] = ["async-trait", "serde", "thiserror", "uuid"];
/// Who may see more than one adapter.
const ROOTS: [&str; 4] = ["order-server", "order-cli", "order-examples", "order-benches"];
/// Errors travel in every `Result`; larger ones would make every call copy them.
const ERROR_BYTES_MAX: usize = 64;
const FILE_LINES_GOAL: usize = 400;
const FILE_LINES_MAX: usize = 500;

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A manifest's sections, each a list of `key = value` lines.
type Manifest = BTreeMap<String, Vec<(String, String)>>;

fn manifest(folder: &Path) -> Manifest {
    let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let mut sections = Manifest::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.trim_matches(['[', ']']).clone_into(&mut section);
            // `[dependencies.name]` is one more way to write a dependency.
            let parts = section.rsplit_once('.').map(|(of, name)| (of.to_owned(), name.to_owned()));
            if let Some((of, name)) = parts.filter(|(of, _)| of.ends_with("dependencies")) {
                sections.entry(of).or_default().push((name, String::new()));
            }
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let entry = (key.trim().to_owned(), value.trim().to_owned());
            sections.entry(section.clone()).or_default().push(entry);
        }
    }
    sections
}

/// The names of the dependencies in the sections that are asked for, those of targets included.
fn dependencies(manifest: &Manifest, kinds: &[&str]) -> BTreeSet<String> {
    let wanted = |section: &str| {
        kinds.iter().any(|kind| {
            section == *kind
                || section.starts_with("target.") && section.ends_with(&format!(".{kind}"))
        })
    };
    let sections = manifest.iter().filter(|(section, _)| wanted(section));
    let keys = sections.flat_map(|(_, entries)| entries.iter().map(|(key, _)| key));
    keys.map(|key| key.split('.').next().unwrap().to_owned()).collect()
}

const ALL: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Every crate of the workspace by name.
fn crates() -> BTreeMap<String, Manifest> {
    let root = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let members = root.split("members = [").nth(1).unwrap().split(']').next().unwrap();
    let folders = members.split('"').skip(1).step_by(2);
    let named = folders.map(|folder| {
        let manifest = manifest(&workspace().join(folder));
        let name = manifest["package"].iter().find(|(key, _)| key == "name").unwrap();
        (name.1.trim_matches('"').to_owned(), manifest)
    });
    named.collect()
}

#[test]
fn the_core_knows_four_crates_and_none_of_ours() {
    let core = &crates()["order-core"];
    let known = dependencies(core, &["dependencies", "build-dependencies"]);
    assert_eq!(known, ALLOWED.map(str::to_owned).into());
    let dev = dependencies(core, &["dev-dependencies"]);
    assert!(dev.iter().all(|name| !name.starts_with("order-")), "{dev:?}");
}

#[test]
fn the_core_cannot_make_an_id_of_its_own() {
    let shared = &manifest(&workspace())["workspace.dependencies"];
    let (_, uuid) = shared.iter().find(|(key, _)| key == "uuid").unwrap();
    assert!(uuid.contains("default-features = false") && !uuid.contains("features = ["), "{uuid}");
    let own = &crates()["order-core"]["dependencies"];
    let (key, value) = own.iter().find(|(key, _)| key.starts_with("uuid")).unwrap();
    assert_eq!((key.as_str(), value.as_str()), ("uuid.workspace", "true"));
}

#[test]
fn adapters_know_the_core_and_never_each_other() {
    let crates = crates();
    let is_inner = |name: &str| name == "order-core" || name == "order-testkit";
    let adapters: BTreeSet<_> = crates
        .keys()
        .filter(|name| !is_inner(name) && !ROOTS.contains(&name.as_str()))
        .cloned()
        .collect();
    assert!(adapters.contains("order-http") && adapters.contains("order-store-sqlite"));
    assert!(adapters.contains("order-remote") && adapters.contains("order-broker"));
    let testkit = dependencies(&crates["order-testkit"], &ALL);
    assert!(testkit.is_disjoint(&adapters), "the test kit knows {testkit:?}");
    for name in &adapters {
        let known = dependencies(&crates[name], &ALL);
        assert!(known.contains("order-core"), "{name}");
        let others: Vec<_> = known.intersection(&adapters).collect();
        assert!(others.is_empty(), "{name} knows {others:?}");
        assert!(ROOTS.iter().all(|root| !known.contains(*root)), "{name} knows {known:?}");
    }
}

#[test]
fn only_tests_and_benchmarks_use_the_test_kit() {
    for (name, manifest) in crates() {
        let shipped = dependencies(&manifest, &["dependencies", "build-dependencies"]);
        let may = name == "order-benches" || name == "order-testkit";
        assert!(may || !shipped.contains("order-testkit"), "{name}");
    }
}

#[test]
fn ports_and_what_goes_through_them_cross_threads() {
    const fn crosses<T: Send + Sync + ?Sized>() {}
    const fn clones<T: Clone>() {}
    crosses::<dyn OrderStore>();
    crosses::<dyn OrderQueries>();
    crosses::<dyn Revalidation>();
    crosses::<dyn Catalog>();
    crosses::<dyn Books>();
    crosses::<dyn Maintenance>();
    crosses::<dyn EventFeed>();
    crosses::<dyn Outbox>();
    crosses::<dyn EventPublisher>();
    crosses::<dyn Accounts>();
    crosses::<dyn Authenticator>();
    crosses::<dyn PasswordHasher>();
    crosses::<dyn TokenIssuer>();
    crosses::<dyn Store>();
    crosses::<dyn Users>();
    crosses::<UserService>();
    crosses::<dyn Subscriptions>();
    crosses::<dyn WebhookSender>();
    crosses::<dyn Webhooks>();
    crosses::<WebhookService>();
    crosses::<(Deliverer, FanOut)>();
    crosses::<dyn Orders>();
    crosses::<dyn Clock>();
    crosses::<dyn IdSource>();
    crosses::<dyn Payments>();
    crosses::<dyn Inventory>();
    crosses::<dyn ProductLookup>();
    crosses::<dyn CustomerLookup>();
    crosses::<dyn CallbackReader>();
    crosses::<OrderService>();
    crosses::<Relay>();
    crosses::<Commit>();
    crosses::<(Order, OrderEvent, Command, Recorded)>();
    crosses::<(Rejection, StoreError, ServiceError, PublishError, RelayError)>();
    crosses::<(RemoteError, CallbackError)>();
    clones::<OrderService>();
    clones::<Commit>();
}

#[test]
fn errors_are_small() {
    let sizes = [
        ("Rejection", size_of::<Rejection>()),
        ("StoreError", size_of::<StoreError>()),
        ("ServiceError", size_of::<ServiceError>()),
        ("CredentialError", size_of::<CredentialError>()),
        ("PublishError", size_of::<PublishError>()),
        ("RelayError", size_of::<RelayError>()),
        ("RemoteError", size_of::<RemoteError>()),
        ("CallbackError", size_of::<CallbackError>()),
        ("EndpointError", size_of::<EndpointError>()),
    ];
    for (name, bytes) in sizes {
        assert!(bytes <= ERROR_BYTES_MAX, "{name} has {bytes} bytes");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn files_are_short_and_no_module_is_a_lumber_room() {
    let mut found = Vec::new();
    sources(&workspace(), &mut found);
    assert!(found.len() > 40, "{}", found.len());
    let mut long = Vec::new();
    for path in &found {
        let name = path.strip_prefix(workspace()).unwrap().display().to_string();
        let lines = fs::read_to_string(path).unwrap().lines().count();
        if lines > FILE_LINES_MAX {
            long.push(format!("{name}: {lines}"));
        } else if lines > FILE_LINES_GOAL {
            let warning = format!("warning: {name} has {lines} lines, aim for {FILE_LINES_GOAL}\n");
            std::io::stderr().write_all(warning.as_bytes()).unwrap();
        }
        let stem = path.file_stem().unwrap().to_string_lossy();
        let lumber = ["mod", "util", "utils", "common", "types", "helpers", "misc"];
        assert!(!lumber.contains(&&*stem), "{name}");
    }
    assert!(long.is_empty(), "files of more than {FILE_LINES_MAX} lines: {long:#?}");
}
