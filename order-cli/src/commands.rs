//! The subcommands.

mod analytics;
pub(crate) mod audit;
pub(crate) mod completions;
mod content;
mod doctor;
pub(crate) mod edit;
pub(crate) mod erase;
pub(crate) mod export;
mod filter;
pub(crate) mod history;
pub(crate) mod import;
mod items;
pub(crate) mod lifecycle;
pub(crate) mod list;
pub(crate) mod man;
mod migrate;
pub(crate) mod note;
pub(crate) mod outbox;
mod pages;
mod password;
pub(crate) mod pay;
pub(crate) mod place;
pub(crate) mod process;
pub(crate) mod products;
mod progress;
mod records;
pub(crate) mod refund;
pub(crate) mod returns;
pub(crate) mod seed;
pub(crate) mod ship;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod stock;
mod times;
pub(crate) mod token;
pub(crate) mod transitions;
pub(crate) mod user;
mod verify;
pub(crate) mod watch;
pub(crate) mod webhook;

use crate::{
    cli::Command, client::Needs, config::Target, error::Done, output::Output, session::Session,
};

/// Carries out a subcommand.
pub(crate) async fn run(command: Command, target: &Target, output: Output) -> Done {
    match &command {
        Command::Transitions(args) => return transitions::run(args, output),
        Command::Completions(args) => return completions::run(args, output),
        Command::Man(args) => return man::run(args, output),
        Command::Migrate => return migrate::run(target, output).await,
        Command::Token(args) if args.is_for_no_account() => {
            return token::for_subject(args, output);
        }
        _ => {}
    }
    if let Some(warning) = target.warning() {
        output.say(warning);
    }
    let needs = Needs { access: command.access(), reach: command.reach() };
    let session = Session::open(target, needs, output).await?;
    let done = act(command, target, &session).await;
    session.client.close().await;
    done
}

async fn act(command: Command, target: &Target, session: &Session) -> Done {
    match command {
        Command::Place(args) => place::run(args, session).await,
        Command::Show(args) => show::run(&args, session).await,
        Command::List(args) => list::run(&args, session).await,
        Command::Search(args) => list::search(&args, session).await,
        Command::Edit(args) => edit::run(&args, session).await,
        Command::Confirm(args) => lifecycle::plain("confirm", &args, session).await,
        Command::Process(args) => process::run(&args, session).await,
        Command::Ship(args) => ship::run(&args, session).await,
        Command::Deliver(args) => lifecycle::deliver(&args, session).await,
        Command::Complete(args) => lifecycle::plain("complete", &args, session).await,
        Command::Cancel(args) => lifecycle::cancel(&args, session).await,
        Command::Hold(args) => lifecycle::hold(&args, session).await,
        Command::Release(args) => lifecycle::plain("release", &args, session).await,
        Command::Pay(args) => pay::run(&args, session).await,
        Command::Void(args) => pay::void(&args, session).await,
        Command::Refund(args) => refund::run(&args, session).await,
        Command::Return(args) => returns::run(&args, session).await,
        Command::Note(args) => note::run(&args, session).await,
        Command::Archive(args) => lifecycle::plain("archive", &args, session).await,
        Command::Unarchive(args) => lifecycle::plain("unarchive", &args, session).await,
        Command::History(args) => history::run(&args, session).await,
        Command::Watch(args) => watch::run(&args, session).await,
        Command::Stock(args) => stock::run(&args, session).await,
        Command::Products(args) => products::run(&args, session).await,
        Command::User(args) => user::run(args, session).await,
        Command::Webhook(args) => webhook::run(args, session).await,
        Command::Token(args) => token::run(&args, target, session).await,
        Command::Import(args) => import::run(args, session).await,
        Command::Export(args) => export::run(args, session).await,
        Command::Seed(args) => seed::run(args, session).await,
        Command::Stats(args) => stats::run(&args, session).await,
        Command::Outbox(args) => outbox::run(&args, session).await,
        Command::Erase(args) => erase::run(&args, session).await,
        Command::Audit(args) => audit::run(&args, session).await,
        Command::Verify => verify::run(session).await,
        Command::Doctor => doctor::run(session).await,
        Command::Transitions(_) | Command::Completions(_) | Command::Man(_) | Command::Migrate => {
            Ok(())
        }
    }
}
