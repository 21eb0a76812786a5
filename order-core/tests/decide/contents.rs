//! What an order is about: draft, place, edit, note.

use std::{collections::BTreeMap, sync::Arc};

use order_core::{
    Adjustment, AdjustmentKind::Discount, Command, Content, Currency, Edit, Lifecycle, Line, Money,
    OrderEvent, Person, Rejection, Status, Timestamp,
};

use crate::given::*;

fn edit(edit: Edit) -> Command {
    Command::Edit(edit)
}

fn to_lines(units_and_prices: &[(u32, i64)]) -> Command {
    edit(Edit { lines: Some(lines(units_and_prices)), ..Edit::default() })
}

#[test]
fn only_a_draft_may_be_empty() {
    NOTHING.when(place(content(Vec::new()))).rejected("order.empty");
    let drafted = given([draft(content(Vec::new()))]);
    let place = Command::Place { content: None, person: None };
    drafted.when(&place).rejected("order.empty");
    let filled = drafted.and([to_lines(&[(1, 100)])]);
    let emptied = filled.clone().and([to_lines(&[])]);
    emptied.when(&place).rejected("order.empty");
    let placed = filled.and([place]);
    assert_eq!(placed.order().status(), Status::Pending);
    placed.when(to_lines(&[])).rejected("order.empty");
}

#[test]
fn a_draft_is_placed_as_it_was_drafted_and_keeps_when_it_was_begun() {
    let drafted = given([draft(content(lines(&[(2, 100)]))), note("a gift")]);
    assert_eq!(
        (drafted.order().placed_at(), drafted.order().lifecycle()),
        (None, Lifecycle::Draft)
    );
    assert_eq!(drafted.order().listed_at(), Timestamp::from_millis(1_000));
    let content = Arc::new(drafted.order().content());
    let placed = drafted
        .when(Command::Place { content: None, person: None })
        .happens([OrderEvent::Placed(content)]);
    assert_eq!(placed.order().created_at(), Timestamp::from_millis(1_000));
    assert_eq!(placed.order().placed_at(), Some(Timestamp::from_millis(3_000)));
    assert_eq!(placed.order().listed_at(), Timestamp::from_millis(3_000));
    assert_eq!(placed.order().totals().total, gbp(200));
}

#[test]
fn an_order_begins_once() {
    let whole = || content(lines(&[(1, 100)]));
    for order in [given([draft(whole())]), given([place(whole())])] {
        order.when(draft(whole())).rejected("order.already_exists");
        order.when(place(whole())).rejected("order.already_exists");
    }
    let again = Command::Place { content: None, person: None };
    given([place(whole())]).when(again).rejected("order.transition_not_allowed");
}

#[test]
fn nothing_can_be_done_to_an_order_that_is_not_there() {
    let commands = [
        Command::Place { content: None, person: None },
        to_lines(&[(1, 1)]),
        Command::Confirm,
        CANCEL,
        capture(None),
        note("hello"),
        Command::Unarchive,
    ];
    for command in commands {
        assert_eq!(NOTHING.when(&command).rejection(), Rejection::NoSuchOrder, "{command:?}");
    }
}

#[test]
fn an_edit_keeps_what_it_leaves_out() {
    let mut whole = content(lines(&[(1, 100)]));
    whole.tags = vec![text("red")];
    whole.metadata = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    whole.country = some("GB");
    whole.adjustments = vec![amount_of(Discount, 10)];
    let order = given([place(whole.clone())]);
    let edited = order.clone().and([to_lines(&[(2, 100)])]);
    assert_eq!(edited.order().content(), Content { lines: lines(&[(2, 100)]), ..whole.clone() });
    let edited = order.clone().and([edit(Edit { tags: Some(Vec::new()), ..Edit::default() })]);
    assert_eq!(edited.order().content(), Content { tags: Vec::new(), ..whole.clone() });
    let metadata = Some(BTreeMap::new());
    let edited = order.clone().and([edit(Edit { metadata, ..Edit::default() })]);
    assert_eq!(edited.order().content(), Content { metadata: BTreeMap::new(), ..whole.clone() });
    let country = some("IE");
    let edited = order.clone().and([edit(Edit { country: country.clone(), ..Edit::default() })]);
    assert_eq!(edited.order().content(), Content { country, ..whole.clone() });
    let person = Some(Box::new(Person::default()));
    let edited = order.clone().and([edit(Edit { person, ..Edit::default() })]);
    assert_eq!(edited.order().content(), whole);
    assert_eq!(order.when(edit(Edit::default())).rejection(), Rejection::Empty { what: "change" });
}

#[test]
fn adjustments_can_be_edited_after_some_units_were_called_off() {
    let order = confirmed(&[(2, 100)]).and([cancel_items(&[("1", 1)])]);
    let adjustments = Some(vec![amount_of(Discount, 10)]);
    let order = order.and([edit(Edit { adjustments, ..Edit::default() })]);
    assert_eq!((order.ledger("1"), order.order().totals().total), ([1, 0, 0, 0, 0], gbp(90)));
    // New lines begin anew.
    assert_eq!(order.and([to_lines(&[(2, 100)])]).ledger("1"), [0; 5]);
}

#[test]
fn an_order_is_edited_until_picking_begins() {
    let order = confirmed(&[(2, 100)]);
    order.when(to_lines(&[(1, 100)])).taken();
    let picking = order.clone().and([Command::Process]);
    for order in [picking, order.clone().and([ship(None)]), order.clone().and([CANCEL])] {
        order.when(to_lines(&[(1, 100)])).rejected("order.transition_not_allowed");
    }
    order.and([HOLD]).when(to_lines(&[(1, 100)])).rejected("order.on_hold");
}

#[test]
fn lines_come_with_empty_ledgers() {
    let touched: [fn(&mut Line); 5] = [
        |line| line.cancelled = 1,
        |line| line.shipped = 1,
        |line| line.delivered = 1,
        |line| line.returned = 1,
        |line| line.return_requested = 1,
    ];
    for touch in touched {
        let mut lines = lines(&[(2, 100)]);
        touch(&mut lines[0]);
        NOTHING.when(place(content(lines.clone()))).rejected("text.invalid");
        placed(&[(2, 100)])
            .when(edit(Edit { lines: Some(lines), ..Edit::default() }))
            .rejected("text.invalid");
    }
}

#[test]
fn parts_have_names_of_their_own_in_short_lists_and_in_long_ones() {
    for count in [2_usize, 12, 13, 40] {
        let mut many = lines(&vec![(1, 1); count]);
        NOTHING.when(place(content(many.clone()))).taken();
        many[count - 1].id = many[0].id.clone();
        let rejection = NOTHING.when(place(content(many))).rejection();
        assert_eq!(rejection, Rejection::Duplicate { what: "line", id: "1".into() });
    }
    let mut whole = content(lines(&[(1, 100)]));
    whole.adjustments = vec![amount_of(Discount, 1), amount_of(Discount, 1)];
    NOTHING.when(place(whole.clone())).rejected("order.part_exists");
    whole.adjustments = named(whole.adjustments);
    NOTHING.when(place(whole)).taken();
}

#[test]
fn prices_and_adjustments_are_not_negative_and_in_the_currency_of_the_order() {
    let with_price = |price: Money| {
        let lines = vec![Line { unit_price: price, ..line("1", 1, 0) }];
        place(content(lines))
    };
    NOTHING.when(with_price(gbp(0))).taken();
    NOTHING.when(with_price(gbp(-1))).rejected("payment.amount_out_of_range");
    NOTHING.when(with_price(Money::new(1, Currency::EUR))).rejected("money.currency_mismatch");
    let with_discount = |value: Money| {
        let value = order_core::AdjustmentValue::Amount(value);
        let adjustments = vec![Adjustment { value, ..amount_of(Discount, 0) }];
        place(Content { adjustments, ..content(lines(&[(1, 100)])) })
    };
    NOTHING.when(with_discount(gbp(0))).taken();
    NOTHING.when(with_discount(gbp(-1))).rejected("payment.amount_out_of_range");
    NOTHING.when(with_discount(Money::new(1, Currency::EUR))).rejected("money.currency_mismatch");
}

#[test]
fn an_adjustment_of_a_line_needs_the_line() {
    let of_line = |line| Adjustment { line_id: some(line), ..amount_of(Discount, 1) };
    let with =
        |line| Content { adjustments: vec![of_line(line)], ..content(lines(&[(1, 9), (1, 9)])) };
    NOTHING.when(place(with("3"))).rejected("order.part_not_found");
    let order = given([place(with("2"))]);
    order.when(to_lines(&[(1, 9)])).rejected("order.part_not_found");
    let (lines, adjustments) = (Some(lines(&[(1, 9)])), Some(Vec::new()));
    order.when(edit(Edit { lines, adjustments, ..Edit::default() })).taken();
}

#[test]
fn a_sum_that_money_cannot_hold_is_refused() {
    let with = |quantity, price| place(content(lines(&[(quantity, price)])));
    NOTHING.when(with(1, i64::MAX)).taken();
    NOTHING.when(with(2, i64::MAX)).rejected("money.overflow");
    let two = [(1, i64::MAX), (1, 1)];
    NOTHING.when(place(content(lines(&two)))).rejected("money.overflow");
    placed(&[(1, 1)]).when(to_lines(&two)).rejected("money.overflow");
}

#[test]
fn a_note_says_something_and_its_text_stays_out_of_the_event() {
    let order = placed(&[(1, 100)]);
    order.when(note("hello\n\tworld")).happens([OrderEvent::Noted { note_id: text("n") }]);
    for blank in ["", " ", "\n\t "] {
        order.when(note(blank)).rejected("text.invalid");
    }
    for control in ["a\0b", "\u{1b}[31m", "a\u{7f}"] {
        order.when(note(control)).rejected("text.invalid");
    }
}
