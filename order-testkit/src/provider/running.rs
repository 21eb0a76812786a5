//! A running provider, and how a test steers it.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use order_core::{Money, OrderId, PaymentId, RefundId};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    runtime::Builder,
    sync::oneshot,
    time::{Instant, sleep},
};

use super::{
    behaviour::Rule,
    callbacks::Delivery,
    exchange,
    ledger::Ledger,
    server::{self, Attempt},
    wire::{Happening, Receiving},
};

/// The secrets that callbacks are signed with: two, as while one is being replaced.
const SECRETS: [&str; 2] = [
    "whsec_dGhlIG5ldyBzZWNyZXQgb2YgdGhlIHByb3ZpZGVy",
    "whsec_dGhlIG9sZCBzZWNyZXQgb2YgdGhlIHByb3ZpZGVy",
];
/// The program.
const PROGRAM: &str = "payment_provider";
/// What the program says, before its address.
const GREETING: &str = "payment_provider listens on http://";
/// How long to wait for something to happen.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// A provider that listens on a port of this machine below 32768, until this value is dropped. Its
/// ledger lives as long as it does.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Process(Child),
    /// A thread, which ends when this is dropped or sent.
    Thread(Option<oneshot::Sender<()>>),
}

impl Provider {
    /// Starts the program `payment_provider` in a process of its own: whatever happens to the one under
    /// test, the ledger stays. The program is looked for beside the test, where `cargo build -p
    /// order-testkit --features provider` puts it.
    ///
    /// # Errors
    /// `NotFound` if the program is not there; otherwise that it cannot be run.
    pub fn start() -> io::Result<Self> {
        let test = env::current_exe()?;
        let mut places = test.ancestors().skip(1).take(3).map(|folder| folder.join(PROGRAM));
        let program: PathBuf = places.find(|place| place.is_file()).ok_or_else(|| {
            let help = "cargo build -p order-testkit --features provider --bin payment_provider";
            io::Error::new(io::ErrorKind::NotFound, format!("no {PROGRAM} here; run: {help}"))
        })?;
        Self::start_program(&program)
    }

    /// As [`start`](Self::start), for the program at this path.
    ///
    /// # Errors
    /// That it cannot be run.
    pub fn start_program(program: impl AsRef<OsStr>) -> io::Result<Self> {
        let mut child =
            Command::new(program.as_ref()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix(GREETING).and_then(|text| text.parse().ok());
        if let Some(address) = address {
            return Ok(Self { address, place: Place::Process(child) });
        }
        child.kill()?;
        child.wait()?;
        Err(io::Error::other(format!("{PROGRAM} said {line:?}")))
    }

    /// Starts it inside this process, on a thread of its own.
    ///
    /// # Errors
    /// That no port is free.
    pub fn within() -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            if let Err(error) = host(&tell, stopped) {
                let _ = tell.send(Err(error));
            }
        });
        let address = told.recv().map_err(io::Error::other)??;
        Ok(Self { address, place: Place::Thread(Some(stop)) })
    }

    /// Its address, as `PAYMENT_SERVICE_URL` wants it.
    pub fn url(&self) -> String {
        exchange::url(self.address)
    }

    /// The secrets that its callbacks are signed with, newest first; one of them is enough to read them.
    pub const fn secrets(&self) -> [&'static str; 2] {
        SECRETS
    }

    /// Sends callbacks to this address (`http://…`) from now on. Before, they are dropped.
    pub async fn callbacks_to(&self, url: &str) {
        self.steer("PUT", "/admin/callbacks", &Receiving { url: Some(url.to_owned()) }).await;
    }

    /// Adds a rule behind those that there are.
    pub async fn rule(&self, rule: Rule) {
        self.steer("POST", "/admin/rules", &rule).await;
    }

    /// Forgets all rules.
    pub async fn clear_rules(&self) {
        self.steer("DELETE", "/admin/rules", &()).await;
    }

    /// The customer's bank disputes so much of a payment.
    pub async fn dispute(&self, order_id: &OrderId, payment_id: &PaymentId, amount: Money) {
        let (order_id, payment_id) = (order_id.clone(), payment_id.clone());
        let happening = Happening { order_id, payment_id, amount, refund_id: None };
        self.steer("POST", "/admin/disputes", &happening).await;
    }

    /// Somebody refunds at the provider.
    pub async fn refund_here(
        &self,
        order_id: &OrderId,
        payment_id: &PaymentId,
        refund_id: &RefundId,
        amount: Money,
    ) {
        let (order_id, payment_id) = (order_id.clone(), payment_id.clone());
        let refund_id = Some(refund_id.clone());
        let happening = Happening { order_id, payment_id, amount, refund_id };
        self.steer("POST", "/admin/refunds", &happening).await;
    }

    /// A copy of the books.
    pub async fn ledger(&self) -> Ledger {
        self.look("/ledger").await
    }

    /// Every HTTP request for money to be moved so far, repeats too.
    pub async fn attempts(&self) -> Vec<Attempt> {
        self.look("/admin/attempts").await
    }

    /// The callbacks that were sent or given up so far.
    pub async fn deliveries(&self) -> Vec<Delivery> {
        self.look("/admin/callbacks").await
    }

    /// Waits until so many callbacks were sent or given up.
    ///
    /// # Panics
    /// If that takes longer than ten seconds.
    pub async fn delivered(&self, count: usize) -> Vec<Delivery> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let deliveries = self.deliveries().await;
            if deliveries.len() >= count {
                return deliveries;
            }
            assert!(Instant::now() < deadline, "only {deliveries:?}");
            sleep(PAUSE).await;
        }
    }

    /// Ends it at once, with its ledger. Nothing happens if it has ended.
    pub fn kill(&mut self) {
        match &mut self.place {
            Place::Process(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Place::Thread(stop) => *stop = None,
        }
    }

    async fn steer(&self, method: &str, path: &str, body: &(impl Serialize + Sync)) {
        let body = serde_json::to_vec(body).expect("it is JSON");
        let url = self.url() + path;
        let answer = exchange::send(method, &url, &[], body).await.expect("the provider answers");
        let text = String::from_utf8_lossy(&answer.1);
        assert!((200..300).contains(&answer.0), "{method} {path}: {} {text}", answer.0);
    }

    async fn look<T: DeserializeOwned>(&self, path: &str) -> T {
        let url = self.url() + path;
        let answer = exchange::send("GET", &url, &[], Vec::new()).await;
        let (_, body) = answer.expect("the provider answers");
        serde_json::from_slice(&body).expect("the provider's answer can be read")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Serves on a runtime of its own until that is stopped, and says where.
fn host(
    tell: &mpsc::Sender<io::Result<SocketAddr>>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = server::bind().await?;
        let _ = tell.send(listener.local_addr());
        tokio::select! {
            end = server::serve(listener, &SECRETS) => end,
            _ = stopped => Ok(()),
        }
    })
}

/// What the program `payment_provider` does: it listens until its standard input ends, which it does with
/// the process that started it.
///
/// # Errors
/// That no port is free, or that something else is wrong with the network.
pub async fn run() -> io::Result<()> {
    let listener = server::bind().await?;
    println!("{GREETING}{}", listener.local_addr()?);
    let input_ends = tokio::task::spawn_blocking(|| {
        let mut ignored = [0; 1024];
        while io::stdin().read(&mut ignored).is_ok_and(|count| count > 0) {}
    });
    tokio::select! {
        end = server::serve(listener, &SECRETS) => end,
        _ = input_ends => Ok(()),
    }
}
