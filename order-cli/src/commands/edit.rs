//! `order edit`.

use std::path::PathBuf;

use clap::Args;
use order_core::Address;
use order_http::body::AddressBody;
use serde::Deserialize;

use super::{content::ContentArgs, place::read};
use crate::{cli::Change, error::Done, session::Session};

/// What `order edit` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Products, adjustments, tags and metadata that are given replace all the present ones of their kind;
what is left out stays as it is, and so do the parts of an address that are not named.")]
pub(crate) struct EditArgs {
    /// The order: its id or number.
    order: String,
    /// Read the whole change from a JSON file, or from standard input with -.
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["ContentArgs", "PersonArgs"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    content: ContentArgs,
    #[command(flatten)]
    change: Change,
}

/// Changes what an order is about.
pub(crate) async fn run(args: &EditArgs, session: &Session) -> Done {
    let call = session.client.put(&["orders", &args.order]);
    if let Some(file) = &args.file {
        return session.carry_out(call.text(read(file)?), &args.change).await;
    }
    let (mut update, mut change) = (args.content.update()?, args.change.clone());
    if update.shipping_address.is_some() || update.billing_address.is_some() {
        // A change sets whole addresses.
        let present = session.client.get(&["orders", &args.order]).send().await?;
        let present: Addresses = present.read()?;
        update.shipping_address = over(present.shipping_address, update.shipping_address);
        update.billing_address = over(present.billing_address, update.billing_address);
        change.if_version.get_or_insert(present.version);
    }
    session.carry_out(call.json(&update), &change).await
}

/// What an order's change is compared with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Addresses {
    version: u64,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

/// The parts that are named, and of the rest those that are there.
fn over(present: Option<Address>, named: Option<AddressBody>) -> Option<AddressBody> {
    let named = named?;
    let Some(present) = present else { return Some(named) };
    Some(AddressBody {
        name: part(named.name, present.name),
        company: part(named.company, present.company),
        street: part(named.street, present.street),
        street2: part(named.street2, present.street2),
        city: part(named.city, present.city),
        state: part(named.state, present.state),
        zip_code: part(named.zip_code, present.zip_code),
        country: part(named.country, present.country),
        phone: part(named.phone, present.phone),
    })
}

fn part<T: ToString>(named: Option<String>, present: Option<T>) -> Option<String> {
    named.or_else(|| present.map(|part| part.to_string()))
}
