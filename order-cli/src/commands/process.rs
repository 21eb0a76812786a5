//! `order process`: what happens to orders by itself, and the action of the same name.

use clap::{Args, Subcommand};
use order_http::{
    body::{NoticeListBody, ProcessListBody},
    request::EmptyRequest,
};

use crate::{
    cli::Change,
    error::Done,
    output::{Sheet, Side, counted, minute},
    session::Session,
};

/// What `order process` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ProcessArgs {
    #[command(subcommand)]
    step: Option<Step>,
    /// The order to begin to pick: its id or number.
    order: Option<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// List orders that something is to happen to by itself.
    List(ListArgs),
    /// Show what the process of an order waits for.
    Show {
        /// The order: its id or number.
        order: String,
    },
    /// Let the process of an order go on, also if it stands still.
    Retry(SteerArgs),
    /// Take an order over: nothing more happens to it by itself.
    Resolve(SteerArgs),
    /// List notices of payment providers that are in no order.
    Notices,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Only those that somebody has to look at.
    #[arg(long)]
    attention: bool,
}

#[derive(Debug, Args)]
struct SteerArgs {
    /// The order: its id or number.
    order: String,
    #[command(flatten)]
    change: Change,
}

/// Looks after the process of orders, or begins to pick one.
pub(crate) async fn run(args: &ProcessArgs, session: &Session) -> Done {
    match (&args.step, &args.order) {
        (Some(Step::List(list)), _) => print_list(list, session).await,
        (Some(Step::Show { order }), _) => show(order, session).await,
        (Some(Step::Retry(steer)), _) => carry_on("retry", steer, session).await,
        (Some(Step::Resolve(steer)), _) => carry_on("resolve", steer, session).await,
        (Some(Step::Notices), _) => notices(session).await,
        (None, Some(order)) => {
            let call = session.client.post(&["orders", order, "process"]);
            session.carry_out(call, &args.change).await
        }
        (None, None) => print_list(&ListArgs { attention: false }, session).await,
    }
}

async fn carry_on(action: &str, args: &SteerArgs, session: &Session) -> Done {
    let call = session.client.post(&["orders", &args.order, action]).json(&EmptyRequest {});
    session.carry_out(call, &args.change).await
}

async fn print_list(args: &ListArgs, session: &Session) -> Done {
    let columns = ["order", "next", "tries", "trouble", "attention"];
    let sides = columns.map(|name| (name, if name == "tries" { Side::Right } else { Side::Left }));
    let mut sheet = Sheet::new(session.output, &sides);
    let (mut after, mut seen) = (None::<String>, 0);
    loop {
        let call = session.client.get(&["admin", "processes"]);
        let call = call.query("attention", args.attention.then_some("true"));
        let call = call.query("after", after.as_deref());
        let reply = call.send().await?;
        if session.output.is_json() {
            session.output.data(reply.raw()?)?;
        }
        let page = reply.read::<ProcessListBody>()?;
        for entry in &page.processes {
            let next = entry.next_at.map(minute).unwrap_or_default();
            let text = |label: &Option<order_core::Label>| {
                label.as_ref().map(ToString::to_string).unwrap_or_default()
            };
            sheet.row([
                entry.order_id.as_str(),
                &next,
                &entry.tries.to_string(),
                &text(&entry.trouble),
                &text(&entry.attention),
            ]);
            seen += 1;
        }
        match page.next {
            Some(next) => after = Some(next.to_string()),
            None => break,
        }
    }
    if session.output.is_json() {
        return Ok(());
    }
    if seen > 0 {
        sheet.print(session.output)?;
    }
    session.output.say(counted(seen, "order"));
    Ok(())
}

async fn show(reference: &str, session: &Session) -> Done {
    let order = session.order(reference).await?;
    if session.output.is_json() {
        let facts = serde_json::json!({
            "orderId": order.id, "status": order.status, "paymentStatus": order.payment_status,
            "attention": order.attention, "pendingCalls": order.pending_calls,
        });
        return session.output.data(facts);
    }
    session.output.data(session.output.order_line(&order))?;
    for call in &order.pending_calls {
        session.output.data(format_args!(
            "asked the payment provider to {} {} {} of payment {}, since {}",
            call.operation,
            call.amount,
            order.currency,
            call.payment_id,
            minute(call.since)
        ))?;
    }
    match &order.attention {
        None => session.output.say("nobody has to look at it"),
        Some(attention) => {
            let detail = attention.detail.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
            let since = minute(attention.since);
            session
                .output
                .data(format_args!("needs attention since {since}: {}{detail}", attention.code))?;
        }
    }
    Ok(())
}

async fn notices(session: &Session) -> Done {
    let reply = session.client.get(&["admin", "notices"]).send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let notices = reply.read::<NoticeListBody>()?.notices;
    let columns = ["received", "provider", "id", "order", "payment", "state", "why"];
    let mut sheet = Sheet::new(session.output, &columns.map(|name| (name, Side::Left)));
    for notice in &notices {
        let why = notice.code.as_ref().map(ToString::to_string).unwrap_or_default();
        sheet.row([
            &*minute(notice.received_at),
            notice.provider.as_str(),
            notice.id.as_str(),
            notice.order_id.as_str(),
            notice.payment_id.as_str(),
            notice.state.as_str(),
            &why,
        ]);
    }
    if !notices.is_empty() {
        sheet.print(session.output)?;
    }
    session.output.say(counted(notices.len() as u64, "notice"));
    Ok(())
}
