//! The cluster that the client library brings along, and what can befall it.

use std::{fmt, sync::mpsc, thread, time::Duration};

use async_trait::async_trait;
use order_core::ports::EventPublisher;
use order_testkit::publisher::{Broker, Received, Trouble};
use rdkafka::{
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use crate::topic::{PARTITIONS, Topic};

const TOPIC: &str = "order-events";
const BROKERS: i32 = 3;
/// More requests than are made while a trouble lasts.
const REFUSALS: usize = 2_000;

type Change = Box<dyn FnOnce(&MockCluster<'static, DefaultProducerContext>) + Send>;

/// The cluster lives in a thread, for it does not cross threads.
pub(crate) struct Mock {
    topic: Topic,
    changes: mpsc::Sender<(Change, mpsc::Sender<()>)>,
    trouble: Option<Trouble>,
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Mock {
    pub(crate) fn set(trouble: Option<Trouble>) -> Self {
        Self::with_topics(&[TOPIC], trouble)
    }

    /// The first of its topics.
    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    pub(crate) fn with_topics(topics: &'static [&'static str], trouble: Option<Trouble>) -> Self {
        let (changes, wanted) = mpsc::channel::<(Change, mpsc::Sender<()>)>();
        let (say, said) = mpsc::channel();
        thread::spawn(move || {
            let cluster = MockCluster::new(BROKERS).unwrap();
            for topic in topics {
                cluster.create_topic(topic, PARTITIONS, BROKERS).unwrap();
            }
            say.send(cluster.bootstrap_servers()).unwrap();
            for (change, done) in wanted {
                change(&cluster);
                done.send(()).unwrap();
            }
        });
        let topic = Topic { servers: said.recv().unwrap(), name: topics[0].to_owned() };
        Self { topic, changes, trouble }
    }

    fn change(
        &self,
        change: impl FnOnce(&MockCluster<'static, DefaultProducerContext>) + Send + 'static,
    ) {
        let (done, is_done) = mpsc::channel();
        self.changes.send((Box::new(change), done)).unwrap();
        is_done.recv().unwrap();
    }
}

#[async_trait]
impl Broker for Mock {
    fn publisher(&self) -> Box<dyn EventPublisher> {
        Box::new(self.topic.publisher(self.trouble))
    }

    async fn received(&self) -> Vec<Received> {
        tokio::task::block_in_place(|| self.topic.received())
    }

    async fn inflict(&self, trouble: Trouble) {
        self.change(move |cluster| match trouble {
            Trouble::Down => cluster.broker_down(-1).unwrap(),
            Trouble::Hung => {
                for broker in 1..=BROKERS {
                    cluster.broker_round_trip_time(broker, Duration::from_mins(1)).unwrap();
                }
            }
            Trouble::Full => {
                let refuses = RDKafkaRespErr::RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
                cluster.request_errors(RDKafkaApiKey::Produce, &[refuses; REFUSALS]);
            }
            other => panic!("no cluster here is in {other:?}"),
        });
    }

    async fn heal(&self, trouble: Trouble) {
        self.change(move |cluster| match trouble {
            Trouble::Down => cluster.broker_up(-1).unwrap(),
            Trouble::Hung => {
                for broker in 1..=BROKERS {
                    cluster.broker_round_trip_time(broker, Duration::ZERO).unwrap();
                }
            }
            _ => cluster.clear_request_errors(RDKafkaApiKey::Produce),
        });
    }
}
