//! Totals: adjustments of all kinds, in whole and in percent, and the one rounding rule.

use order_core::{
    Adjustment,
    AdjustmentKind::{Discount, Fee, Shipping, Tax},
    Command, Edit, Totals,
};

use crate::given::*;

fn totals(units_and_prices: &[(u32, i64)], adjustments: Vec<Adjustment>) -> [i64; 6] {
    let mut content = content(lines(units_and_prices));
    content.adjustments = adjustments;
    amounts(given([place(content)]).order().totals())
}

/// Subtotal, discount, shipping, fees, tax, total.
fn amounts(totals: &Totals) -> [i64; 6] {
    let Totals { subtotal, discount, shipping, fees, tax, total } = *totals;
    [subtotal, discount, shipping, fees, tax, total].map(order_core::Money::minor)
}

#[test]
fn without_adjustments_the_total_is_the_sum_of_the_lines() {
    assert_eq!(totals(&[(3, 1_999), (1, 1)], Vec::new()), [5_998, 0, 0, 0, 0, 5_998]);
}

#[test]
fn discounts_are_taken_off_and_the_rest_is_added() {
    let adjustments = named([
        amount_of(Discount, 100),
        amount_of(Shipping, 50),
        amount_of(Fee, 20),
        amount_of(Tax, 7),
    ]);
    assert_eq!(totals(&[(1, 1_000)], adjustments), [1_000, 100, 50, 20, 7, 977]);
}

#[test]
fn taxes_are_on_what_is_left_after_discounts_with_carriage_and_fees_whatever_their_order() {
    let mut adjustments = named([
        percent_of(Tax, "20"),
        percent_of(Discount, "10"),
        percent_of(Shipping, "5"),
        percent_of(Fee, "1"),
        percent_of(Tax, "1"),
    ]);
    // 1,000 − 100 + 50 + 10 = 960, of which 192 and 9.6.
    assert_eq!(totals(&[(1, 1_000)], adjustments.clone()), [1_000, 100, 50, 10, 202, 1_162]);
    adjustments.reverse();
    assert_eq!(totals(&[(1, 1_000)], adjustments), [1_000, 100, 50, 10, 202, 1_162]);
}

#[test]
fn each_percentage_is_rounded_once_half_away_from_zero() {
    // 12.5 % of 100 is 12.5, so 13; two of them are 26, not 25.
    let two = named([percent_of(Tax, "12.5"), percent_of(Tax, "12.5")]);
    assert_eq!(totals(&[(1, 100)], two), [100, 0, 0, 0, 26, 126]);
    assert_eq!(totals(&[(1, 100)], vec![percent_of(Tax, "12.4999")])[4], 12);
    assert_eq!(totals(&[(1, 1)], vec![percent_of(Discount, "50")])[1], 1);
    assert_eq!(totals(&[(1, 1)], vec![percent_of(Discount, "49.9999")])[1], 0);
}

#[test]
fn discounts_never_exceed_the_subtotal() {
    let over = named([amount_of(Discount, 80), percent_of(Discount, "30")]);
    assert_eq!(totals(&[(1, 100)], over), [100, 100, 0, 0, 0, 0]);
    let exactly = named([amount_of(Discount, 70), percent_of(Discount, "30")]);
    assert_eq!(totals(&[(1, 100)], exactly), [100, 100, 0, 0, 0, 0]);
    let carriage =
        named([amount_of(Discount, 500), amount_of(Shipping, 30), percent_of(Tax, "10")]);
    assert_eq!(totals(&[(1, 100)], carriage), [100, 100, 30, 0, 3, 33]);
}

#[test]
fn an_adjustment_of_a_line_is_a_share_of_that_line() {
    let of_second = |kind, percent| Adjustment { line_id: some("2"), ..percent_of(kind, percent) };
    let adjustments = named([of_second(Discount, "50"), of_second(Tax, "10")]);
    assert_eq!(totals(&[(1, 1_000), (2, 30)], adjustments), [1_060, 30, 0, 0, 6, 1_036]);
}

#[test]
fn totals_follow_every_change_of_the_lines() {
    let mut content = content(lines(&[(2, 100)]));
    content.adjustments = vec![percent_of(Tax, "10")];
    let order = given([place(content), Command::Confirm]);
    assert_eq!(order.order().totals().total, gbp(220));
    let fewer = order.clone().and([cancel_items(&[("1", 1)])]);
    assert_eq!(amounts(fewer.order().totals()), [100, 0, 0, 0, 10, 110]);
    let lines = Some(lines(&[(1, 100), (1, 1)]));
    let edited = order.clone().and([Command::Edit(Edit { lines, ..Edit::default() })]);
    assert_eq!(amounts(edited.order().totals()), [101, 0, 0, 0, 10, 111]);
    let adjustments = Some(Vec::new());
    let bare = order.and([Command::Edit(Edit { adjustments, ..Edit::default() })]);
    assert_eq!(amounts(bare.order().totals()), [200, 0, 0, 0, 0, 200]);
}
