use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    crash::{Random, seed},
    process::{Server, Setup},
    wire::{get, order, post},
};

/// What a stream told: position, type and id of an event.
type Told = (u64, String, String);

/// A stream of events that is being read.
struct Listener {
    lines: BufReader<TcpStream>,
    head: String,
    seen: u64,
}

impl Listener {
    /// Asks for events after one. In HTTP/1.0 an answer without an end comes as it is.
    fn open(address: SocketAddr, seen: u64) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let request = format!(
            "GET /events HTTP/1.0\r\naccept: text/event-stream\r\nlast-event-id: {seen}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut listener = Self { lines: BufReader::new(stream), head: String::new(), seen };
        while let Some(line) = listener.line().filter(|line| !line.is_empty()) {
            listener.head.push_str(&line);
            listener.head.push('\n');
        }
        listener
    }

    /// The same, until the stream has begun.
    fn begun(address: SocketAddr, seen: u64) -> Self {
        let mut listener = Self::open(address, seen);
        assert!(listener.head.starts_with("HTTP/1.0 200"), "{}", listener.head);
        while listener.line().is_some_and(|line| !line.is_empty()) {}
        listener
    }

    /// The next line; none if the stream has ended.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next event; none if the stream has ended.
    fn next(&mut self) -> Option<Told> {
        let mut kind = String::new();
        let mut event: Option<Value> = None;
        loop {
            let line = self.line()?;
            match line.split_once(": ").unwrap_or((&line, "")) {
                ("id", id) => self.seen = id.parse().unwrap(),
                ("event", text) => text.clone_into(&mut kind),
                ("data", text) => event = Some(serde_json::from_str(text).unwrap()),
                ("", _) => {
                    if let Some(event) = event.take() {
                        assert_eq!(event["position"], self.seen);
                        assert_eq!(event["type"], kind);
                        return Some((self.seen, kind, event["id"].as_str().unwrap().to_owned()));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Reads up to a position, going away at random and coming back.
fn read_by_turns(address: SocketAddr, end: u64, random: &mut Random) -> Vec<Told> {
    let mut told = Vec::new();
    let mut seen = 0;
    while seen < end {
        let mut listener = Listener::open(address, seen);
        for _ in 0..=random.below(40) {
            told.extend(listener.next());
            // Also where it has passed on without an event.
            seen = listener.seen;
            if seen >= end {
                break;
            }
        }
    }
    told
}

/// What the client in Python sees.
fn read_in_python(address: SocketAddr, end: u64) -> Vec<Told> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/server/watch.py");
    let mut command = Command::new("python3");
    command.args([script, &format!("http://{address}/events"), &end.to_string()]);
    let output = command.stderr(Stdio::inherit()).output().expect("python3 is installed");
    assert!(output.status.success(), "{}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let parts = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    parts.map(|it| (it[0].parse().unwrap(), it[1].to_owned(), it[2].to_owned())).collect()
}

/// The whole feed by pages.
fn pages(address: SocketAddr) -> Vec<Told> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = get(address, &format!("/events?limit=70&after={after}")).json();
        for event in page["events"].as_array().unwrap() {
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            all.push((event["position"].as_u64().unwrap(), text("type"), text("id")));
        }
        if page["next"] == after {
            return all;
        }
        after = page["next"].as_u64().unwrap();
    }
}

/// While eight write, readers who come and go see every event once, in order, none left out; and so does
/// a client in another language.
#[test]
fn readers_who_come_and_go_see_every_event_once() {
    const WRITERS: u64 = 8;
    const ORDERS: u64 = 20;
    const END: u64 = WRITERS * ORDERS * 2;
    let server = Setup::new().flags(&["--log=warn"]).start();
    let address = server.address;
    let seed = seed("events");
    let readings = thread::scope(|scope| {
        let readers = (1..=4)
            .map(|n| scope.spawn(move || read_by_turns(address, END, &mut Random::new(seed + n))));
        let readers: Vec<_> = readers.collect();
        let python = scope.spawn(move || read_in_python(address, END));
        for writer in 0..WRITERS {
            scope.spawn(move || {
                for _ in 0..ORDERS {
                    let placed = post(address, "/orders", &order(&format!("customer-{writer}")));
                    assert_eq!(placed.status, 201, "{placed:?}");
                }
            });
        }
        let readers = readers.into_iter().chain([python]);
        readers.map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    let whole = pages(address);
    let positions: Vec<_> = whole.iter().map(|(position, ..)| *position).collect();
    assert_eq!(positions, (1..=END).collect::<Vec<_>>());
    for told in readings {
        assert_eq!(told, whole);
    }
}

#[test]
fn a_stop_ends_every_stream_at_once() {
    let mut server = Setup::new().start();
    let mut listeners: Vec<_> = (0..50).map(|_| Listener::begun(server.address, 0)).collect();
    let asked = Instant::now();
    server.terminate();
    for listener in &mut listeners {
        assert_eq!(listener.next(), None);
    }
    assert!(server.wait(Duration::from_secs(5)).success());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert!(server.log().contains("stopped"), "{}", server.log());
    assert!(!server.log().contains("not every request"), "{}", server.log());
}

/// The limits on requests and silent clients are not those of a stream, whose client waits for us.
#[test]
fn a_stream_outlives_every_time_out() {
    let limits = ["--request-timeout=1s", "--write-timeout=1s", "--idle-timeout=1s"];
    let server =
        Setup::new().flags(&limits).flags(&["--header-timeout=1s", "--max-requests=4"]).start();
    let mut listeners: Vec<_> = (0..20).map(|_| Listener::begun(server.address, 0)).collect();
    thread::sleep(Duration::from_secs(4));
    assert_eq!(post(server.address, "/orders", &order("ann")).status, 201, "{}", server.log());
    for listener in &mut listeners {
        assert_eq!(listener.next().unwrap().1, "order.placed");
    }
}

/// Processor time used so far, and memory held, of a process.
#[cfg(target_os = "linux")]
fn used(server: &Server) -> (Duration, u64) {
    let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", server.id())).unwrap();
    let stat = read("stat");
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    let status = read("status");
    let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = held.trim().trim_end_matches(" kB").parse().unwrap();
    // A tick is a hundredth of a second wherever Linux runs.
    (Duration::from_millis(ticks * 10), kib)
}

/// Streams that wait cost next to nothing, keep nobody else out, and are only so many.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_idle_streams_cost_next_to_nothing() {
    const STREAMS: usize = 1_000;
    const TIME: Duration = Duration::from_secs(5);
    let server = Setup::new().flags(&["--max-requests=64", "--log=warn"]).start();
    let (_, before) = used(&server);
    let mut listeners: Vec<_> = (0..STREAMS).map(|_| Listener::begun(server.address, 0)).collect();
    let (begun, held) = used(&server);
    thread::sleep(TIME);
    let (ended, _) = used(&server);
    let (spent, more) = (ended.saturating_sub(begun), held.saturating_sub(before));
    println!("{STREAMS} idle streams: {spent:?} of processor in {TIME:?}, {more} KiB");
    assert!(spent < TIME / 10, "{spent:?} of processor in {TIME:?}");
    assert!(more / (STREAMS as u64) < 64, "{more} KiB");
    let refused = Listener::open(server.address, 0);
    assert!(refused.head.starts_with("HTTP/1.0 503"), "{}", refused.head);
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert_eq!(post(server.address, "/orders", &order("ann")).status, 201);
    let asked = Instant::now();
    for listener in &mut listeners {
        assert_eq!(listener.next().unwrap().0, 1);
    }
    println!("all told after {:?}", asked.elapsed());
    drop(listeners);
    for _ in 0..100 {
        if Listener::open(server.address, 0).head.starts_with("HTTP/1.0 200") {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("the places of streams that ended are free");
}
