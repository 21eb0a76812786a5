//! A cluster of one's own, a topic, and what can befall them.

use std::{fmt, sync::mpsc, thread, time::Duration};

use async_trait::async_trait;
use order_broker::{KafkaPublisher, KafkaSettings};
use order_core::ports::EventPublisher;
use order_testkit::publisher::{Broker, Received, Trouble};
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::Headers,
    mocking::MockCluster,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

const TOPIC: &str = "order-events";
const PARTITIONS: i32 = 3;
const BROKERS: i32 = 3;
/// How long a call of a publisher may take here.
const TIMEOUT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(10);
/// More requests than are made while a trouble lasts.
const REFUSALS: usize = 2_000;

type Change =
    Box<dyn FnOnce(&MockCluster<'static, rdkafka::producer::DefaultProducerContext>) + Send>;

/// The cluster lives in a thread, for it does not cross threads.
pub(crate) struct Scene {
    servers: String,
    changes: mpsc::Sender<(Change, mpsc::Sender<()>)>,
    trouble: Option<Trouble>,
}

impl fmt::Debug for Scene {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scene").field("servers", &self.servers).finish_non_exhaustive()
    }
}

impl Scene {
    pub(crate) fn set(trouble: Option<Trouble>) -> Self {
        Self::with_topics(&[TOPIC], trouble)
    }

    /// Where the cluster is.
    pub(crate) fn servers(&self) -> &str {
        &self.servers
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
        Self { servers: said.recv().unwrap(), changes, trouble }
    }

    fn change(
        &self,
        change: impl FnOnce(&MockCluster<'static, rdkafka::producer::DefaultProducerContext>)
        + Send
        + 'static,
    ) {
        let (done, is_done) = mpsc::channel();
        self.changes.send((Box::new(change), done)).unwrap();
        is_done.recv().unwrap();
    }

    fn read_all(&self) -> Vec<Received> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.servers).set("group.id", "reader");
        let consumer: BaseConsumer = client.create().unwrap();
        let mut places = TopicPartitionList::new();
        let mut expected = 0;
        for partition in 0..PARTITIONS {
            places.add_partition_offset(TOPIC, partition, Offset::Beginning).unwrap();
            let (low, high) = consumer.fetch_watermarks(TOPIC, partition, PATIENCE).unwrap();
            expected += high - low;
        }
        consumer.assign(&places).unwrap();
        let read = |_| {
            let message = consumer.poll(PATIENCE).unwrap().unwrap();
            let headers = message.headers().unwrap();
            let header = |name: &str| {
                let header = headers.iter().find(|header| header.key == name).unwrap();
                str::from_utf8(header.value.unwrap()).unwrap().to_owned()
            };
            assert_eq!(header("ce_specversion"), "1.0");
            assert_eq!(header("content-type"), "application/json");
            let event = Received {
                id: header("ce_id"),
                kind: header("ce_type"),
                subject: header("ce_subject"),
            };
            assert_eq!(message.key(), Some(event.subject.as_bytes()));
            assert_eq!(message.payload().unwrap()[0], b'{');
            event
        };
        (0..expected).map(read).collect()
    }
}

#[async_trait]
impl Broker for Scene {
    fn publisher(&self) -> Box<dyn EventPublisher> {
        let mut settings = KafkaSettings::new(&self.servers).timeout(TIMEOUT);
        if self.trouble == Some(Trouble::TooLarge) {
            settings = settings.client("message.max.bytes", "10000");
        }
        Box::new(KafkaPublisher::new(settings).unwrap())
    }

    async fn received(&self) -> Vec<Received> {
        tokio::task::block_in_place(|| self.read_all())
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
