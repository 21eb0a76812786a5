//! Cleans up after a test that was killed, which runs no destructors.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Reads the ids of the server, or that there is none, until the other end of the pipe is closed: by our
/// destructor or by the end of our process, whatever ended it. Then it ends the server, hung or not, and
/// removes the folder. An id with a sign before it is that of a process group.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
server=
while read -r line; do server=$line; done
if [ -n "$server" ]; then
    kill -s "$2" -- $server && kill -s CONT -- $server
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -s 0 -- $server || break
        sleep 1
    done
fi
rm -rf "$1"
"#;

/// A shell that outlives us.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Watches over a folder, and ends its server with a signal such as `QUIT`.
    pub(crate) fn over(folder: &Path, signal: &str) -> io::Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(folder)
            .arg(signal)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }

    /// From now on these are the processes to end, if there are any.
    pub(crate) fn guard(&mut self, processes: &[i64]) -> io::Result<()> {
        let ids: Vec<String> = processes.iter().map(ToString::to_string).collect();
        self.shell.stdin.as_mut().map_or(Ok(()), |pipe| writeln!(pipe, "{}", ids.join(" ")))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // `wait` closes the pipe.
        let _ = self.shell.wait();
    }
}
