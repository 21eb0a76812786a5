use std::{sync::mpsc, time::Instant};

use super::{CLOSE, Duration, close, thread};

/// A client that is being closed for this long, and says when it has been.
struct Slow(Duration, mpsc::Sender<()>);

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(self.0);
        let _ = self.1.send(());
    }
}

#[test]
fn a_client_that_is_long_in_closing_holds_nobody_up() {
    let (closed, seen) = mpsc::channel();
    let begun = Instant::now();
    close(Slow(CLOSE * 2, closed));
    assert!(begun.elapsed() < CLOSE * 2);
    seen.recv_timeout(CLOSE * 5).unwrap();
}

#[test]
fn a_client_that_closes_soon_is_waited_for() {
    let (closed, seen) = mpsc::channel();
    close(Slow(CLOSE / 20, closed));
    seen.try_recv().unwrap();
}
