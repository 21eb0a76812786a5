//! `order erase`: forget people.

use clap::{ArgGroup, Args};
use order_http::{body::ErasureBody, request::EraseRequest};
use serde_json::json;

use super::doctor::findings_table;
use crate::{error::Done, output::counted, session::Session};

/// What `order erase` takes.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("who").args(["customer", "order", "email"]).required(true).multiple(true),
    after_help = "\
Examples:
  order erase --email ann@shop.example        an account, its orders, and whatever carries the address
  order erase --customer C-1 --customer C-2   all orders of two customers, and their accounts
  order erase --order 1001                    whoever is behind one order

Personal data goes: names, addresses, notes, the account. Events, totals and products stay, and so do
metadata, tags and reasons. Running it again is harmless, and goes on where it was cut off."
)]
pub(crate) struct EraseArgs {
    /// A customer's id: all their orders, and their account.
    #[arg(long, value_name = "ID")]
    customer: Vec<String>,
    /// An order's id or number: whoever is behind it.
    #[arg(long, value_name = "ORDER")]
    order: Vec<String>,
    /// An e-mail address: the account, its orders, and every order that carries the address.
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// Leave what is left over in the files to a later run; it is then not gone yet.
    #[arg(long)]
    no_sweep: bool,
}

impl EraseArgs {
    /// What to ask for, one after the other; the files are cleaned with the last.
    fn requests(&self) -> Vec<EraseRequest> {
        let empty = EraseRequest { sweep: Some(false), ..EraseRequest::default() };
        let customers = self.customer.iter().cloned().map(Some);
        let customers = customers.map(|customer_id| EraseRequest { customer_id, ..empty.clone() });
        let orders = self.order.iter().cloned().map(Some);
        let orders = orders.map(|order_id| EraseRequest { order_id, ..empty.clone() });
        let emails = self.email.iter().cloned().map(Some);
        let emails = emails.map(|email| EraseRequest { email, ..empty.clone() });
        let mut requests: Vec<_> = customers.chain(orders).chain(emails).collect();
        if let Some(last) = requests.last_mut() {
            last.sweep = Some(!self.no_sweep);
        }
        requests
    }
}

/// Forgets people, one after the other.
pub(crate) async fn run(args: &EraseArgs, session: &Session) -> Done {
    let output = session.output;
    let bar = output.progress(None, "orders");
    let (mut orders, mut accounts, mut remains) = (0, 0, Vec::new());
    for request in args.requests() {
        loop {
            let call = session.client.post(&["admin", "erase"]).json(&request);
            let erased: ErasureBody = call.send().await?.read()?;
            orders += erased.orders;
            accounts += erased.accounts;
            bar.set_position(orders);
            remains.extend(erased.remains);
            if !erased.more {
                break;
            }
        }
    }
    bar.finish_and_clear();
    if output.is_json() {
        let erased = json!({ "orders": orders, "accounts": accounts, "remains": remains });
        return output.json(&erased);
    }
    findings_table(&remains, output)?;
    let (orders, accounts) = (counted(orders, "order"), counted(accounts, "account"));
    output.data(format_args!("{orders} and {accounts} erased"))
}
