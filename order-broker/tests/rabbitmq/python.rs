//! A consumer in another language, with another client.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use order_testkit::publisher::Received;

/// Of the client from Python's package index.
const PACKAGE: &str = "pika>=1.3,<2";
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Consumer {
    child: Child,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A Python that has the client: the one that `ORDER_TEST_PYTHON` names, else one that is made in the
/// temporary folder and kept there. None where the package index is out of reach.
fn python() -> Option<PathBuf> {
    if let Some(python) = env::var_os("ORDER_TEST_PYTHON").filter(|path| !path.is_empty()) {
        return Some(python.into());
    }
    let folder = env::temp_dir().join("order-broker-python");
    let python = folder.join("bin/python");
    let succeeds = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    if !succeeds(Command::new(&python).args(["-c", "import pika"]).stderr(Stdio::null())) {
        let _ = fs::remove_dir_all(&folder);
        let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        assert!(made, "python3 with venv is needed");
        let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGE];
        if !succeeds(Command::new(&python).args(install)) {
            return None;
        }
    }
    Some(python)
}

impl Consumer {
    /// Takes everything from now on; none, and a word on it, where its client cannot be had.
    pub(crate) fn start(port: u16, exchange: &str) -> Option<Self> {
        let Some(python) = python() else {
            say("the consumer in Python is left out: its package index is out of reach\n");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rabbitmq/consumer.py");
        let mut command = Command::new(python);
        command.args([script, "127.0.0.1", &port.to_string(), exchange]).stdout(Stdio::piped());
        // It ends with us, whatever ends us.
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (tell, is_ready) = mpsc::channel();
        let own = Arc::clone(&received);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let words: Vec<&str> = line.split(' ').collect();
                if let [id, kind, subject] = words.as_slice() {
                    let (id, kind) = (id.to_string(), kind.to_string());
                    own.lock().unwrap().push(Received { id, kind, subject: subject.to_string() });
                } else {
                    // Nobody listens the second time.
                    let _ = tell.send(line);
                }
            }
        });
        assert_eq!(is_ready.recv_timeout(PATIENCE).unwrap(), "ready");
        Some(Self { child, received })
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Past the test harness, which keeps what passing tests print to itself.
fn say(text: &str) {
    io::stderr().write_all(text.as_bytes()).unwrap();
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
