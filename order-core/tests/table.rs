//! What the transition table must be, whatever its rows are.

use std::collections::{BTreeSet, HashSet};

use order_core::{
    Action, ActionSet, FulfillmentStatus, Lifecycle, PaymentStatus, ReturnStatus, Status,
    TRANSITIONS, Transition,
};

fn rows_from(status: Status) -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().filter(move |row| row.from == Some(status))
}

/// The statuses that the rows lead to from here, in any number of steps, this one included.
fn reachable(start: impl IntoIterator<Item = Status>) -> BTreeSet<Status> {
    let mut reached: BTreeSet<_> = start.into_iter().collect();
    let mut open: Vec<_> = reached.iter().copied().collect();
    while let Some(status) = open.pop() {
        open.extend(rows_from(status).map(|row| row.to).filter(|to| reached.insert(*to)));
    }
    reached
}

/// Clients and documents rely on the moves: to take one away or to lead it elsewhere breaks them, so
/// it must be meant. The order of the rows is not promised.
#[test]
fn the_moves_are_those_that_were_agreed() {
    let name = |from: Option<Status>| from.map_or("nothing", Status::as_str);
    let line = |row: &Transition| format!("{} -- {} -> {}", name(row.from), row.action, row.to);
    let rows: BTreeSet<_> = TRANSITIONS.iter().map(line).collect();
    let agreed = include_str!("wire/transitions.txt").lines().map(str::to_owned).collect();
    assert_eq!(rows, agreed);
}

#[test]
fn no_row_stands_twice() {
    let rows: HashSet<_> = TRANSITIONS.iter().collect();
    assert_eq!(rows.len(), TRANSITIONS.len());
}

#[test]
fn every_status_is_reached_from_nothing() {
    let begun = TRANSITIONS.iter().filter(|row| row.from.is_none()).map(|row| row.to);
    assert_eq!(reachable(begun), Status::ALL.iter().copied().collect());
}

#[test]
fn from_every_status_the_rows_lead_to_one_where_nothing_more_needs_to_happen() {
    for status in Status::ALL {
        let ends = reachable([*status]);
        assert!(ends.iter().any(|status| status.is_terminal()), "{status}");
    }
}

#[test]
fn only_a_completed_order_leaves_a_terminal_status_and_only_by_coming_back() {
    let terminal = [Status::Completed, Status::Cancelled, Status::Returned];
    for status in Status::ALL {
        assert_eq!(status.is_terminal(), terminal.contains(status), "{status}");
    }
    let leaving: Vec<_> = terminal.into_iter().flat_map(rows_from).collect();
    let leaving: Vec<_> = leaving.into_iter().filter(|row| row.from != Some(row.to)).collect();
    let from = Some(Status::Completed);
    let back = Transition { from, action: Action::ReceiveReturn, to: Status::Returned };
    assert_eq!(leaving, [&back]);
}

#[test]
fn what_can_be_held_can_be_released_and_what_can_be_archived_is_done_and_can_be_taken_out() {
    for status in Status::ALL.iter().copied() {
        let has = |action| Transition::starts(Some(status), action);
        assert!(!has(Action::Hold) || has(Action::Release), "{status}");
        assert_eq!(has(Action::Archive), status.is_terminal(), "{status}");
        assert_eq!(has(Action::Unarchive), status.is_terminal(), "{status}");
        assert!(has(Action::Note), "{status}");
        // A person may ask to be forgotten at any time.
        assert!(has(Action::Erase), "{status}");
        // What a provider says may come at any time after the placement.
        assert_eq!(has(Action::Advance), status != Status::Draft, "{status}");
    }
}

#[test]
fn a_held_order_stays_where_it_is_or_is_called_off_but_goods_and_money_under_way_are_recorded() {
    use Action::{
        Archive, Cancel, CancelItems, Capture, Complete, Confirm, Deliver, Edit, Hold, Note, Place,
        Process, Refund, Release, RequestReturn, Ship,
    };
    for action in [Cancel, CancelItems, Capture, Deliver, Note, Refund, Release, RequestReturn] {
        assert!(action.passes_hold(), "{action}");
    }
    for action in [Archive, Complete, Confirm, Edit, Hold, Place, Process, Ship] {
        assert!(!action.passes_hold(), "{action}");
    }
    let passing = Action::ALL.iter().filter(|action| action.passes_archive());
    assert!(passing.eq(&[Action::Unarchive, Action::Advance, Action::Note, Action::Erase]));
}

#[test]
fn looking_up_says_the_same_as_reading_the_rows() {
    let froms = Status::ALL.iter().copied().map(Some).chain([None]);
    for from in froms {
        for action in Action::ALL.iter().copied() {
            let starts = TRANSITIONS.iter().any(|row| row.from == from && row.action == action);
            assert_eq!(Transition::starts(from, action), starts, "{from:?} {action}");
            for to in Status::ALL.iter().copied() {
                let row = Transition { from, action, to };
                assert_eq!(row.is_legal(), TRANSITIONS.contains(&row), "{row:?}");
            }
        }
    }
}

macro_rules! names_are_the_wire_form {
    ($($axis:ident)*) => {$({
        let names: HashSet<_> = $axis::ALL.iter().map(|value| value.as_str()).collect();
        assert_eq!(names.len(), $axis::ALL.len());
        for value in $axis::ALL.iter().copied() {
            let name = value.as_str();
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(name.parse(), Ok(value));
            assert_eq!(value.to_string(), name);
            assert_eq!(serde_json::to_value(value).unwrap(), name);
            assert_eq!(serde_json::from_value::<$axis>(name.into()).unwrap(), value);
        }
    })*};
}

#[test]
fn names_are_unique_snake_case_and_the_same_in_json_and_text() {
    names_are_the_wire_form!(Action Lifecycle Status PaymentStatus FulfillmentStatus ReturnStatus);
}

#[test]
fn the_words_of_the_five_services_are_read_in_any_case() {
    let words = [
        ("canceled", Status::Cancelled),
        ("cancelled", Status::Cancelled),
        ("refund", Status::Returned),
        ("returned", Status::Returned),
        ("preparing for shipment", Status::Processing),
        ("processing", Status::Processing),
        ("out for delivery", Status::Shipped),
        ("shipped", Status::Shipped),
        ("pending", Status::Pending),
        ("created", Status::Pending),
        ("delivered", Status::Delivered),
        ("completed", Status::Completed),
        ("confirmed", Status::Confirmed),
        ("partially shipped", Status::PartiallyShipped),
    ];
    for (word, status) in words {
        let (first, rest) = word.split_at(1);
        let capital = first.to_uppercase() + rest;
        for spelt in [word, &word.to_uppercase(), &capital, &format!(" {word} ")] {
            assert_eq!(spelt.parse(), Ok(status), "{spelt}");
            assert_eq!(spelt.replace(' ', "_").trim_matches('_').parse(), Ok(status), "{spelt}");
            assert_eq!(spelt.trim().replace(' ', "-").parse(), Ok(status), "{spelt}");
        }
    }
    for word in ["", " ", "lost", "shippedd", "ship ped", &"shipped".repeat(100), "versandt"] {
        let error = word.parse::<Status>().unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str()),
            ("status.unknown", "not a known status")
        );
    }
    assert!("Ship".parse::<Action>().is_err(), "actions have one spelling");
}

#[test]
fn a_set_of_actions_holds_what_was_put_in_and_reads_like_a_list() {
    assert_eq!(ActionSet::EMPTY.to_string(), "nothing");
    assert!(ActionSet::EMPTY.is_empty());
    let set: ActionSet = [Action::Note, Action::Draft, Action::Note].into_iter().collect();
    assert_eq!(set, ActionSet::EMPTY.with(Action::Draft).with(Action::Note));
    assert_eq!(set.to_string(), "draft, note");
    assert_eq!(serde_json::to_string(&set).unwrap(), r#"["draft","note"]"#);
    let all: ActionSet = Action::ALL.iter().copied().collect();
    assert!(all.iter().eq(Action::ALL.iter().copied()), "each action has a place of its own");
    assert!(Action::ALL.iter().all(|action| set.contains(*action) == (set.with(*action) == set)));
}
