//! Every command from every small order that commands can make, on the shipped code.

use std::{fmt::Write as _, io::Write as _, time::Instant};

use order_core::{ActionSet, Order, Status, TRANSITIONS, Transition};

#[path = "explore/books.rs"]
mod books;
#[path = "explore/key.rs"]
mod key;
#[path = "explore/menu.rs"]
mod menu;
#[path = "explore/walk.rs"]
mod walk;

use walk::{Atlas, walk};

#[test]
fn table_and_code_agree() {
    let started = Instant::now();
    let menu = menu::menu();
    let w: Vec<usize> = std::env::var("W").unwrap().split(',').map(|x| x.parse().unwrap()).collect();
    W.set(w).unwrap();
    let atlas = walk(&menu, |order| {
        let w = W.get().unwrap();
        let cash = order.payments();
        let whole = |p: &order_core::Payment| p.captured == p.authorized && (p.refunded.is_zero() || p.refunded == p.captured);
        order.shipments().len() <= w[0] && order.returns().len() <= w[1] && cash.len() <= w[2]
        && (w[3] == 1 || cash.iter().all(whole))
        && order.adjustments().len() <= w[4]
        && order.lines().iter().map(|l| l.quantity).sum::<u32>() <= w[5] as u32
        && (w[6] == 1 || order.lines().iter().all(|l| l.cancelled == 0 ))
        && (w[7] == 1 || !order.on_hold())
    });
    report("all", &atlas, started);
}

fn report(world: &str, atlas: &Atlas, started: Instant) {
    let taken: u64 = atlas.moves.values().sum();
    let mut text = format!(
        "explored {world}: {} orders, {} edges, {taken} moves taken and {} refused, {} different events, {:.1} s\n",
        atlas.seen.len(), atlas.edges.len(),
        atlas.refused, atlas.events.len(),
        started.elapsed().as_secs_f64(),
    );
    for status in Status::ALL {
        let orders = atlas.seen.iter().filter(|seen| seen.status == Some(*status)).count();
        let moves = atlas.moves.iter().filter(|(row, _)| row.from == Some(*status));
        let moves: u64 = moves.map(|(_, count)| count).sum();
        writeln!(text, "  {status:18} {orders:8} orders {moves:10} moves").unwrap();
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
static W: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
