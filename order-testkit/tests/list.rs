//! No clause is forgotten: a function that is not in the list would never run.

use std::{fs, io, path::Path};

fn listed() -> Vec<String> {
    let lines = include_str!("../src/list.rs").lines().map(str::trim);
    lines.filter(|line| is_clause(line)).map(str::to_owned).collect()
}

/// The clauses of every file in the folder.
fn written() -> io::Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/contract");
    let mut written = Vec::new();
    for file in fs::read_dir(folder)? {
        written.extend(clauses(&fs::read_to_string(file?.path())?));
    }
    Ok(written)
}

fn clauses(source: &str) -> Vec<String> {
    let functions = source.split("pub async fn ").skip(1);
    let names = functions.filter_map(|rest| rest.split('(').next());
    names.filter(|name| is_clause(name)).map(str::to_owned).collect()
}

fn is_clause(name: &str) -> bool {
    let mut chars = name.chars();
    matches!(chars.next(), Some('c' | 'd'))
        && chars.next().is_some_and(|second| second.is_ascii_digit())
}

#[test]
fn every_clause_is_in_the_list_once() {
    let (mut listed, mut written) = (listed(), written().unwrap());
    listed.sort_unstable();
    written.sort_unstable();
    assert_eq!(listed, written);
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
