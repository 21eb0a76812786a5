//! The process, held to what it promises: an order is completed, or all of it is given back, or
//! somebody is asked for; the provider's books and ours agree to the minor unit; nothing is captured
//! or refunded twice.
//!
//! [`saga_tests!`](crate::saga_tests) makes the tests for a store.

mod check;
mod facts;
mod journeys;
mod simulation;
mod stage;

pub use self::{
    facts::{
        facts_end_alike_in_every_order, facts_that_come_before_the_order_wait_for_it,
        many_refunds_at_once_never_exceed_what_was_captured,
    },
    journeys::{
        a_late_payment_of_an_expired_order_is_refunded,
        an_order_that_cannot_go_on_is_in_nobodys_way, cancelling_gives_everything_back,
        every_way_to_cancel_what_is_authorized, every_way_to_cancel_what_is_paid,
        every_way_to_fulfil_what_is_paid_before, every_way_to_fulfil_what_is_paid_on_shipment,
    },
    simulation::simulate,
};

/// Makes the tests of the process on a store. Its argument is the path of a function without
/// arguments whose future gives a [`Fixture`](crate::contract::Fixture).
#[macro_export]
macro_rules! saga_tests {
    ($fresh:path) => {
        $crate::saga_tests! { $fresh;
            every_way_to_fulfil_what_is_paid_on_shipment
            every_way_to_fulfil_what_is_paid_before
            every_way_to_cancel_what_is_authorized
            every_way_to_cancel_what_is_paid
            cancelling_gives_everything_back
            a_late_payment_of_an_expired_order_is_refunded
            an_order_that_cannot_go_on_is_in_nobodys_way
            facts_end_alike_in_every_order
            facts_that_come_before_the_order_wait_for_it
            many_refunds_at_once_never_exceed_what_was_captured
        }
    };
    ($fresh:path; $($test:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            $crate::saga::$test($fresh().await).await;
        }
    )*};
}
