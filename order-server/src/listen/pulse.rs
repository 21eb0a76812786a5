//! What a connection is doing: written by its socket and its requests, read by its watchdog.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::config::Limits;

/// What the watchdog does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Leave,
    /// It closes when it has nothing left to send.
    Finish,
    /// It closes now.
    Cut,
}

/// What a connection is doing. Every time is in microseconds since it was opened, which is also
/// when its first head is taken to begin.
#[derive(Debug)]
pub(crate) struct Pulse {
    opened: Instant,
    // When the last byte, request or piece of a body went by.
    active: AtomicU64,
    // When the head now being read began; `NO_HEAD` if none is.
    head: AtomicU64,
    // Requests whose answer is not complete, and those of them whose handler still runs.
    requests: AtomicUsize,
    handlers: AtomicUsize,
    // Those of them whose answer is a stream, and when the client's socket took no more; `FLOWING` if
    // it takes what there is.
    streams: AtomicUsize,
    blocked: AtomicU64,
    // Whether part of a body was left unread.
    has_unread: AtomicBool,
    // HTTP/2 sends frames of its own between requests: they begin no head, and are no progress.
    is_multiplexed: AtomicBool,
    // When the client last took a piece of each answer, where there are several at once.
    answers: Mutex<HashMap<u64, u64>>,
    answers_begun: AtomicU64,
}

const NO_HEAD: u64 = u64::MAX;
const FLOWING: u64 = u64::MAX;
/// What is written at once and no longer than this may be nothing but HTTP/2's own: pings and the like.
const CONTROL_BYTES: usize = 64;

impl Pulse {
    pub(crate) fn new() -> Self {
        Self {
            opened: Instant::now(),
            active: AtomicU64::new(0),
            head: AtomicU64::new(0),
            requests: AtomicUsize::new(0),
            handlers: AtomicUsize::new(0),
            streams: AtomicUsize::new(0),
            blocked: AtomicU64::new(FLOWING),
            has_unread: AtomicBool::new(false),
            is_multiplexed: AtomicBool::new(false),
            answers: Mutex::default(),
            answers_begun: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(NO_HEAD - 1)
    }

    /// Bytes came in.
    pub(super) fn received(&self) {
        if self.is_multiplexed.load(Relaxed) {
            return;
        }
        let now = self.now();
        self.active.store(now, Relaxed);
        if self.is_quiet() && self.head.load(Relaxed) == NO_HEAD {
            self.head.store(now, Relaxed);
        }
    }

    /// The client took bytes, or gave or asked for a piece of a body.
    pub(crate) fn progressed(&self) {
        self.active.store(self.now(), Relaxed);
    }

    /// The client's socket took so many bytes.
    pub(super) fn flowed(&self, bytes: usize) {
        self.blocked.store(FLOWING, Relaxed);
        if bytes > CONTROL_BYTES || !self.is_multiplexed.load(Relaxed) {
            self.progressed();
        }
    }

    /// The client's socket takes no more for now.
    pub(super) fn blocked(&self) {
        let now = self.now();
        let _ = self.blocked.compare_exchange(FLOWING, now, Relaxed, Relaxed);
    }

    /// An answer is a stream: it may pause for as long as it likes.
    pub(crate) fn streams(&self) {
        self.streams.fetch_add(1, Relaxed);
    }

    /// Whether an answer is a stream.
    pub(super) fn is_streaming(&self) -> bool {
        self.streams.load(Relaxed) > 0
    }

    /// A stream has ended.
    pub(crate) fn streamed(&self) {
        self.streams.fetch_sub(1, Relaxed);
    }

    /// A head is complete.
    pub(crate) fn began(&self, is_multiplexed: bool) {
        self.is_multiplexed.store(is_multiplexed, Relaxed);
        self.requests.fetch_add(1, Relaxed);
        self.handlers.fetch_add(1, Relaxed);
        self.head.store(NO_HEAD, Relaxed);
        self.progressed();
    }

    /// A handler has its answer, or was given up.
    pub(crate) fn handled(&self) {
        self.handlers.fetch_sub(1, Relaxed);
        self.progressed();
    }

    /// An answer has an end, and is one of several: it is known by this number. On HTTP/2 each has a window
    /// of its own, which a client may keep shut for as long as it likes.
    pub(crate) fn sends(&self) -> Option<u64> {
        let is_multiplexed = self.is_multiplexed.load(Relaxed);
        let number = is_multiplexed.then(|| self.answers_begun.fetch_add(1, Relaxed));
        number.inspect(|number| self.took(*number))
    }

    /// The client took what there was of an answer.
    pub(crate) fn took(&self, number: u64) {
        self.answers().insert(number, self.now());
    }

    /// An answer is sent, or given up.
    pub(crate) fn sent(&self, number: u64) {
        self.answers().remove(&number);
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<u64, u64>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A body is left unread.
    pub(crate) fn leave_unread(&self) {
        self.has_unread.store(true, Relaxed);
    }

    /// Whether a body was left unread.
    pub(super) fn has_unread(&self) -> bool {
        self.has_unread.load(Relaxed)
    }

    /// An answer is complete, or given up.
    pub(crate) fn ended(&self) {
        self.requests.fetch_sub(1, Relaxed);
        self.progressed();
    }

    /// Whether no request is being answered.
    pub(super) fn is_quiet(&self) -> bool {
        self.requests.load(Relaxed) == 0
    }

    /// What is due.
    pub(super) fn verdict(&self, limits: &Limits) -> Verdict {
        let now = self.now();
        let since = |then: u64| Duration::from_micros(now.saturating_sub(then));
        let pause = since(self.active.load(Relaxed));
        let head = self.head.load(Relaxed);
        // Whatever else goes by: it holds a place that another could have.
        let longest = self.answers().values().min().copied().map(since);
        if longest.is_some_and(|longest| longest > 2 * limits.write_time) {
            return Verdict::Cut;
        }
        if self.handlers.load(Relaxed) > 0 {
            // The request's own time ends it.
            return Verdict::Leave;
        }
        if self.is_streaming() {
            let blocked = self.blocked.load(Relaxed);
            let is_stuck = blocked != FLOWING && since(blocked) > limits.write_time;
            return if is_stuck { Verdict::Cut } else { Verdict::Leave };
        }
        if !self.is_quiet() {
            return if pause > limits.write_time { Verdict::Cut } else { Verdict::Leave };
        }
        if head != NO_HEAD {
            return if since(head) > limits.header_time { Verdict::Cut } else { Verdict::Leave };
        }
        if pause > limits.idle_time + limits.write_time {
            Verdict::Cut
        } else if pause > limits.idle_time {
            Verdict::Finish
        } else {
            Verdict::Leave
        }
    }

    /// How often to ask for the verdict, so that no limit is overrun by more than a quarter of the
    /// shortest.
    pub(super) fn interval(limits: &Limits) -> Duration {
        let shortest = limits.header_time.min(limits.idle_time).min(limits.write_time);
        (shortest / 4).max(Duration::from_millis(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: fn() -> Limits = Limits::default;

    fn answer_one(pulse: &Pulse, is_multiplexed: bool) {
        pulse.began(is_multiplexed);
        pulse.handled();
        pulse.ended();
    }

    async fn pass(time: Duration) {
        tokio::time::advance(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_is_cut_after_the_header_time() {
        let pulse = Pulse::new();
        pass(Duration::from_millis(9_900)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
        pass(Duration::from_millis(200)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_does_not_prolong_a_head() {
        let pulse = Pulse::new();
        for _ in 0..11 {
            pulse.received();
            pass(Duration::from_secs(1)).await;
        }
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_finishes_after_the_idle_time() {
        let pulse = Pulse::new();
        answer_one(&pulse, false);
        pass(Duration::from_secs(29)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
        pass(Duration::from_secs(2)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Finish);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_its_answer_is_cut() {
        let pulse = Pulse::new();
        answer_one(&pulse, false);
        pass(Duration::from_secs(61)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_its_answer_slowly_is_left_alone() {
        let pulse = Pulse::new();
        pulse.began(false);
        pulse.handled();
        for _ in 0..10 {
            pass(Duration::from_secs(20)).await;
            pulse.progressed();
        }
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
        pass(Duration::from_secs(31)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_may_pause_but_its_client_may_not() {
        let pulse = Pulse::new();
        pulse.began(false);
        pulse.streams();
        pulse.handled();
        pass(Duration::from_secs(1_000)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
        for _ in 0..3 {
            pulse.blocked();
            pass(Duration::from_secs(20)).await;
            pulse.blocked();
            assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
            pulse.flowed(17);
        }
        pulse.blocked();
        pass(Duration::from_secs(20)).await;
        pulse.blocked();
        pass(Duration::from_secs(11)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
        pulse.streamed();
        pulse.ended();
        pass(Duration::from_secs(31)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Finish, "it is a connection like any other");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_left_alone_while_a_handler_runs() {
        let pulse = Pulse::new();
        pulse.began(false);
        pass(Duration::from_secs(100)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_between_the_requests_of_http2_begin_no_head() {
        let pulse = Pulse::new();
        answer_one(&pulse, true);
        pulse.received();
        pass(Duration::from_secs(20)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
    }

    /// Both ends of HTTP/2 ask each other now and then whether they are there.
    async fn ping(pulse: &Pulse) {
        pass(Duration::from_secs(20)).await;
        pulse.flowed(17);
        pulse.received();
    }

    #[tokio::test(start_paused = true)]
    async fn pings_keep_no_connection() {
        let (stalled, idle) = (Pulse::new(), Pulse::new());
        stalled.began(true);
        stalled.handled();
        answer_one(&idle, true);
        ping(&stalled).await;
        ping(&idle).await;
        assert_eq!(stalled.verdict(&LIMITS()), Verdict::Cut);
        assert_eq!(idle.verdict(&LIMITS()), Verdict::Finish);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_not_taken_ends_all_of_its_connection() {
        let pulse = Pulse::new();
        pulse.began(true);
        let stalled = pulse.sends().unwrap();
        pulse.handled();
        for _ in 0..3 {
            answer_one(&pulse, true);
            pulse.flowed(16_384);
            assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
            pass(Duration::from_secs(20)).await;
        }
        pulse.took(stalled);
        pass(Duration::from_secs(61)).await;
        answer_one(&pulse, true);
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
        pulse.sent(stalled);
        pulse.ended();
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_head_on_a_connection_has_its_own_time() {
        let pulse = Pulse::new();
        answer_one(&pulse, false);
        pass(Duration::from_secs(20)).await;
        pulse.received();
        pass(Duration::from_secs(9)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Leave);
        pass(Duration::from_secs(2)).await;
        assert_eq!(pulse.verdict(&LIMITS()), Verdict::Cut);
    }
}
