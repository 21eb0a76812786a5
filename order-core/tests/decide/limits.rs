//! Everything has a limit with a name; each is held to from both sides.

use std::collections::BTreeMap;

use order_core::{
    AdjustmentKind::Fee,
    Command, Content, Edit, Rejection,
    order::{
        ADJUSTMENTS_MAX, LEDGER_MAX, LINES_MAX, METADATA_KEY_MAX, METADATA_MAX, METADATA_VALUE_MAX,
        NOTE_MAX, NOTES_MAX, QUANTITY_MAX, TAGS_MAX,
    },
};

use crate::given::*;

fn whole() -> Content {
    content(lines(&[(1, 100)]))
}

/// Places and edits with what the limit allows, and with one more.
fn holds(what: &'static str, max: usize, with: impl Fn(usize) -> (Content, Edit)) {
    let (fits, too_many) = (with(max), with(max + 1));
    NOTHING.when(place(fits.0)).taken();
    placed(&[(1, 100)]).when(Command::Edit(fits.1)).taken();
    let rejection = NOTHING.when(place(too_many.0)).rejection();
    assert_eq!(rejection, Rejection::TooMany { what, max });
    let rejection = placed(&[(1, 100)]).when(Command::Edit(too_many.1)).rejection();
    assert_eq!(rejection, Rejection::TooMany { what, max });
}

#[test]
fn lists_have_a_limit() {
    holds("lines", LINES_MAX, |count| {
        let lines = lines(&vec![(1, 1); count]);
        (content(lines.clone()), Edit { lines: Some(lines), ..Edit::default() })
    });
    holds("adjustments", ADJUSTMENTS_MAX, |count| {
        let adjustments = named(vec![amount_of(Fee, 1); count]);
        let edit = Edit { adjustments: Some(adjustments.clone()), ..Edit::default() };
        (Content { adjustments, ..whole() }, edit)
    });
    holds("tags", TAGS_MAX, |count| {
        let tags = vec![text("t"); count];
        (Content { tags: tags.clone(), ..whole() }, Edit { tags: Some(tags), ..Edit::default() })
    });
    holds("metadata entries", METADATA_MAX, |count| {
        let entry = |at: usize| (at.to_string(), String::new());
        let metadata: BTreeMap<_, _> = (0..count).map(entry).collect();
        let edit = Edit { metadata: Some(metadata.clone()), ..Edit::default() };
        (Content { metadata, ..whole() }, edit)
    });
}

#[test]
fn a_quantity_has_a_limit_wherever_it_is_named() {
    let with = |quantity| place(content(lines(&[(quantity, 1)])));
    let order = given([with(QUANTITY_MAX), Command::Confirm]);
    for quantity in [0, QUANTITY_MAX + 1, u32::MAX] {
        NOTHING.when(with(quantity)).rejected("order.quantity_out_of_range");
        order.when(ship(Some(&[("1", quantity)]))).rejected("order.quantity_out_of_range");
        order.when(cancel_items(&[("1", quantity)])).rejected("order.quantity_out_of_range");
    }
    let many = [("1", QUANTITY_MAX); 6];
    order.when(ship(Some(&many))).rejected("order.quantity_exceeded");
    order.when(ship(Some(&[("1", QUANTITY_MAX)]))).taken();
}

#[test]
fn metadata_has_short_keys_bounded_values_and_no_control_characters() {
    let with = |key: &str, value: &str| {
        let metadata = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        place(Content { metadata, ..whole() })
    };
    let (key, value) = ("k".repeat(METADATA_KEY_MAX), "v".repeat(METADATA_VALUE_MAX));
    NOTHING.when(with(&key, &value)).taken();
    NOTHING.when(with(&format!("{key}k"), &value)).rejected("text.invalid");
    NOTHING.when(with(&key, &format!("{value}v"))).rejected("text.invalid");
    NOTHING.when(with("", "v")).rejected("text.invalid");
    NOTHING.when(with("k", "")).taken();
    NOTHING.when(with("k\0", "v")).rejected("text.invalid");
    NOTHING.when(with("k", "v\0")).rejected("text.invalid");
}

#[test]
fn notes_have_a_limit_in_length_and_in_number() {
    let order = placed(&[(1, 100)]);
    order.when(note(&"n".repeat(NOTE_MAX))).taken();
    order.when(note(&"n".repeat(NOTE_MAX + 1))).rejected("text.invalid");
    let full = order.and(std::iter::repeat_n(note("n"), NOTES_MAX));
    let rejection = full.when(note("n")).rejection();
    assert_eq!(rejection, Rejection::TooMany { what: "notes", max: NOTES_MAX });
}

#[test]
fn ledgers_have_a_limit() {
    let max = LEDGER_MAX;
    let units = u32::try_from(max).unwrap() + 1;
    let one: &[(&str, u32)] = &[("1", 1)];
    let full = confirmed(&[(units, 1)]).and(std::iter::repeat_n(ship(Some(one)), max));
    let rejection = full.when(ship(Some(one))).rejection();
    assert_eq!(rejection, Rejection::TooMany { what: "shipments", max });

    let full = delivered(&[(units, 1)]).and(std::iter::repeat_n(ask_back(Some(one)), max));
    let rejection = full.when(ask_back(Some(one))).rejection();
    assert_eq!(rejection, Rejection::TooMany { what: "returns", max });

    let full = placed(&[(units, 1)]).and(std::iter::repeat_n(capture(1), max));
    for command in [capture(1), fail(None), authorize("x", 1)] {
        let rejection = full.when(command).rejection();
        assert_eq!(rejection, Rejection::TooMany { what: "payments", max });
    }

    let full = placed(&[(units, 1)]).and([capture(None)]);
    let full = full.and(std::iter::repeat_n(refund(1), max));
    let rejection = full.when(refund(1)).rejection();
    assert_eq!(rejection, Rejection::TooMany { what: "refunds", max });
}
