//! How far it is: a bar for people who watch, a line now and then for logs.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::output::Output;

/// How often a line is written where no bar can be drawn.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far it is.
#[derive(Debug)]
pub(super) struct Watch {
    output: Output,
    bar: ProgressBar,
    unit: &'static str,
    total: u64,
    begun: Instant,
    told: Instant,
}

impl Watch {
    pub(super) fn new(output: Output, total: u64, unit: &'static str) -> Self {
        let bar = output.progress(Some(total), unit);
        let now = Instant::now();
        Self { output, bar, unit, total, begun: now, told: now }
    }

    /// So much is done.
    #[expect(clippy::cast_precision_loss, reason = "people are shown a rounded rate")]
    pub(super) fn reached(&mut self, done: u64) {
        self.bar.set_position(done);
        if !self.bar.is_hidden() || self.told.elapsed() < LINE_EVERY {
            return;
        }
        self.told = Instant::now();
        let seconds = self.begun.elapsed().as_secs_f64();
        let rate = done as f64 / seconds;
        let left = self.total.saturating_sub(done) as f64 / rate.max(1.0);
        let Self { total, unit, .. } = self;
        let text = format_args!("{done} of {total} {unit}, {rate:.0} a second, {left:.0} s left");
        self.output.say(text);
    }

    /// The bar goes; what follows is printed where it was.
    pub(super) fn finish(self) {
        self.bar.finish_and_clear();
    }
}
