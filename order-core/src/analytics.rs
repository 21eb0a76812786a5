//! Numbers about all orders, kept as roll-ups: what each order adds to which figure, and the follower
//! that adds it.
//!
//! A figure is a sum over the orders of one dimension (all, a country, a product, …) in one bucket of
//! time and one currency. What an order adds is a pure function of its history ([`Facts`]), so the
//! figures at a position of the feed are the sum over all orders as they were there: however often,
//! by whom and in which steps they were followed. The [`Follower`] reads committed events by position
//! and writes the differences together with its place, so that nothing is counted twice or left out,
//! and writers of orders pay nothing.
//!
//! **What counts, and when**
//!
//! - An order counts on the moment it was placed, with what it comes to *now*: an edited order with
//!   its new total. Drafts do not count.
//! - *Sales* are the totals of orders that are not cancelled, *cancelled* those of cancelled ones;
//!   *gross* is both together: all that was placed.
//! - *Refunds* count on the moment the money went back, those of orders that are not cancelled: what a
//!   cancelled order got back was no sale.
//! - *Credits* are credit notes that belong to no order, on the moment they were issued; never positive.
//! - *Net* = sales − refunds + credits.
//! - A product counts with the price of its lines, before discounts, shipping and taxes; money that
//!   went back is not spread over products.

mod durations;
mod facts;
mod figures;
mod follower;
mod grid;

pub use self::{
    durations::{DURATION_ERROR_PERCENT, Durations},
    facts::{Facts, note_changes},
    figures::{Changes, Dimension, FigureKey, Figures, halves, whole},
    follower::{EVENTS_MAX, Followed, Follower},
    grid::{Grain, Period, Run, runs},
};
