//! Which events may be on their way together.

use std::collections::{HashMap, VecDeque};

use order_core::{
    OrderId,
    ports::{Positioned, PublishError, Refusal},
};

/// Events in waves: the first event of each order, then the second of each, and so on. When a wave is
/// sent only after the one before it has arrived, a broker that takes some events and not others cannot
/// turn two events of one order round. An order of which an event was refused is in no later wave.
#[derive(Debug)]
pub(crate) struct Waves<'a> {
    waiting: Vec<VecDeque<&'a Positioned>>,
    refused: Vec<Refusal>,
}

impl<'a> Waves<'a> {
    pub(crate) fn of(events: &'a [Positioned]) -> Self {
        let mut places: HashMap<&OrderId, usize> = HashMap::new();
        let mut waiting: Vec<VecDeque<&Positioned>> = Vec::new();
        for event in events {
            let place = *places.entry(&event.recorded.id.order_id).or_insert(waiting.len());
            match waiting.get_mut(place) {
                Some(own) => own.push_back(event),
                None => waiting.push(VecDeque::from([event])),
            }
        }
        Self { waiting, refused: Vec::new() }
    }

    /// The next wave; none when everything is on its way or was held back.
    pub(crate) fn next(&mut self) -> Option<Vec<&'a Positioned>> {
        let wave: Vec<_> = self.waiting.iter_mut().filter_map(VecDeque::pop_front).collect();
        (!wave.is_empty()).then_some(wave)
    }

    /// Events of the last wave were refused: nothing more of their orders is sent.
    pub(crate) fn refuse(&mut self, wave: &[&Positioned], refused: Vec<Refusal>) {
        for refusal in &refused {
            let order = wave.iter().find(|event| event.position == refusal.position);
            let order = order.map(|event| &event.recorded.id.order_id);
            self.waiting
                .retain(|own| own.front().map(|event| &event.recorded.id.order_id) != order);
        }
        self.refused.extend(refused);
    }

    /// What became of all events, when no wave is left.
    pub(crate) fn end(self) -> Result<(), PublishError> {
        if self.refused.is_empty() {
            Ok(())
        } else {
            Err(PublishError::Refused { events: self.refused })
        }
    }
}
