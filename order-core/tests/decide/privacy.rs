//! Personal data never gets into events, nor into debug output.

use order_core::{
    Address, Command, Edit, Email, Note, OrderEvent, Person, PersonalData, Timestamp,
};

use crate::given::*;

/// Stands in every personal field; nothing else in this crate says it.
const CANARY: &str = "canary";

fn address() -> Address {
    let [name, company, street, street2] = [(); 4].map(|()| some(CANARY));
    let [city, state, zip_code, country, phone] = [(); 5].map(|()| some(CANARY));
    Address { name, company, street, street2, city, state, zip_code, country, phone }
}

fn person() -> Box<Person> {
    Box::new(Person {
        email: some("canary@canary.example"),
        name: some(CANARY),
        phone: some(CANARY),
        shipping_address: Some(address()),
        billing_address: Some(address()),
    })
}

/// A life with everything in it, and the person in every command that can carry one.
fn life() -> Vec<Command> {
    let whole = content(lines(&[(2, 100), (1, 50)]));
    vec![
        Command::Draft { content: whole.into(), person: Some(person()) },
        note("canary wrote"),
        Command::Edit(Edit {
            tags: Some(vec![text("red")]),
            person: Some(person()),
            ..Edit::default()
        }),
        Command::Place { content: None, person: Some(person()) },
        Command::Confirm,
        HOLD,
        Command::Release,
        authorize("a", 200),
        capture(100),
        void(None),
        fail(None),
        capture(None),
        cancel_items(&[("2", 1)]),
        Command::Process,
        ship(Some(&[("1", 1)])),
        ship(None),
        deliver(),
        ask_back(Some(&[("1", 1)])),
        receive(None, None),
        refund_return("1"),
        ask_back(None),
        reject(None),
        Command::Complete,
        Command::Archive,
        note("canary again"),
        Command::Erase,
        note("canary once more"),
        Command::Unarchive,
    ]
}

#[test]
fn no_event_and_no_state_says_anything_of_a_person() {
    let mut order = NOTHING;
    let mut kinds = std::collections::BTreeSet::new();
    for command in life() {
        let when = order.when(&command);
        for event in when.events() {
            kinds.insert(event.name());
            let json = serde_json::to_string(&event).unwrap();
            assert!(!json.contains(CANARY) && !format!("{event:?}").contains(CANARY), "{json}");
        }
        order = when.taken();
        let document = serde_json::to_string(order.order()).unwrap();
        assert!(!document.contains(CANARY), "{document}");
    }
    assert!(kinds.contains("order.edited") && kinds.contains("order.noted"));
    // What a provider or an inventory is asked says nothing of persons: it is made of ids and sums.
    let outside = ["stock.", "process.", "payment.request", "payment.disputed"];
    let of_people = |name: &&&str| !outside.iter().any(|begin| name.starts_with(begin));
    let all_but_cancelled = OrderEvent::NAMES.iter().filter(of_people).count() - 1;
    assert_eq!(kinds.len(), all_but_cancelled, "a life with everything in it: {kinds:?}");
}

#[test]
fn what_is_known_of_a_person_is_kept_beside_the_events() {
    let (at, author) = (Timestamp::from_millis(5), text("tester"));
    let mut known = PersonalData::default();
    assert!(known.is_empty());
    for command in life() {
        let after = known.after(&command, at, &author);
        let touches = matches!(
            command,
            Command::Draft { .. }
                | Command::Place { .. }
                | Command::Edit(_)
                | Command::Note { .. }
                | Command::Erase
        );
        assert_eq!(after.is_some(), touches, "{command:?}");
        if command == Command::Erase {
            assert_eq!((known.notes.len(), &known.shipping_address), (2, &Some(address())));
            assert_eq!(after, Some(PersonalData::default()));
        }
        known = after.unwrap_or(known);
    }
    assert_eq!(known.notes.len(), 1, "what is written later is new");
    let part = Person { name: some("somebody else"), ..Person::default() };
    let edit = Edit { person: Some(Box::new(part)), ..Edit::default() };
    let after = known.after(&Command::Edit(edit), at, &author).unwrap();
    assert_eq!(after, PersonalData { name: some("somebody else"), ..known.clone() });
    let json = serde_json::to_string(&known).unwrap();
    assert_eq!(serde_json::from_str::<PersonalData>(&json).unwrap(), known);
}

#[test]
fn debug_output_says_nothing_of_a_person() {
    let (at, author) = (Timestamp::from_millis(5), text("tester"));
    let mut known = PersonalData::default();
    for command in life() {
        known = known.after(&command, at, &author).unwrap_or(known);
        let debug = format!("{command:?} {command:#?}");
        assert!(!debug.contains(CANARY), "{debug}");
    }
    let email: Email = text("canary@canary.example");
    let note = Note { id: text("n"), author, at, text: CANARY.to_owned() };
    let debug = format!("{known:?} {email:?} {note:?} {:?} {:?}", address(), person());
    assert!(!debug.contains(CANARY), "{debug}");
    // What is not personal is still there to be read.
    assert_eq!(
        format!("{:?}", capture(5)),
        "Capture { id: None, amount: Some(0.05 GBP), method: None, reference: None }"
    );
    assert_eq!(format!("{:?} {:?}", CANCEL, Command::Confirm), "Cancel { reason: None } Confirm");
    assert_eq!(format!("{:?}", note_of(CANARY)), r#"Note { id: NoteId("n"), .. }"#);
    assert_eq!(format!("{:?}", text::<order_core::Tag>("red")), r#"Tag("red")"#);
}

fn note_of(words: &str) -> Command {
    crate::given::note(words)
}
