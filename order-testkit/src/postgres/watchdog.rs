//! Cleans up after a test that was killed, which runs no destructors.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Reads the id of the server, or that there is none, until the other end of the pipe is closed: by our
/// destructor or by the end of our process, whatever ended it. Then it ends the server, hung or not, and
/// removes the folder.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
server=
while read -r line; do server=$line; done
if [ -n "$server" ]; then
    kill -QUIT "$server" && kill -CONT "$server"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$server" || break
        sleep 1
    done
fi
rm -rf "$1"
"#;

/// A shell that outlives us.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// Watches over a folder.
    pub(super) fn over(folder: &Path) -> io::Result<Self> {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self { shell })
    }

    /// From now on this is the server to end, or there is none.
    pub(super) fn guard(&mut self, server: Option<u32>) -> io::Result<()> {
        let line = server.map(|pid| pid.to_string()).unwrap_or_default();
        self.shell.stdin.as_mut().map_or(Ok(()), |pipe| writeln!(pipe, "{line}"))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // `wait` closes the pipe.
        let _ = self.shell.wait();
    }
}
