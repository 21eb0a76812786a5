//! A topic, and what is in it.

use std::time::Duration;

use order_broker::{KafkaPublisher, KafkaSettings};
use order_testkit::publisher::{Received, Trouble};
use rdkafka::{
    ClientConfig, Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    message::{BorrowedMessage, Headers},
};

/// How many partitions every topic here has.
pub(crate) const PARTITIONS: i32 = 3;
/// How long a call of a publisher may take here.
const TIMEOUT: Duration = Duration::from_secs(3);
/// A broker in a file is slow to give thousands of events.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where it is, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) servers: String,
    pub(crate) name: String,
}

impl Topic {
    /// A publisher to it, made for a trouble.
    pub(crate) fn publisher(&self, trouble: Option<Trouble>) -> KafkaPublisher {
        let mut settings = KafkaSettings::new(&self.servers).topic(&self.name).timeout(TIMEOUT);
        if trouble == Some(Trouble::TooLarge) {
            settings = settings.client("message.max.bytes", "10000");
        }
        KafkaPublisher::new(settings).unwrap()
    }

    /// All that is in it, partition by partition.
    pub(crate) fn received(&self) -> Vec<Received> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", &self.servers).set("group.id", "reader");
        let consumer: BaseConsumer = client.create().unwrap();
        let mut places = TopicPartitionList::new();
        let mut expected = 0;
        for partition in 0..PARTITIONS {
            places.add_partition_offset(&self.name, partition, Offset::Beginning).unwrap();
            let (low, high) = consumer.fetch_watermarks(&self.name, partition, PATIENCE).unwrap();
            expected += high - low;
        }
        consumer.assign(&places).unwrap();
        let read = |_| received(&consumer.poll(PATIENCE).unwrap().unwrap());
        (0..expected).map(read).collect()
    }
}

fn received(message: &BorrowedMessage<'_>) -> Received {
    let headers = message.headers().unwrap();
    let header = |name: &str| {
        let header = headers.iter().find(|header| header.key == name).unwrap();
        str::from_utf8(header.value.unwrap()).unwrap().to_owned()
    };
    assert_eq!(header("ce_specversion"), "1.0");
    assert_eq!(header("content-type"), "application/json");
    let event =
        Received { id: header("ce_id"), kind: header("ce_type"), subject: header("ce_subject") };
    assert_eq!(message.key(), Some(event.subject.as_bytes()));
    assert_eq!(message.payload().unwrap()[0], b'{');
    event
}
