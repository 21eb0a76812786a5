//! With a million orders, all that is done often still reads only what it needs.
//!
//! The server itself explains what it executes (`auto_explain`), so these are the plans of the
//! statements as they are sent, with their arguments and on the connections that they are sent on.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test speaks by panicking")]

#[path = "plans/crowd.rs"]
mod crowd;
#[path = "plans/explained.rs"]
mod explained;
#[path = "plans/figures.rs"]
mod figures;
#[path = "plans/lists.rs"]
mod lists;
#[path = "support.rs"]
mod support;
#[path = "plans/writes.rs"]
mod writes;

use explained::{Notices, Plan, explaining};
use order_store_postgres::PgOrderStore;
use support::url;

/// Custom plans know the arguments; generic ones are made once for any. By itself a server decides
/// for one or the other after five executions.
const MODES: [(&str, usize); 3] =
    [("force_custom_plan", 1), ("force_generic_plan", 1), ("auto", 7)];

/// How a statement may find what it reads.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Along indexes, in the order that is wanted.
    Walk,
    /// By keys and indexes; what was found may be sorted.
    Keys,
    /// As by keys; an index may give a set of rows that has no order, as that of words does.
    Sets,
}

/// How much a statement may read.
#[derive(Debug, Clone, Copy)]
struct Allowed {
    way: Way,
    rows: f64,
    blocks: f64,
}

impl Allowed {
    /// For a page of so many rows: those themselves, what is looked up for each, and a few more. A
    /// look-up by key reads three or four blocks.
    fn page(limit: u32) -> Self {
        let limit = f64::from(limit);
        Self { way: Way::Walk, rows: 8.0 * limit + 50.0, blocks: 12.0 * limit + 100.0 }
    }

    fn by(self, way: Way) -> Self {
        Self { way, ..self }
    }

    fn and(self, rows: f64) -> Self {
        Self { rows: self.rows + rows, blocks: self.blocks + 5.0 * rows, ..self }
    }

    fn faults(&self, plan: &Plan) -> Vec<String> {
        let mut faults: Vec<String> =
            plan.kinds().into_iter().filter(|kind| !self.allows(kind)).collect();
        for (what, read, most) in
            [("rows", plan.rows_read(), self.rows), ("blocks", plan.blocks_read(), self.blocks)]
        {
            if read > most {
                faults.push(format!("{read} {what} instead of {most}"));
            }
        }
        faults
    }

    fn allows(&self, kind: &str) -> bool {
        let is_walk = matches!(self.way, Way::Walk);
        match kind.split_once(" on ") {
            Some((scan, _)) => {
                scan.starts_with("Index ")
                    || scan == "Bitmap Heap Scan" && matches!(self.way, Way::Sets)
            }
            None if is_walk => ["Limit", "Nested Loop", "Memoize", "Result"].contains(&kind),
            None => !["Hash Join", "Merge Join", "Gather", "Gather Merge"].contains(&kind),
        }
    }
}

/// Looks at the plans of what was done, and notes what is wrong with them.
#[derive(Debug)]
struct Examiner {
    notices: Notices,
    mode: &'static str,
    seen: Vec<String>,
    faults: Vec<String>,
}

impl Examiner {
    /// Checks every statement since the last time.
    fn check(&mut self, what: &str, allowed: Allowed) {
        let plans = self.notices.take();
        assert!(!plans.is_empty(), "{what}: the server explains nothing");
        for plan in plans {
            for fault in allowed.faults(&plan) {
                let kinds = plan.kinds();
                self.faults.push(format!(
                    "{what} ({}): {fault}\n  {kinds:?}\n  {}",
                    self.mode, plan.statement
                ));
            }
            self.seen.push(plan.statement);
        }
    }

    /// Does not look at what was done.
    fn skip(&self) {
        self.notices.take();
    }

    /// Checks that a statement with this text was among those that were checked.
    fn has_seen(&self, text: &str) {
        assert!(self.seen.iter().any(|statement| statement.contains(text)), "{text} was not seen");
    }
}

/// One test, since the orders are made once.
#[tokio::test]
async fn among_a_million_orders_everything_is_found_by_an_index() {
    let schema = crowd::gather().await;
    figures::gather(&schema).await;
    let notices = Notices::default();
    let _guard = tracing::subscriber::set_default(notices.clone());
    let mut examiner = Examiner { notices, mode: "", seen: Vec::new(), faults: Vec::new() };
    for (mode, repeats) in MODES {
        examiner.mode = mode;
        let url = explaining(&url(), mode);
        let store = PgOrderStore::open_schema(&url, &schema.0).await.unwrap();
        examiner.skip();
        lists::every_list_walks_an_index(&store, &mut examiner, repeats).await;
        lists::a_search_reads_what_it_finds(&store, &mut examiner, repeats).await;
        lists::products_are_found(&store, &mut examiner, repeats).await;
        lists::an_audit_goes_on_where_it_was(&store, &mut examiner, repeats).await;
        lists::the_feed_reads_what_it_gives(&store, &mut examiner, repeats).await;
        figures::figures_cost_what_is_asked_for(&store, &mut examiner, repeats).await;
        writes::everything_by_key_is_looked_up(&store, &mut examiner).await;
        writes::commits_touch_their_own_rows(&store, &mut examiner).await;
        writes::the_hosts_transaction_does_so_too(&store, &url, &mut examiner, repeats).await;
        store.close().await;
    }
    let faults = examiner.faults;
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
