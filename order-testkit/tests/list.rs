//! No clause is forgotten: a function that is not in the list would never run.

/// The clauses and the lists that make tests of them.
const SOURCES: &[&str] = &[
    include_str!("../src/contract/commits.rs"),
    include_str!("../src/contract/histories.rs"),
    include_str!("../src/contract/keys.rs"),
    include_str!("../src/contract/versions.rs"),
    include_str!("../src/contract/stock.rs"),
    include_str!("../src/contract/numbers.rs"),
    include_str!("../src/contract/lists.rs"),
    include_str!("../src/contract/searches.rs"),
    include_str!("../src/contract/references.rs"),
    include_str!("../src/contract/products.rs"),
    include_str!("../src/contract/books.rs"),
    include_str!("../src/contract/reports.rs"),
    include_str!("../src/contract/maintenance.rs"),
    include_str!("../src/contract/feeds.rs"),
    include_str!("../src/contract/relays.rs"),
    include_str!("../src/contract/accounts.rs"),
    include_str!("../src/contract/users.rs"),
    include_str!("../src/contract/agendas.rs"),
    include_str!("../src/contract/inboxes.rs"),
    include_str!("../src/contract/backorders.rs"),
    include_str!("../src/contract/shelves.rs"),
    include_str!("../src/contract/readers.rs"),
    include_str!("../src/contract/intakes.rs"),
    include_str!("../src/contract/outboxes.rs"),
    include_str!("../src/contract/streams.rs"),
    include_str!("../src/contract/subscriptions.rs"),
    include_str!("../src/contract/deliveries.rs"),
    include_str!("../src/contract/revalidations.rs"),
    include_str!("../src/contract/erasures.rs"),
    include_str!("../src/contract/audits.rs"),
    include_str!("../src/contract/figures.rs"),
    include_str!("../src/contract/lives.rs"),
    include_str!("../src/contract/questions.rs"),
    include_str!("../src/contract/verified.rs"),
    include_str!("../src/contract/leases.rs"),
    include_str!("../src/contract/damage.rs"),
    include_str!("../src/contract/tour.rs"),
];

fn listed() -> Vec<&'static str> {
    let lines = include_str!("../src/list.rs").lines().map(str::trim);
    lines.filter(|line| is_clause(line)).collect()
}

fn is_clause(name: &str) -> bool {
    let mut chars = name.chars();
    matches!(chars.next(), Some('c' | 'd'))
        && chars.next().is_some_and(|second| second.is_ascii_digit())
}

#[test]
fn every_clause_is_in_the_list_once() {
    let functions = SOURCES.iter().flat_map(|source| source.split("pub async fn ").skip(1));
    let names = functions.filter_map(|rest| rest.split('(').next());
    let written: Vec<_> = names.filter(|name| is_clause(name)).collect();
    assert_eq!(listed(), written);
    assert!(written.len() > 100);
}

#[test]
fn clauses_are_numbered_without_gaps() {
    for kind in ['c', 'd'] {
        let own = listed().into_iter().filter(|name| name.starts_with(kind));
        let numbers: Vec<usize> =
            own.filter_map(|name| name[1..].split('_').next()?.parse().ok()).collect();
        assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    }
}

#[test]
fn every_file_of_clauses_is_looked_at() {
    let modules = include_str!("../src/contract.rs");
    let modules = modules.lines().filter(|line| line.contains("mod ") && line.ends_with(';'));
    assert_eq!(modules.count(), SOURCES.len() + 1, "all but `world` are sources");
}
