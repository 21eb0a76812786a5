//! What a command has at hand.

use order_http::body::{DryRunBody, OrderBody};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    cli::Change,
    client::{Call, Client, Needs, Reply},
    config::Target,
    error::Done,
    output::{Output, names},
};

/// Somebody to ask and somewhere to print.
#[derive(Debug)]
pub(crate) struct Session {
    /// Who answers.
    pub(crate) client: Client,
    /// Where to print.
    pub(crate) output: Output,
}

impl Session {
    /// Opens the database, or gets ready to speak to the server.
    pub(crate) async fn open(target: &Target, needs: Needs, output: Output) -> Done<Self> {
        Ok(Self { client: Client::open(target, needs).await?, output })
    }

    /// An order as it is now.
    pub(crate) async fn order(&self, reference: &str) -> Done<OrderBody> {
        self.client.get(&["orders", reference]).send().await?.read()
    }

    /// Carries out a change of an order and prints what became of it.
    pub(crate) async fn carry_out(&self, call: Call<'_>, change: &Change) -> Done {
        let reply = call.change(change).send().await?;
        if self.output.is_json() {
            return self.output.data(reply.raw()?);
        }
        if change.dry_run {
            return self.print_dry_run(&reply);
        }
        self.print_order(&reply.read()?)
    }

    fn print_order(&self, order: &OrderBody) -> Done {
        self.output.data(self.output.order_line(order))?;
        self.output.say(format_args!("allowed now: {}", names(&order.allowed_actions)));
        Ok(())
    }

    fn print_dry_run(&self, reply: &Reply) -> Done {
        let DryRunBody { order, events, .. } = reply.read()?;
        self.output.data(self.output.order_line(&order))?;
        let kinds: Vec<_> = events.iter().map(|event| event.event.name()).collect();
        self.output.say(format_args!(
            "dry run, nothing was changed; this would happen: {}",
            kinds.join(", ")
        ));
        Ok(())
    }
}

/// A page of a list: the entries as they came.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// The entries.
    #[serde(alias = "orders", alias = "products", alias = "events", alias = "users")]
    pub(crate) entries: Vec<Box<RawValue>>,
    /// Where the next page begins.
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}
