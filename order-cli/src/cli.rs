//! What the command line understands.

use clap::{Args, Parser, Subcommand};
use order_broker::webhook::Reach;

use crate::{
    commands::{
        audit, completions, edit, erase, export, history, import, lifecycle, list, man, note,
        outbox, pay, place, process, products, refund, returns, seed, ship, show, stats, stock,
        token, transitions, user, watch, webhook,
    },
    output::Format,
    store::Access,
};

const EXAMPLES: &str = "\
Examples:
  order place --product mug:2:7.50 --customer C-1 --currency GBP
  order ship 1001 --carrier DHL --tracking JD014600003SE
  order list --status shipped --from 2025-01-01
  order show 1001 --output json

Exit status: 0 done, 1 refused, 2 wrong usage, 3 store or server unavailable.";

/// Places, looks after and reports on orders, in a database or through a server.
#[derive(Debug, Parser)]
#[command(name = "order", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every subcommand takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    #[arg(
        help = "The database to work on: sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL")]
    #[arg(default_value = "sqlite://orders.db", hide_env_values = true)]
    pub(crate) database_url: String,
    /// A server to work through instead of a database.
    #[arg(long, global = true, env = "ORDER_SERVER", value_name = "URL", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// The bearer token for the server.
    #[arg(long, global = true, env = "ORDER_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// How to print the answer.
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT", default_value = "table")]
    pub(crate) output: Format,
    /// Print nothing but the answer and errors.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
}

/// How a change of an order is to be carried out.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The change")]
pub(crate) struct Change {
    /// Only say what would happen.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Refuse unless the order has this version.
    #[arg(long, value_name = "N")]
    pub(crate) if_version: Option<u64>,
    /// Idempotency key: a repeat with the same key changes nothing and gets the first answer.
    #[arg(long, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Place an order, or draft one.
    Place(place::PlaceArgs),
    /// Show an order.
    Show(show::ShowArgs),
    /// List orders, the newest first.
    List(list::ListArgs),
    /// Find orders by words: customer, e-mail, number, product, tracking number, note.
    Search(list::SearchArgs),
    /// Change items, addresses, tags or metadata of an order.
    Edit(edit::EditArgs),
    /// Accept a pending order.
    Confirm(lifecycle::PlainArgs),
    /// Begin to pick and pack an order; or see what happens to orders by itself, and help it on.
    Process(process::ProcessArgs),
    /// Hand a parcel over to a carrier.
    Ship(ship::ShipArgs),
    /// Record that parcels arrived.
    Deliver(lifecycle::DeliverArgs),
    /// Close a delivered and paid order.
    Complete(lifecycle::PlainArgs),
    /// Call off an order, or units of its lines.
    Cancel(lifecycle::CancelArgs),
    /// Stop an order from going on.
    Hold(lifecycle::HoldArgs),
    /// Let a held order go on.
    Release(lifecycle::PlainArgs),
    /// Record a payment, or an authorization.
    Pay(pay::PayArgs),
    /// Give up authorized money that was not captured.
    Void(pay::VoidArgs),
    /// Record that money went back.
    Refund(refund::RefundArgs),
    /// Ask for, receive or reject a return.
    Return(returns::ReturnArgs),
    /// Write a note on an order.
    Note(note::NoteArgs),
    /// Put a finished order away.
    Archive(lifecycle::PlainArgs),
    /// Take an order out of the archive.
    Unarchive(lifecycle::PlainArgs),
    /// Show what happened to an order.
    History(history::HistoryArgs),
    /// Show what happens to orders, as it happens.
    Watch(watch::WatchArgs),
    /// Show or change the stock of a product, or list what runs low.
    Stock(stock::StockArgs),
    /// List, add, show, edit or remove products.
    Products(products::ProductsArgs),
    /// Make, list, show, change or remove accounts.
    User(user::UserArgs),
    /// Have events delivered to other systems, and see what became of each.
    Webhook(webhook::WebhookArgs),
    /// Get a token to sign in to a server with.
    Token(token::TokenArgs),
    /// Take over orders of another system.
    Import(import::ImportArgs),
    /// Write orders out.
    Export(export::ExportArgs),
    /// Make up products and orders, to try things out.
    Seed(seed::SeedArgs),
    /// Sums by month, country or status; figures by period, product and customer.
    Stats(stats::StatsArgs),
    /// Show which action leads from which status to which.
    Transitions(transitions::TransitionsArgs),
    /// See how events get out, and help on what is stuck.
    Outbox(outbox::OutboxArgs),
    /// Forget people: their personal data goes, what happened to their orders stays.
    Erase(erase::EraseArgs),
    /// Show what people did that is in no order's history.
    Audit(audit::AuditArgs),
    /// Check that every order still follows from its history.
    Verify,
    /// Look for settings and damage that endanger the data.
    Doctor,
    /// Create the database, or bring it up to date.
    Migrate,
    /// Print a completion script for a shell.
    Completions(completions::CompletionsArgs),
    /// Write manual pages to a folder.
    Man(man::ManArgs),
}

impl Command {
    /// What the command needs of a local database.
    pub(crate) fn access(&self) -> Access {
        match self {
            Self::Place(args) => args.access(),
            Self::Products(args) => args.access(),
            Self::User(args) => args.access(),
            Self::Webhook(args) => args.access(),
            Self::Import(_) | Self::Seed(_) | Self::Migrate => Access::Write,
            _ => Access::Read,
        }
    }

    /// Which endpoints of webhooks a local database takes; none if the command has nothing to do with
    /// them.
    pub(crate) fn reach(&self) -> Option<Reach> {
        match self {
            Self::Webhook(args) if args.allow_private() => Some(Reach::Everywhere),
            Self::Webhook(_) => Some(Reach::Public),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_tree_of_commands_is_consistent() {
        Cli::command().debug_assert();
    }
}
