//! `order webhook`: who is told of events, and what became of each.

use std::{fmt::Write as _, path::PathBuf};

use clap::{Args, Subcommand};
use order_core::{Timestamp, ports::PAGE_MAX, webhook::DeliveryState};
use order_http::{
    body::{
        AttemptBody, DeliveryBody, DeliveryListBody, ReplayedBody, WebhookBody, WebhookListBody,
    },
    request::{EmptyRequest, ReplayRequest, RotationRequest, WebhookChangeRequest, WebhookRequest},
};
use serde_json::json;

use super::times::moment;
use crate::{
    client::Reply,
    error::{Done, Failure},
    output::{Sheet, Side, clean, counted, minute},
    session::Session,
    store::Access,
};

/// What `order webhook` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  order webhook add https://example.com/hooks --event 'order.*' --event payment.captured
  order webhook test 0197…
  order webhook deliveries 0197… --state failed
  order webhook replay 0197… --failed-since 2025-01-29
  order webhook rotate 0197…

The secret that requests are signed with is shown once: by add and by rotate. A running server delivers;
this command only says what and where.")]
pub(crate) struct WebhookArgs {
    /// Take private addresses and plain http too, when working on a database.
    #[arg(long, global = true, env = "WEBHOOK_ALLOW_PRIVATE")]
    #[arg(value_parser = clap::builder::BoolishValueParser::new())]
    #[arg(num_args = 0..=1, require_equals = true, default_value = "false")]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    allow_private: bool,
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// List webhooks.
    List,
    /// Have events delivered to an address from now on.
    Add(AddArgs),
    /// Show a webhook.
    Show {
        /// The webhook's id.
        webhook: String,
    },
    /// Change a webhook.
    Update(UpdateArgs),
    /// Remove a webhook and its deliveries.
    Remove(OneArgs),
    /// Make a webhook active again: it goes on with what was pending.
    Enable(OneArgs),
    /// Send nothing to a webhook for now. What happens meanwhile is kept for it.
    Disable(OneArgs),
    /// Replace the secret of a webhook. For a while requests are signed with both.
    Rotate(RotateArgs),
    /// Send a test event now, and say what came of it.
    Test {
        /// The webhook's id.
        webhook: String,
    },
    /// List deliveries, the newest first.
    Deliveries(DeliveriesArgs),
    /// Send deliveries once more.
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Where the events go.
    url: String,
    #[command(flatten)]
    filter: FilterArgs,
    /// File with the secret to sign with (`whsec_…`); a new secret if left out.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct FilterArgs {
    /// An event to deliver, a family such as 'order.*', or '*'; all of them if left out.
    #[arg(long = "event", value_name = "NAME")]
    events: Vec<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// The webhook's id.
    webhook: String,
    /// Where the events go instead.
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Refuse unless the webhook has this version.
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// The webhook's id.
    webhook: String,
    /// Refuse unless the webhook has this version.
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

#[derive(Debug, Args)]
struct RotateArgs {
    /// The webhook's id.
    webhook: String,
    /// File with the new secret (`whsec_…`); one is made if left out.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// For how many hours requests are also signed with the old secret; a day if left out.
    #[arg(long, value_name = "HOURS")]
    overlap_hours: Option<u32>,
}

#[derive(Debug, Args)]
struct DeliveriesArgs {
    /// The webhook's id.
    webhook: String,
    /// Only those that are pending, delivered or failed.
    #[arg(long)]
    state: Option<DeliveryState>,
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["delivery", "failed_since"]))]
struct ReplayArgs {
    /// The webhook's id.
    webhook: String,
    /// The delivery, whatever became of it.
    delivery: Option<u64>,
    /// All that failed and were made from this day or time on.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    failed_since: Option<Timestamp>,
}

impl WebhookArgs {
    /// What is needed of a local database: the first webhook creates it.
    pub(crate) const fn access(&self) -> Access {
        match self.step {
            Step::Add(_) => Access::Write,
            _ => Access::Read,
        }
    }

    /// Whether private addresses are taken.
    pub(crate) const fn allow_private(&self) -> bool {
        self.allow_private
    }
}

/// Looks after webhooks.
pub(crate) async fn run(args: WebhookArgs, session: &Session) -> Done {
    let client = &session.client;
    match args.step {
        Step::List => list(session).await,
        Step::Add(args) => add(args, session).await,
        Step::Show { webhook } => {
            print(&client.get(&["webhooks", &webhook]).send().await?, session)
        }
        Step::Update(args) => update(args, session).await,
        Step::Remove(OneArgs { webhook, if_version }) => {
            client.delete(&["webhooks", &webhook]).if_version(if_version).send().await?;
            if session.output.is_json() {
                return session.output.json(&json!({ "id": webhook, "removed": true }));
            }
            session.output.data(format_args!("{webhook} is gone"))
        }
        Step::Enable(args) => set_state("active", &args, session).await,
        Step::Disable(args) => set_state("disabled", &args, session).await,
        Step::Rotate(args) => rotate(args, session).await,
        Step::Test { webhook } => test(&webhook, session).await,
        Step::Deliveries(args) => deliveries(&args, session).await,
        Step::Replay(args) => replay(&args, session).await,
    }
}

/// The secret in a file.
fn secret_in(file: Option<PathBuf>) -> Done<Option<String>> {
    let Some(file) = file else { return Ok(None) };
    let text = std::fs::read_to_string(&file)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    Ok(Some(text.trim().to_owned()))
}

async fn add(args: AddArgs, session: &Session) -> Done {
    let FilterArgs { events, description } = args.filter;
    let events = (!events.is_empty()).then_some(events);
    let secret = secret_in(args.secret_file)?;
    let request = WebhookRequest { url: args.url, events, description, secret };
    print(&session.client.post(&["webhooks"]).json(&request).send().await?, session)
}

async fn update(args: UpdateArgs, session: &Session) -> Done {
    let FilterArgs { events, description } = args.filter;
    let events = (!events.is_empty()).then_some(events);
    let request = WebhookChangeRequest { url: args.url, events, description, state: None };
    change(&args.webhook, &request, args.if_version, session).await
}

async fn set_state(state: &str, args: &OneArgs, session: &Session) -> Done {
    let state = Some(state.to_owned());
    let request = WebhookChangeRequest { state, ..WebhookChangeRequest::default() };
    change(&args.webhook, &request, args.if_version, session).await
}

async fn change(
    webhook: &str,
    request: &WebhookChangeRequest,
    if_version: Option<u64>,
    session: &Session,
) -> Done {
    let call = session.client.patch(&["webhooks", webhook]).if_version(if_version);
    print(&call.json(request).send().await?, session)
}

async fn rotate(args: RotateArgs, session: &Session) -> Done {
    let overlap_seconds = args.overlap_hours.map(|hours| i64::from(hours) * 3_600);
    let request = RotationRequest { secret: secret_in(args.secret_file)?, overlap_seconds };
    let call = session.client.post(&["webhooks", &args.webhook, "rotate"]);
    print(&call.json(&request).send().await?, session)
}

async fn test(webhook: &str, session: &Session) -> Done {
    let call = session.client.post(&["webhooks", webhook, "test"]).json(&EmptyRequest {});
    let reply = call.send().await?;
    if session.output.is_json() {
        session.output.data(reply.raw()?)?;
    }
    let attempt: AttemptBody = reply.read()?;
    let answer = answered(&attempt);
    if let Some(code) = &attempt.code {
        let detail = format!("the endpoint did not take it: {answer}");
        return Err(Failure::refused(code.as_str(), &detail));
    }
    if !session.output.is_json() {
        session.output.data(format_args!("the endpoint took it: {answer}"))?;
    }
    Ok(())
}

/// What an endpoint answered, and how fast.
fn answered(attempt: &AttemptBody) -> String {
    let code = attempt.code.as_ref().map_or("no answer", |code| code.as_str());
    let answer = attempt.status.map_or_else(|| code.to_owned(), |status| status.to_string());
    format!("{answer} after {} ms", attempt.duration_ms)
}

async fn list(session: &Session) -> Done {
    let reply = session.client.get(&["webhooks"]).send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let webhooks = reply.read::<WebhookListBody>()?.webhooks;
    let columns = ["webhook", "state", "failing since", "events", "url"];
    let mut sheet = Sheet::new(session.output, &columns.map(|name| (name, Side::Left)));
    for webhook in &webhooks {
        let failing = webhook.failing_since.map(minute).unwrap_or_default();
        let (events, url) = (webhook.events.join(" "), clean(webhook.url.as_str()));
        sheet.row([webhook.id.as_str(), &webhook.state, &failing, &events, &url]);
    }
    if !webhooks.is_empty() {
        sheet.print(session.output)?;
    }
    session.output.say(counted(webhooks.len() as u64, "webhook"));
    Ok(())
}

fn print(reply: &Reply, session: &Session) -> Done {
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let webhook: WebhookBody = reply.read()?;
    let time = |time: Option<Timestamp>| time.map(minute).unwrap_or_default();
    let text = |label: &Option<order_core::Label>| {
        label.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let mut card = format!("{}  {}  version {}", webhook.id, webhook.state, webhook.version);
    for (name, value) in [
        ("url", webhook.url.to_string()),
        ("events", webhook.events.join(" ")),
        ("for", text(&webhook.description)),
        ("disabled", time(webhook.disabled_since)),
        ("because", text(&webhook.disabled_reason)),
        ("failing", time(webhook.failing_since)),
        ("old secret", time(webhook.old_secret_until)),
        ("secret", webhook.secret.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            let _ = write!(card, "\n{name:<11}{value}");
        }
    }
    session.output.data(clean(&card))?;
    if webhook.secret.is_some() {
        session.output.say("keep the secret: it is not shown again");
    }
    Ok(())
}

async fn deliveries(args: &DeliveriesArgs, session: &Session) -> Done {
    let (mut left, mut cursor, mut count) = (args.limit, None::<String>, 0);
    let columns = ["delivery", "event", "order", "state", "tries", "last", "next"];
    let sides = columns.map(|name| (name, if name == "tries" { Side::Right } else { Side::Left }));
    let mut sheet = Sheet::new(session.output, &sides);
    let more = loop {
        let call = session.client.get(&["webhooks", &args.webhook, "deliveries"]);
        let call = call.query("state", args.state).query("limit", Some(left.min(PAGE_MAX)));
        let reply = call.query("cursor", cursor.as_deref()).send().await?;
        let page: DeliveryListBody = reply.read()?;
        for delivery in &page.deliveries {
            if session.output.is_json() {
                session.output.json(delivery)?;
            } else {
                sheet.row(row(delivery).each_ref().map(String::as_str));
            }
        }
        let seen = u32::try_from(page.deliveries.len()).unwrap_or(u32::MAX);
        (left, count) = (left.saturating_sub(seen), count + u64::from(seen));
        cursor = page.next_cursor;
        if cursor.is_none() || left == 0 {
            break cursor.is_some();
        }
    };
    if count > 0 && !session.output.is_json() {
        sheet.print(session.output)?;
    }
    session.output.say(counted_deliveries(count));
    if more {
        session.output.say("there are more: -n");
    }
    Ok(())
}

fn counted_deliveries(count: u64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}

fn row(delivery: &DeliveryBody) -> [String; 7] {
    [
        delivery.id.to_string(),
        delivery.kind.to_string(),
        clean(&delivery.order_id),
        delivery.state.to_string(),
        delivery.tries.to_string(),
        delivery.attempts.last().map(answered).unwrap_or_default(),
        delivery.next_at.map(minute).unwrap_or_default(),
    ]
}

async fn replay(args: &ReplayArgs, session: &Session) -> Done {
    let (client, webhook) = (&session.client, args.webhook.as_str());
    let call = match (args.delivery, args.failed_since) {
        (Some(delivery), _) => {
            let segments = ["webhooks", webhook, "deliveries", &delivery.to_string(), "replay"];
            client.post(&segments).json(&EmptyRequest {})
        }
        (None, since) => {
            let since = since.map(|since| since.to_string()).unwrap_or_default();
            client.post(&["webhooks", webhook, "replay"]).json(&ReplayRequest { since })
        }
    };
    let reply = call.send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let ReplayedBody { replayed } = reply.read()?;
    let count = counted_deliveries(replayed.into());
    session.output.data(format_args!("{count} once more"))
}
