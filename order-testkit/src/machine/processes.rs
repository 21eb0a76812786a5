//! The processes of a server. Backends have process groups of their own, so they are found by their parent.

use std::{fs, io, process::Command, time::Instant};

use rustix::{
    io::Errno,
    process::{Pid, Signal, kill_process},
};

use super::{PATIENCE, PAUSE};

/// What is known of a process.
#[derive(Debug)]
pub(crate) struct Process {
    pid: i32,
    parent: i32,
    state: char,
}

/// Sends a signal; to nobody if the process is gone.
pub(crate) fn send(pid: Pid, signal: Signal) -> io::Result<()> {
    match kill_process(pid, signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A process and its children.
pub(crate) fn family(parent: Pid) -> io::Result<Vec<Pid>> {
    let all = all()?.into_iter();
    let children = all.filter(|process| process.parent == parent.as_raw_nonzero().get());
    Ok(children.filter_map(|child| Pid::from_raw(child.pid)).chain([parent]).collect())
}

/// Waits until something is so for every process.
pub(crate) fn wait(pids: &[Pid], is_so: fn(Option<&Process>) -> bool) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = all()?;
        let find = |pid: &Pid| all.iter().find(|process| process.pid == pid.as_raw_nonzero().get());
        if pids.iter().all(|pid| is_so(find(pid))) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "a process ignores its signal"));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Whether a process is no more; who is dead and not yet buried holds nothing.
pub(crate) fn is_gone(process: Option<&Process>) -> bool {
    process.is_none_or(|process| process.state == 'Z')
}

/// Whether a process does nothing any more.
pub(crate) fn is_halted(process: Option<&Process>) -> bool {
    is_gone(process) || process.is_some_and(|process| process.state == 'T')
}

/// Every process of the machine.
fn all() -> io::Result<Vec<Process>> {
    if !fs::exists("/proc/self/stat")? {
        let ps = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat="]).output()?;
        return Ok(String::from_utf8_lossy(&ps.stdout).lines().filter_map(from_ps).collect());
    }
    let entries = fs::read_dir("/proc")?.flatten();
    // A process may end while we look.
    let stats = entries.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    Ok(stats.filter_map(|stat| from_proc(&stat)).collect())
}

/// `4711 (a name) S 4710 …`, where the name may have anything in it.
fn from_proc(stat: &str) -> Option<Process> {
    let (pid, _) = stat.split_once(' ')?;
    let mut rest = stat.rsplit_once(')')?.1.split_whitespace();
    let state = rest.next()?.chars().next()?;
    Some(Process { pid: pid.parse().ok()?, parent: rest.next()?.parse().ok()?, state })
}

/// `4711 4710 Ss+`.
fn from_ps(line: &str) -> Option<Process> {
    let mut words = line.split_whitespace();
    let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Process { pid, parent, state: words.next()?.chars().next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_are_read() {
        for process in [from_proc("12 (a ) S 7 (b) T 4 12 12 0"), from_ps("  12     4 Ts+")] {
            let process = process.unwrap();
            assert_eq!((process.pid, process.parent, process.state), (12, 4, 'T'));
        }
        assert!(from_proc("").is_none() && from_ps("PID PPID STAT").is_none());
    }
}
