//! Decisions, stated as given, when, then.

use order_core::{
    Command, EventId, Order, OrderEvent, Recorded, Rejection, Timestamp, decide, evolve,
};

use crate::sample::text;

/// When everything happens that is given.
const AT_MS: i64 = 1_738_108_800_000;

/// An order as some commands left it. The commands must be allowed.
///
/// ```
/// use order_core::{Command, Shipping};
/// use order_testkit::{given, strategies::small_content};
///
/// let place = Command::Place { content: Some(small_content(1).into()), person: None };
/// given([place, Command::Confirm])
///     .when(&Command::Ship(Shipping::default()))
///     .happened(&["fulfillment.shipped"]);
/// given([]).when(&Command::Confirm).rejected("order.not_found");
/// ```
pub fn given(commands: impl IntoIterator<Item = Command>) -> Given {
    let mut given = Given { order: None, history: Vec::new() };
    for command in commands {
        let events = decide(given.order.as_ref(), &command)
            .unwrap_or_else(|rejection| panic!("{:?} was refused: {rejection}", command.action()));
        given.follow(events);
    }
    given
}

/// What is given.
#[derive(Debug, Clone)]
pub struct Given {
    /// The order; none if nothing happened yet.
    pub order: Option<Order>,
    /// What happened.
    pub history: Vec<Recorded>,
}

impl Given {
    /// Decides a command.
    pub fn when(&self, command: &Command) -> Outcome {
        Outcome { given: self.clone(), decided: decide(self.order.as_ref(), command) }
    }

    fn follow(&mut self, events: Vec<OrderEvent>) {
        let version = self.order.as_ref().map_or(0, Order::version) + 1;
        for (ordinal, event) in (0..).zip(events) {
            let recorded = Recorded {
                id: EventId { order_id: text("order-1"), version, ordinal },
                at: Timestamp::from_millis(AT_MS),
                actor: text("tester"),
                event,
            };
            self.order = Some(evolve(self.order.take(), &recorded).unwrap());
            self.history.push(recorded);
        }
    }
}

/// What was decided.
#[derive(Debug)]
#[must_use = "say what should have come of it"]
pub struct Outcome {
    given: Given,
    /// The events, or why there are none.
    pub decided: Result<Vec<OrderEvent>, Rejection>,
}

impl Outcome {
    /// These events happened; gives what is given from now on.
    pub fn happened(mut self, names: &[&str]) -> Given {
        let events = self.decided.unwrap_or_else(|rejection| panic!("refused: {rejection}"));
        assert_eq!(events.iter().map(OrderEvent::name).collect::<Vec<_>>(), names);
        self.given.follow(events);
        self.given
    }

    /// The command was refused with this code; gives the whole reason.
    pub fn rejected(self, code: &str) -> Rejection {
        let rejection = self.decided.expect_err("the command was carried out");
        assert_eq!(rejection.code(), code, "{rejection}");
        rejection
    }
}
