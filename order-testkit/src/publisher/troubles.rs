//! What a publisher says while its broker is in trouble, and what comes of it.

use std::time::{Duration, Instant};

use order_core::{
    ErrorKind,
    ports::{EventPublisher, Positioned, PublishError},
};
use tokio::time::{sleep, timeout};

use super::{Broker, CALL_MAX, Trouble, check_all, check_order, events};

/// How long a publisher may need until it works again.
const RECOVERY_MAX: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);

/// Publishes before, in and after a trouble: nothing that may not have arrived is called published,
/// every call ends, and in the end all has arrived in order.
pub async fn survives(broker: impl Broker, trouble: Trouble) {
    let events = events(40).await;
    let (before, then) = events.split_at(50);
    let publisher = broker.publisher();
    publisher.publish(before).await.unwrap();
    check_all(before, &broker.received().await);

    broker.inflict(trouble).await;
    let error = attempt(&*publisher, then).await.expect_err("it cannot have arrived");
    check_error(&error, trouble, then);
    if trouble.lasts() {
        for publisher in [&*publisher, &*broker.publisher()] {
            let error = attempt(publisher, then).await.expect_err("it cannot have arrived");
            check_error(&error, trouble, then);
        }
    }
    broker.heal(trouble).await;

    let healed = Instant::now();
    while let Err(error) = attempt(&*publisher, then).await {
        assert!(healed.elapsed() < RECOVERY_MAX, "{error:?}");
        sleep(PAUSE).await;
    }
    check_all(&events, &broker.received().await);
}

/// Some events of an order have nobody who wants them: what follows them waits, also where somebody
/// wants that.
pub async fn halts(broker: impl Broker) {
    let events = events(3).await;
    broker.inflict(Trouble::Unroutable).await;
    let publisher = broker.publisher();
    for _ in 0..2 {
        let error = attempt(&*publisher, &events).await.expect_err("nobody is there");
        check_error(&error, Trouble::Unroutable, &events);
    }
    check_order(&events, &broker.received().await);
    assert_eq!(broker.received().await, [], "no order goes on without its first event");
    broker.heal(Trouble::Unroutable).await;
    publisher.publish(&events).await.unwrap();
    check_all(&events, &broker.received().await);
}

async fn attempt(
    publisher: &dyn EventPublisher,
    events: &[Positioned],
) -> Result<(), PublishError> {
    timeout(CALL_MAX, publisher.publish(events)).await.expect("every call ends in time")
}

fn check_error(error: &PublishError, trouble: Trouble, given: &[Positioned]) {
    let leads_nowhere = [Trouble::Unroutable, Trouble::QueueDeleted];
    if let PublishError::Refused { position, .. } = error {
        assert!(given.iter().any(|event| event.position == *position), "{error:?}");
        // An exchange that is made anew has no queues.
        assert!(
            [&leads_nowhere[..], &[Trouble::TopicMissing]].concat().contains(&trouble),
            "{error:?}"
        );
    } else {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(!leads_nowhere.contains(&trouble), "{error:?}");
    }
}

/// Makes one test of each clause that every publisher keeps, and one of each trouble that is named, such
/// as `Down`. The first argument is the path of a function that is given the trouble to come, if there is
/// one, and whose future gives a [`Broker`](crate::publisher::Broker).
#[macro_export]
macro_rules! publisher_contract_tests {
    ($fresh:path; $($trouble:ident)*) => {
        $crate::publisher_contract_tests! { @deliveries $fresh;
            p01_ok_means_that_every_event_has_arrived
            p02_no_events_are_published_at_once
            p03_events_of_an_order_arrive_in_their_order
            p04_events_given_again_are_known_by_their_ids
            p05_every_kind_of_event_arrives
            p06_large_batches_and_large_events_arrive
            p07_two_publishers_at_once_lose_nothing
            p08_a_call_that_is_dropped_half_way_loses_nothing
        }
        $($crate::publisher_contract_tests! { @trouble $fresh; $trouble })*
    };
    (@deliveries $fresh:path; $($clause:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $clause() {
            $crate::publisher::deliveries::$clause($fresh(None).await).await;
        }
    )*};
    (@trouble $fresh:path; Down) => {
        $crate::publisher_contract_tests! { @survives $fresh; Down
            p11_what_a_broker_that_is_down_never_got_is_not_published }
    };
    (@trouble $fresh:path; Hung) => {
        $crate::publisher_contract_tests! { @survives $fresh; Hung
            p12_what_a_broker_that_hangs_never_got_is_not_published }
    };
    (@trouble $fresh:path; Cut) => {
        $crate::publisher_contract_tests! { @survives $fresh; Cut
            p13_what_was_on_a_connection_that_was_cut_is_not_published }
    };
    (@trouble $fresh:path; ConfirmLost) => {
        $crate::publisher_contract_tests! { @survives $fresh; ConfirmLost
            p14_what_was_not_confirmed_is_not_published }
    };
    (@trouble $fresh:path; Blocked) => {
        $crate::publisher_contract_tests! { @survives $fresh; Blocked
            p15_what_a_broker_without_memory_did_not_take_is_not_published }
    };
    (@trouble $fresh:path; Unroutable) => {
        $crate::publisher_contract_tests! { @survives $fresh; Unroutable
            p16_what_nobody_is_there_for_is_not_published }
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn p17_an_order_does_not_go_on_without_an_event_that_was_refused() {
            let trouble = $crate::publisher::Trouble::Unroutable;
            $crate::publisher::troubles::halts($fresh(Some(trouble)).await).await;
        }
    };
    (@trouble $fresh:path; QueueDeleted) => {
        $crate::publisher_contract_tests! { @survives $fresh; QueueDeleted
            p18_what_had_no_queue_left_is_not_published }
    };
    (@trouble $fresh:path; TopicMissing) => {
        $crate::publisher_contract_tests! { @survives $fresh; TopicMissing
            p19_what_had_nowhere_to_go_is_not_published }
    };
    (@trouble $fresh:path; Full) => {
        $crate::publisher_contract_tests! { @survives $fresh; Full
            p20_what_a_full_queue_refused_is_not_published }
    };
    (@survives $fresh:path; $trouble:ident $clause:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $clause() {
            let trouble = $crate::publisher::Trouble::$trouble;
            $crate::publisher::troubles::survives($fresh(Some(trouble)).await, trouble).await;
        }
    };
}
