//! `order verify`.

use order_core::{VERIFY_PAGE_MAX, VerifyPage, ports::Severity};
use order_http::body::StatsBody;
use serde_json::json;

use super::doctor::findings_table;
use crate::{
    error::{Done, Failure},
    output::counted,
    session::Session,
};

/// Verifies every order, page by page.
pub(crate) async fn run(session: &Session) -> Done {
    let output = session.output;
    let bar = output.progress(count(session).await, "orders");
    let (mut orders, mut events, mut findings) = (0, 0, Vec::new());
    let mut after = None;
    loop {
        let call = session.client.get(&["admin", "verify"]).query("limit", Some(VERIFY_PAGE_MAX));
        let page: VerifyPage = call.query("after", after.as_ref()).send().await?.read()?;
        orders += page.orders;
        events += page.events;
        findings.extend(page.findings);
        bar.set_position(orders);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    bar.finish_and_clear();
    if output.is_json() {
        output.json(&json!({ "orders": orders, "events": events, "findings": findings }))?;
    } else {
        findings_table(&findings, output)?;
        let (orders, events) = (counted(orders, "order"), counted(events, "event"));
        let wrong = match findings.len() as u64 {
            0 => "nothing wrong".to_owned(),
            wrong => counted(wrong, "finding"),
        };
        output.data(format_args!("{orders}, {events}, {wrong}"))?;
    }
    match findings.iter().filter(|finding| finding.severity == Severity::Error).count() {
        0 => Ok(()),
        wrong => {
            let wrong = counted(wrong as u64, "finding");
            Err(Failure::Unsound(format!("{wrong}: the data is damaged")))
        }
    }
}

/// How many orders there are, if that is easy to know.
async fn count(session: &Session) -> Option<u64> {
    let call = session.client.get(&["stats"]).query("by", Some("status"));
    let stats: StatsBody = call.send().await.ok()?.read().ok()?;
    Some(stats.rows.iter().map(|row| row.orders).sum())
}
