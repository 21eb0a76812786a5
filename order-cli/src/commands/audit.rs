//! `order audit`: what people did that is in no order's history.

use clap::Args;
use order_http::body::{AuditBody, AuditEntryBody};

use crate::{
    error::Done,
    output::{Sheet, Side, second},
    session::Session,
};

/// The most entries on a page.
const PAGE_MAX: u32 = 200;

/// What `order audit` takes.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// What this one did.
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    #[arg(help = "One action, such as user.role_changed")]
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// How many entries to show, the newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

/// Shows the log of administrative acts.
pub(crate) async fn run(args: &AuditArgs, session: &Session) -> Done {
    let mut body = AuditBody { entries: Vec::new(), next: None };
    loop {
        let left = args.limit.saturating_sub(u32::try_from(body.entries.len()).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        let call = session.client.get(&["admin", "audit"]).query("limit", Some(left.min(PAGE_MAX)));
        let call = call.query("actor", args.actor.as_deref());
        let call = call.query("action", args.action.as_deref()).query("after", body.next);
        let page: AuditBody = call.send().await?.read()?;
        body.entries.extend(page.entries);
        body.next = page.next;
        if body.next.is_none() {
            break;
        }
    }
    if session.output.is_json() {
        return session.output.json(&body);
    }
    if body.entries.is_empty() {
        session.output.say("nothing was done yet");
        return Ok(());
    }
    table(&body.entries, session)
}

fn table(entries: &[AuditEntryBody], session: &Session) -> Done {
    let columns = ["time", "actor", "role", "action", "subject", "count", "outcome"];
    let side = |name| if name == "count" { Side::Right } else { Side::Left };
    let mut sheet = Sheet::new(session.output, &columns.map(|name| (name, side(name))));
    for entry in entries {
        sheet.row([
            second(entry.at).as_str(),
            entry.actor.as_str(),
            entry.role.as_str(),
            entry.action.as_str(),
            entry.subject.as_ref().map_or("", order_core::Label::as_str),
            &entry.count.to_string(),
            entry.outcome.as_str(),
        ]);
    }
    sheet.print(session.output)
}
