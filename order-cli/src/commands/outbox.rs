//! `order outbox`: how relays are doing, and the orders that they hold.

use clap::{Args, Subcommand};
use order_http::{
    body::{HeldBody, OutboxBody, RelayBody, SteeredBody},
    request::{EmptyRequest, SkipRequest},
};

use crate::{
    client::Call,
    error::Done,
    output::{Sheet, Side, counted, minute},
    session::Session,
};

/// What `order outbox` takes.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct OutboxArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Show how relays are doing: backlog, lag, and the orders whose events were refused.
    List(ListArgs),
    /// Let a relay try a held order again now, or every order that is parked.
    Retry(RetryArgs),
    /// Give up the first event of a held order: its receiver never gets it, but what follows.
    Skip(SkipArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Held orders of this relay only.
    #[arg(long, value_name = "NAME")]
    relay: Option<String>,
    /// Only orders that wait for somebody.
    #[arg(long)]
    parked: bool,
}

#[derive(Debug, Args)]
struct RetryArgs {
    /// The relay, such as rabbitmq.
    relay: String,
    /// The order's id.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    order: Option<String>,
    /// Every order that is parked.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct SkipArgs {
    /// The relay, such as rabbitmq.
    relay: String,
    /// The order's id.
    order: String,
    /// The event's position, as the list shows it.
    position: u64,
}

/// Shows the outbox, or helps held orders on.
pub(crate) async fn run(args: &OutboxArgs, session: &Session) -> Done {
    match &args.step {
        Step::List(list) => print_list(list, session).await,
        Step::Retry(RetryArgs { relay, order, .. }) => {
            let call = match order {
                Some(order) => session.client.post(&["admin", "outbox", relay, order, "retry"]),
                None => session.client.post(&["admin", "outbox", relay, "retry"]),
            };
            steer(call.json(&EmptyRequest {}), "order", "tried again now", session).await
        }
        Step::Skip(SkipArgs { relay, order, position }) => {
            let call = session.client.post(&["admin", "outbox", relay, order, "skip"]);
            steer(call.json(&SkipRequest { position: *position }), "event", "given up", session)
                .await
        }
    }
}

/// Steers, and says of how many of what is done.
async fn steer(call: Call<'_>, what: &str, done: &str, session: &Session) -> Done {
    let reply = call.send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let orders = reply.read::<SteeredBody>()?.orders;
    session.output.data(format_args!("{} {done}", counted(orders, what)))
}

async fn print_list(args: &ListArgs, session: &Session) -> Done {
    let relays = page(args, None, None, session).await?.relays;
    let mut held = Vec::new();
    for relay in &relays {
        let is_wanted = args.relay.as_deref().is_none_or(|name| name == relay.name.as_str());
        if is_wanted && relay.held > 0 {
            held.extend(held_by(relay, args, session).await?);
        }
    }
    if session.output.is_json() {
        return session.output.json(&OutboxBody { relays, held, next: None });
    }
    relays_table(&relays, session)?;
    held_table(&held, session)?;
    session.output.say(format!("{} held", counted(held.len() as u64, "order")));
    Ok(())
}

/// All orders that a relay holds.
async fn held_by(relay: &RelayBody, args: &ListArgs, session: &Session) -> Done<Vec<HeldBody>> {
    let (mut held, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = page(args, Some(relay.name.as_str()), after.as_deref(), session).await?;
        held.extend(page.held);
        match page.next {
            Some(next) => after = Some(next.to_string()),
            None => return Ok(held),
        }
    }
}

async fn page(
    args: &ListArgs,
    relay: Option<&str>,
    after: Option<&str>,
    session: &Session,
) -> Done<OutboxBody> {
    let call = session.client.get(&["admin", "outbox"]);
    let call = call.query("relay", relay).query("after", after);
    let call = call.query("limit", relay.is_none().then_some("1"));
    let call = call.query("parked", args.parked.then_some("true"));
    call.send().await?.read()
}

fn relays_table(relays: &[RelayBody], session: &Session) -> Done {
    let columns = ["relay", "position", "head", "backlog", "lag", "held", "parked"];
    let sides = columns.map(|name| (name, if name == "relay" { Side::Left } else { Side::Right }));
    let mut sheet = Sheet::new(session.output, &sides);
    for relay in relays {
        sheet.row([
            relay.name.as_str(),
            &relay.position.to_string(),
            &relay.head.to_string(),
            &relay.backlog.to_string(),
            &format!("{} s", relay.lag_seconds),
            &relay.held.to_string(),
            &relay.parked.to_string(),
        ]);
    }
    if relays.is_empty() {
        session.output.say("no relay has ever run");
        return Ok(());
    }
    sheet.print(session.output)
}

fn held_table(held: &[HeldBody], session: &Session) -> Done {
    if held.is_empty() {
        return Ok(());
    }
    let columns = ["relay", "order", "position", "event", "waiting", "tries", "next", "why"];
    let side = |name| match name {
        "position" | "waiting" | "tries" => Side::Right,
        _ => Side::Left,
    };
    let mut sheet = Sheet::new(session.output, &columns.map(|name| (name, side(name))));
    for entry in held {
        sheet.row([
            entry.relay.as_str(),
            entry.order_id.as_str(),
            &entry.position.map(|it| it.to_string()).unwrap_or_default(),
            entry.event_id.as_deref().unwrap_or_default(),
            &entry.events.to_string(),
            &entry.tries.to_string(),
            &entry.next_at.map_or_else(|| "parked".to_owned(), minute),
            entry.code.as_str(),
        ]);
    }
    sheet.print(session.output)
}
