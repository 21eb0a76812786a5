//! More clients than the server takes at once: what becomes of those who are let in, of those who are
//! not, of its memory, and of the first who come afterwards.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use order_benches::{
    Failure,
    child::{Process, build},
    load, order_json,
    report::title,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

/// Clients, each with a connection and one request under way: twice what is taken at once.
const CLIENTS: usize = 2_000;
const REQUESTS_MAX: &str = "--max-requests=1000";
/// How long a client that was sent away waits, if it is told no other time.
const RETRY: Duration = Duration::from_secs(1);

/// What clients saw.
#[derive(Debug, Default)]
struct Seen {
    placed_us: Mutex<Vec<u64>>,
    refused_us: Mutex<Vec<u64>>,
    /// Without a word when to come again, broken, or with another answer.
    wrong: AtomicU64,
    stop: AtomicBool,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let time = std::env::var("ORDER_BENCH_SECONDS").ok().and_then(|it| it.parse().ok());
    let time = Duration::from_secs(time.unwrap_or(60));
    title("more clients than are let in");
    println!("  {CLIENTS} connections, {REQUESTS_MAX}, {time:?}, SQLite with synchronous=FULL");
    let program = build("order-server", "order-server")?;
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}/orders.db", folder.path().display());
    let server = Process::serve_with(&program, &url, &["--log=warn", REQUESTS_MAX])?;
    let seen = Arc::new(Seen::default());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let order = order_json(client as u64)?;
        clients.spawn(place(server.address, load::post("/orders", &order), seen.clone()));
    }
    sleep(time).await;
    let (_, largest_mib) = server.memory()?;
    seen.stop.store(true, Relaxed);
    let stopped = Instant::now();
    clients.join_all().await;
    // The first who comes afterwards.
    let once = Arc::new(Seen { stop: AtomicBool::new(true), ..Seen::default() });
    place(server.address, load::post("/orders", &order_json(0)?), once.clone()).await;
    let recovered = stopped.elapsed();
    let placed = quantiles(&seen.placed_us);
    let refused = quantiles(&seen.refused_us);
    println!("    placed  {placed}");
    println!("    refused {refused}, each with Retry-After");
    println!("    wrong   {}", seen.wrong.load(Relaxed));
    println!("    memory at most {largest_mib:.0} MiB (goal: at most 256)");
    println!(
        "    an order {recovered:?} after the storm is placed: {}",
        quantiles(&once.placed_us)
    );
    Ok(())
}

/// Places orders one after the other until told to stop, but at least once.
async fn place(address: SocketAddr, request: Vec<u8>, seen: Arc<Seen>) {
    let Ok(mut stream) = TcpStream::connect(address).await else {
        seen.wrong.fetch_add(1, Relaxed);
        return;
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let begun = Instant::now();
        let answer = ask(&mut stream, &request, &mut buffer).await;
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        match answer {
            Ok(answer) if answer.starts_with("HTTP/1.1 201") => {
                seen.placed_us.lock().unwrap_or_else(PoisonError::into_inner).push(took);
            }
            Ok(answer)
                if answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: ") =>
            {
                seen.refused_us.lock().unwrap_or_else(PoisonError::into_inner).push(took);
                sleep(RETRY).await;
            }
            _ => {
                seen.wrong.fetch_add(1, Relaxed);
                return;
            }
        }
        if seen.stop.load(Relaxed) {
            return;
        }
    }
}

/// Sends a request and reads the answer whole.
async fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> Result<String, Failure> {
    stream.write_all(request).await?;
    let mut read = 0;
    loop {
        let count = stream.read(buffer.get_mut(read..).ok_or("the answer is too long")?).await?;
        if count == 0 {
            return Err("the connection was closed".into());
        }
        read += count;
        let text = std::str::from_utf8(&buffer[..read])?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.ok_or("the answer has no length")?.parse::<usize>()? {
            return Ok(text.to_owned());
        }
    }
}

/// How many there were, and how long they took.
fn quantiles(times_us: &Mutex<Vec<u64>>) -> String {
    let mut times = times_us.lock().unwrap_or_else(PoisonError::into_inner).clone();
    times.sort_unstable();
    let at = |share: usize| {
        let us = times.get(times.len() * share / 100).copied().unwrap_or_default();
        format!("{:?}", Duration::from_micros(us))
    };
    format!("{}: p50 {}, p99 {}", times.len(), at(50), at(99))
}
