//! The event loop.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, event::Event, net::TcpStream};

use super::{
    Requests,
    answer::{self, Answer},
};
use crate::Failure;

/// How long no answer at all may come, and how far a server may fall behind a fixed rate.
const PATIENCE: Duration = Duration::from_secs(10);
const EVENTS_AT_ONCE: usize = 1_024;

/// When requests are sent.
#[derive(Debug)]
pub(super) struct Pace {
    deadline: Instant,
    /// How long after the last one; none for as soon as a connection is free.
    every: Option<Duration>,
    due: Instant,
}

impl Pace {
    /// Whenever a connection is free.
    pub(super) fn as_answered(deadline: Instant) -> Self {
        Self { deadline, every: None, due: deadline }
    }

    /// At fixed times.
    pub(super) fn every(every: Duration, start: Instant, deadline: Instant) -> Self {
        Self { deadline, every: Some(every), due: start }
    }

    /// When the request that may be sent now should have been sent.
    fn due(&self, now: Instant) -> Option<Instant> {
        match self.every {
            None => (now < self.deadline).then_some(now),
            Some(_) => (self.due <= now && self.due < self.deadline).then_some(self.due),
        }
    }

    /// One was sent.
    fn sent(&mut self) {
        if let Some(every) = self.every {
            self.due += every;
        }
    }

    /// How long to wait for answers before there is something to send.
    fn wait(&self, now: Instant) -> Duration {
        match self.every {
            Some(_) if self.due > now && self.due < self.deadline => self.due - now,
            _ => PATIENCE,
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        match self.every {
            None => now >= self.deadline,
            Some(_) => self.due >= self.deadline,
        }
    }
}

/// A connection and what is under way on it.
#[derive(Debug)]
struct Lane {
    stream: TcpStream,
    /// Where the bytes of its request are, and of these what is not written yet.
    request: Range<usize>,
    left: Range<usize>,
    since: Instant,
    /// An answer that came in more than one piece.
    kept: Vec<u8>,
}

/// Connections, and what came of the requests.
#[derive(Debug)]
pub(super) struct Engine<'a> {
    poll: Poll,
    lanes: Vec<Lane>,
    idle: Vec<usize>,
    requests: &'a mut Requests,
    is_exhausted: bool,
    wanted: u16,
    buffer: Vec<u8>,
    latencies_us: Vec<u32>,
}

impl<'a> Engine<'a> {
    /// Connects.
    pub(super) fn connect(
        address: SocketAddr,
        connections: usize,
        wanted: u16,
        requests: &'a mut Requests,
    ) -> Result<Self, Failure> {
        let poll = Poll::new()?;
        let mut lanes = Vec::with_capacity(connections);
        for lane in 0..connections {
            let stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut stream, Token(lane), interest)?;
            let since = Instant::now();
            lanes.push(Lane { stream, request: 0..0, left: 0..0, since, kept: Vec::new() });
        }
        Ok(Self {
            poll,
            idle: (0..lanes.len()).rev().collect(),
            lanes,
            requests,
            is_exhausted: false,
            wanted,
            buffer: vec![0; 64 * 1024],
            latencies_us: Vec::with_capacity(1_000_000),
        })
    }

    /// Microseconds of each answer.
    pub(super) fn into_latencies(self) -> Vec<u32> {
        self.latencies_us
    }

    /// Sends and receives until the time is over, or the requests, and everything is answered.
    pub(super) fn run(&mut self, mut pace: Pace) -> Result<(), Failure> {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let mut heard = Instant::now();
        loop {
            let now = Instant::now();
            self.send_what_is_due(&mut pace, now)?;
            let is_quiet = self.idle.len() == self.lanes.len();
            if is_quiet && (self.is_exhausted || pace.is_over(now)) {
                return Ok(());
            }
            if now > heard + PATIENCE || now > pace.deadline + PATIENCE {
                return Err("the server does not keep up, or answers no more".into());
            }
            match self.poll.poll(&mut events, Some(pace.wait(now))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                self.handle(event, &mut pace)?;
                heard = now;
            }
        }
    }

    fn send_what_is_due(&mut self, pace: &mut Pace, now: Instant) -> Result<(), Failure> {
        while !self.is_exhausted
            && let Some(due) = pace.due(now)
            && let Some(lane) = self.idle.pop()
        {
            self.start(lane, due, pace)?;
        }
        Ok(())
    }

    /// Sends the next request, or lays the connection aside if there is none.
    fn start(&mut self, lane: usize, due: Instant, pace: &mut Pace) -> Result<(), Failure> {
        let Some(request) = self.requests.take() else {
            self.is_exhausted = true;
            self.idle.push(lane);
            return Ok(());
        };
        pace.sent();
        let lane = &mut self.lanes[lane];
        (lane.request, lane.left, lane.since) = (request.clone(), request, due);
        lane.kept.clear();
        lane.write(&self.requests.bytes)
    }

    fn handle(&mut self, event: &Event, pace: &mut Pace) -> Result<(), Failure> {
        let index = event.token().0;
        let lane = &mut self.lanes[index];
        if event.is_writable() {
            lane.write(&self.requests.bytes)?;
        }
        if !event.is_readable() {
            return Ok(());
        }
        let Some(answer) = lane.read(&mut self.buffer)? else {
            return Ok(());
        };
        if answer.status != self.wanted {
            return Err(self.unwanted(index, answer));
        }
        let now = Instant::now();
        let latency = (now - lane.since).as_micros();
        self.latencies_us.push(u32::try_from(latency).unwrap_or(u32::MAX));
        if let Some(due) = pace.due(now) {
            return self.start(index, due, pace);
        }
        self.idle.push(index);
        Ok(())
    }

    /// What was asked and what was answered.
    fn unwanted(&self, lane: usize, answer: Answer) -> Failure {
        let lane = &self.lanes[lane];
        let said = if lane.kept.is_empty() { &self.buffer } else { &lane.kept };
        let said = String::from_utf8_lossy(&said[answer.head..answer.length]);
        let asked = String::from_utf8_lossy(&self.requests.bytes[lane.request.clone()]);
        format!("an answer with status {} to {asked}\n{said}", answer.status).into()
    }
}

impl Lane {
    /// Writes what is left of the request, as far as the kernel takes it.
    fn write(&mut self, requests: &[u8]) -> Result<(), Failure> {
        while !self.left.is_empty() {
            match self.stream.write(&requests[self.left.clone()]) {
                Ok(written) => self.left.start += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Reads what has come; gives the answer once it is whole.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Option<Answer>, Failure> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if self.kept.is_empty()
                && let Some(answer) = answer::read(&buffer[..read])
            {
                return Ok(Some(answer));
            }
            self.kept.extend_from_slice(&buffer[..read]);
            if let Some(answer) = answer::read(&self.kept) {
                return Ok(Some(answer));
            }
        }
    }
}
