//! What a publisher says while its broker is in trouble, and what comes of it.

use std::time::{Duration, Instant};

use order_core::{
    ErrorKind,
    memory::InMemoryStore,
    ports::{EventPublisher, Positioned, PublishError, Refusal},
};
use tokio::time::{sleep, timeout};

use super::{Broker, CALL_MAX, Received, Trouble, check_all, check_order, events, feed};
use crate::{
    contract::{Fixture, World},
    sample::{order, order_of, priced},
};

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
    if let Err(error) = attempt(&*publisher, then).await {
        check_error(&error, trouble, then);
    } else {
        // What is over by itself may have been over before a publisher gave up.
        assert!(!trouble.lasts(), "it cannot have arrived");
        check_all(&events, &broker.received().await);
    }
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

/// Some events are refused: every one of them is named, what follows in their orders is not sent, and all
/// others arrive.
pub async fn passes_over(broker: impl Broker) {
    let all = events(3).await;
    // Of the first order the placement is refused, of the others what comes after their confirmation.
    let is_given = |event: &&Positioned| {
        let recorded = &event.recorded;
        recorded.id.order_id.as_str() == "order-0" || recorded.event.name() != "order.placed"
    };
    let given: Vec<_> = all.iter().filter(is_given).cloned().collect();
    broker.inflict(Trouble::Unroutable).await;
    let publisher = broker.publisher();
    let expected = |kind: &str, is_first: bool| {
        let wanted = |event: &&Positioned| {
            let recorded = &event.recorded;
            recorded.event.name() == kind
                && (recorded.id.order_id.as_str() == "order-0") == is_first
        };
        given.iter().filter(wanted).cloned().collect::<Vec<_>>()
    };
    let mut refused = expected("order.placed", true);
    refused.extend(expected("order.held", false));
    check_refused(&*publisher, &given, &refused).await;
    let confirmed = expected("order.confirmed", false);
    let received = broker.received().await;
    assert_eq!(received.len(), confirmed.len());
    assert!(confirmed.iter().all(|event| received.contains(&Received::of(event))), "{received:?}");
    check_refused(&*publisher, &given, &refused).await;
    broker.heal(Trouble::Unroutable).await;
    publisher.publish(&given).await.unwrap();
}

/// An event is too large for the broker: it is refused, its order waits, and all others arrive.
pub async fn leaves_the_large(broker: impl Broker) {
    let store = InMemoryStore::default();
    let world = World::over(Fixture::new(store.clone()));
    let items = (0..1_000).map(|n| priced(&format!("thing-{n}"), 1, "1.00")).collect();
    world.place(order(1)).await;
    world.place(order_of("large", items)).await;
    world.place(order(2)).await;
    let given = feed(&store).await;
    let is_large = |event: &&Positioned| event.recorded.id.order_id.as_str() == "large";
    let large: Vec<_> = given.iter().filter(is_large).cloned().collect();
    let publisher = broker.publisher();
    check_refused(&*publisher, &given, &large[..1]).await;
    let received = broker.received().await;
    let small = |event: &&Positioned| !is_large(event);
    let small: Vec<_> = given.iter().filter(small).cloned().collect();
    assert_eq!(received.len(), small.len());
    check_all(&small, &received);
}

/// Publishes and expects these, and only these, to be refused.
async fn check_refused(
    publisher: &dyn EventPublisher,
    given: &[Positioned],
    refused: &[Positioned],
) {
    let error = attempt(publisher, given).await.expect_err("some are refused");
    let PublishError::Refused { events } = error else { panic!("{error:?}") };
    let mut named: Vec<_> = events.iter().map(|refusal| refusal.position).collect();
    named.sort_unstable();
    let mut expected: Vec<_> = refused.iter().map(|event| event.position).collect();
    expected.sort_unstable();
    assert_eq!(named, expected);
}

async fn attempt(
    publisher: &dyn EventPublisher,
    events: &[Positioned],
) -> Result<(), PublishError> {
    timeout(CALL_MAX, publisher.publish(events)).await.expect("every call ends in time")
}

fn check_error(error: &PublishError, trouble: Trouble, given: &[Positioned]) {
    let leads_nowhere = [Trouble::Unroutable, Trouble::QueueDeleted];
    if let PublishError::Refused { events } = error {
        assert!(!events.is_empty());
        let is_given = |refusal: &Refusal| {
            assert_eq!(refusal.code, "publisher.unroutable");
            given.iter().any(|event| event.position == refusal.position)
        };
        assert!(events.iter().all(is_given), "{error:?}");
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
/// one, and whose future gives a [`Broker`](crate::publisher::Broker), or none on a machine that has no
/// such broker: it says so, and the clause is left out.
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
            if let Some(broker) = $fresh(None).await {
                $crate::publisher::deliveries::$clause(broker).await;
            }
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
            if let Some(broker) = $fresh(Some(trouble)).await {
                $crate::publisher::troubles::halts(broker).await;
            }
        }
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn p23_every_refused_event_is_named_and_all_others_arrive() {
            let trouble = $crate::publisher::Trouble::Unroutable;
            if let Some(broker) = $fresh(Some(trouble)).await {
                $crate::publisher::troubles::passes_over(broker).await;
            }
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
    (@trouble $fresh:path; TooLarge) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn p24_an_event_that_is_too_large_holds_back_its_order_only() {
            let trouble = $crate::publisher::Trouble::TooLarge;
            if let Some(broker) = $fresh(Some(trouble)).await {
                $crate::publisher::troubles::leaves_the_large(broker).await;
            }
        }
    };
    (@survives $fresh:path; $trouble:ident $clause:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $clause() {
            let trouble = $crate::publisher::Trouble::$trouble;
            if let Some(broker) = $fresh(Some(trouble)).await {
                $crate::publisher::troubles::survives(broker, trouble).await;
            }
        }
    };
}
