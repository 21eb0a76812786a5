//! Which events may be on their way together.

use std::collections::HashMap;

use order_core::{OrderId, ports::Positioned};

/// Splits a run of the feed into waves: the first event of each order, then the second of each, and so
/// on. When a wave is sent only after the one before it has arrived, a broker that takes some events
/// and not others cannot turn two events of one order round.
pub(crate) fn waves(events: &[Positioned]) -> Vec<Vec<&Positioned>> {
    let mut seen: HashMap<&OrderId, usize> = HashMap::new();
    let mut waves: Vec<Vec<&Positioned>> = Vec::new();
    for event in events {
        let before = seen.entry(&event.recorded.id.order_id).or_default();
        if *before == waves.len() {
            waves.push(Vec::new());
        }
        waves[*before].push(event);
        *before += 1;
    }
    waves
}
