//! Programs in another language: a Python with packages of its index, and a consumer of events.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use crate::publisher::Received;

/// How long a program may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Packages of Python's index.
#[derive(Debug, Clone, Copy)]
pub struct Packages {
    /// Names the Python that has them.
    pub folder: &'static str,
    /// What a Python that has them can do.
    pub import: &'static str,
    /// What they are called in the index, with their versions.
    pub names: &'static [&'static str],
}

impl Packages {
    /// A Python that has the packages: one that is made in the temporary folder and kept there. None
    /// where the package index is out of reach.
    ///
    /// # Panics
    /// If there is no `python3` with `venv`.
    pub fn python(&self) -> Option<PathBuf> {
        // Tests of one program run at once, and the first of them makes it.
        static MAKING: Mutex<()> = Mutex::new(());
        let _made_by_one = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = env::temp_dir().join(self.folder);
        let python = folder.join("bin/python");
        let succeeds = |command: &mut Command| command.status().is_ok_and(|it| it.success());
        let known = ["-c", self.import];
        if !succeeds(Command::new(&python).args(known).stderr(Stdio::null())) {
            let _ = fs::remove_dir_all(&folder);
            let made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
            assert!(made, "python3 with venv is needed");
            let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
            if !succeeds(Command::new(&python).args(install).args(self.names)) {
                return None;
            }
        }
        Some(python)
    }
}

/// A program that takes events from a broker and says of each its id, its kind and its subject, in a line.
#[derive(Debug)]
pub struct Consumer {
    child: Child,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Consumer {
    /// Takes everything from now on; none, and a word on it, where its client cannot be had. The script
    /// says `ready` once it takes events, and ends with its standard input. `ORDER_TEST_PYTHON` names
    /// another Python that has the packages.
    ///
    /// # Panics
    /// If the program does not get ready.
    pub fn start(packages: &Packages, script: &str, arguments: &[&str]) -> Option<Self> {
        let given = env::var_os("ORDER_TEST_PYTHON").filter(|path| !path.is_empty());
        let Some(python) = given.map(PathBuf::from).or_else(|| packages.python()) else {
            // Past the test harness, which keeps what passing tests print to itself.
            let word = "a consumer in Python is left out: its package index is out of reach\n";
            io::stderr().write_all(word.as_bytes()).unwrap();
            return None;
        };
        let mut command = Command::new(python);
        command.arg(script).args(arguments).stdout(Stdio::piped());
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

    /// What it has received so far, in the order in which it came.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
