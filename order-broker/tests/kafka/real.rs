//! A real broker, where there is one: that at `ORDER_TEST_KAFKA` (`host:port`), or tansu on the path.

use std::{
    env,
    io::{self, Write},
    sync::{Mutex, Once, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use order_core::ports::EventPublisher;
use order_testkit::{
    publisher::{Broker, Received, Trouble},
    tansu::{Tansu, available},
};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};
use uuid::Uuid;

use crate::topic::{PARTITIONS, Topic};

/// How much of a batch passes before the cable is cut.
const CUT_AFTER: u32 = 9_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// A topic of one's own on a real broker.
#[derive(Debug)]
pub(crate) struct Real {
    /// For what happens to a whole server.
    own: Option<Mutex<Tansu>>,
    topic: Topic,
    trouble: Option<Trouble>,
}

/// The broker that most clauses share, if there is one; it ends with the process.
fn shared() -> Option<String> {
    static SERVER: OnceLock<Option<Tansu>> = OnceLock::new();
    let given = env::var("ORDER_TEST_KAFKA").ok().filter(|servers| !servers.is_empty());
    given.or_else(|| {
        let start = || available().then(|| Tansu::start().unwrap());
        SERVER.get_or_init(start).as_ref().map(Tansu::servers)
    })
}

/// Past the test harness, which keeps what passing tests print to itself.
fn say_once(text: &str) {
    static SAID: Once = Once::new();
    SAID.call_once(|| io::stderr().write_all(text.as_bytes()).unwrap());
}

impl Real {
    /// A topic on a broker; none, and a word on it, where there is no broker for this trouble.
    pub(crate) async fn set(trouble: Option<Trouble>) -> Option<Self> {
        let is_large =
            |it| matches!(it, Trouble::Down | Trouble::Hung | Trouble::Cut | Trouble::ConfirmLost);
        let is_own = trouble.is_some_and(is_large);
        let own = (is_own && available()).then(|| Tansu::start().unwrap());
        let servers = if is_own { own.as_ref().map(Tansu::servers) } else { shared() };
        let Some(servers) = servers else {
            say_once("a real Kafka broker is left out: no tansu is on the path\n");
            return None;
        };
        let topic = Topic { servers, name: format!("orders-{}", Uuid::now_v7()) };
        create(&topic.servers, &[&topic.name]).await;
        Some(Self { own: own.map(Mutex::new), topic, trouble })
    }

    /// The topic.
    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }
}

fn admin(servers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", servers).create().unwrap()
}

/// Makes topics.
pub(crate) async fn create(servers: &str, names: &[&str]) {
    let new = |name| NewTopic::new(name, PARTITIONS, TopicReplication::Fixed(1));
    let new: Vec<_> = names.iter().map(|name| new(name)).collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    for created in admin(servers).create_topics(&new, &options).await.unwrap() {
        created.unwrap();
    }
}

#[async_trait]
impl Broker for Real {
    fn publisher(&self) -> Box<dyn EventPublisher> {
        Box::new(self.topic.publisher(self.trouble))
    }

    async fn received(&self) -> Vec<Received> {
        tokio::task::block_in_place(|| self.topic.received())
    }

    async fn inflict(&self, trouble: Trouble) {
        let own = || self.own.as_ref().unwrap().lock().unwrap();
        match trouble {
            Trouble::Down => own().kill(),
            Trouble::Hung => own().pause(),
            Trouble::Cut => own().cable().cut_after(CUT_AFTER),
            Trouble::ConfirmLost => own().cable().lose_answers(true),
            other => panic!("no broker here is in {other:?}"),
        }
    }

    async fn heal(&self, trouble: Trouble) {
        let own = || self.own.as_ref().unwrap().lock().unwrap();
        match trouble {
            Trouble::Down => own().restart().unwrap(),
            Trouble::Hung => own().resume(),
            Trouble::ConfirmLost => own().cable().lose_answers(false),
            _ => {}
        }
    }
}

async fn fresh(trouble: Option<Trouble>) -> Option<Real> {
    Real::set(trouble).await
}

// tansu does not survive that a topic with events is deleted, takes what a broker takes, and is never short
// of memory; whatever else can happen to a server and its connections, it goes through.
order_testkit::publisher_contract_tests!(fresh; Down Hung Cut ConfirmLost TooLarge);
