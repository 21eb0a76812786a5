//! The publisher to Kafka keeps every clause, over the cluster that the client library brings along, and
//! over a real broker where there is one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod consumed;
mod mock;
mod real;
mod relayed;
#[path = "../consuming/shop.rs"]
mod shop;
mod topic;

use std::future::{Ready, ready};

use order_broker::{KafkaPublisher, KafkaSettings, SettingsError};
use order_testkit::publisher::Trouble;

use self::mock::Mock;

fn fresh(trouble: Option<Trouble>) -> Ready<Option<Mock>> {
    ready(Some(Mock::set(trouble)))
}

order_testkit::publisher_contract_tests!(fresh; Down Hung Full TooLarge);

#[test]
fn settings_that_cannot_be_are_refused() {
    for name in ["", ".", "order events", &"x".repeat(250)] {
        let refused = KafkaPublisher::new(KafkaSettings::new("127.0.0.1:1").topic(name));
        assert_eq!(refused.unwrap_err(), SettingsError::Name);
    }
    let refused = KafkaPublisher::new(KafkaSettings::new("127.0.0.1:1").client("no.such", "x"));
    assert_eq!(refused.unwrap_err(), SettingsError::Client);
    let settings = KafkaSettings::new("127.0.0.1:1").client("sasl.password", "secret");
    assert!(!format!("{settings:?}").contains("secret"));
}
