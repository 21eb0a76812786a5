//! `order user`.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use order_core::RoleKind;
use order_http::{
    body::UserBody,
    request::{UserChangeRequest, UserRequest},
};
use serde_json::json;

use super::{pages, password::PasswordArgs};
use crate::{
    client::Reply,
    error::{Done, Failure},
    output::{Sheet, Side, clean, minute},
    session::{Page, Session},
    store::Access,
};

/// What `order user` takes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  order user add ann@shop.example --role admin --password-file secret.txt
  order user list
  order user update ann@shop.example --role staff
  order user delete ann@shop.example

The first administrator of a shop is made here, on its database. A password is never an argument:
others see command lines.")]
pub(crate) struct UserArgs {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Make an account.
    Add(AddArgs),
    /// List accounts.
    List(ListArgs),
    /// Show an account.
    Show {
        /// The user's id or e-mail address.
        user: String,
    },
    /// Change an account.
    Update(UpdateArgs),
    /// Remove an account, and what is known of the person through it. Orders stay.
    Delete {
        /// The user's id or e-mail address.
        user: String,
        /// Refuse unless the account has this version.
        #[arg(long, value_name = "N")]
        if_version: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The e-mail address they sign in with.
    email: String,
    /// Its id; a new one if left out.
    #[arg(long)]
    id: Option<String>,
    /// What the account may do: customer, staff, service or admin.
    #[arg(long, default_value = "customer")]
    role: RoleKind,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// The user's id or e-mail address.
    user: String,
    /// The e-mail address they sign in with instead.
    #[arg(long)]
    email: Option<String>,
    /// What the account may do instead.
    #[arg(long)]
    role: Option<RoleKind>,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    password: PasswordArgs,
    /// Refuse unless the account has this version.
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

#[derive(Debug, Args)]
struct ProfileArgs {
    /// The first name.
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// The last name.
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// Where to call.
    #[arg(long)]
    phone: Option<String>,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// How many at most.
    #[arg(long, short = 'n', default_value_t = 50, conflicts_with = "all")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// All of them, page by page.
    #[arg(long)]
    all: bool,
}

impl UserArgs {
    /// What is needed of a local database: the first account creates it.
    pub(crate) const fn access(&self) -> Access {
        match self.step {
            Step::Add(_) => Access::Write,
            _ => Access::Read,
        }
    }
}

/// Makes, lists, shows, changes or removes accounts.
pub(crate) async fn run(args: UserArgs, session: &Session) -> Done {
    match args.step {
        Step::Add(args) => add(args, session).await,
        Step::List(args) => list(&args, session).await,
        Step::Show { user } => {
            let id = find(&user, session).await?;
            print(&session.client.get(&["users", &id]).send().await?, session)
        }
        Step::Update(args) => update(args, session).await,
        Step::Delete { user, if_version } => {
            let id = find(&user, session).await?;
            session.client.delete(&["users", &id]).if_version(if_version).send().await?;
            if session.output.is_json() {
                return session.output.json(&json!({ "id": id, "deleted": true }));
            }
            session.output.data(format_args!("{id} is gone"))
        }
    }
}

async fn add(args: AddArgs, session: &Session) -> Done {
    let request = UserRequest {
        id: args.id,
        email: args.email,
        password: args.password.needed()?,
        first_name: args.profile.first_name,
        last_name: args.profile.last_name,
        phone: args.profile.phone,
        role: Some(args.role.to_string()),
        address: None,
    };
    print(&session.client.post(&["users"]).json(&request).send().await?, session)
}

async fn update(args: UpdateArgs, session: &Session) -> Done {
    let id = find(&args.user, session).await?;
    let request = UserChangeRequest {
        email: args.email,
        password: args.password.given()?,
        first_name: args.profile.first_name,
        last_name: args.profile.last_name,
        phone: args.profile.phone,
        role: args.role.map(|role| role.to_string()),
        address: None,
    };
    let call = session.client.put(&["users", &id]).if_version(args.if_version);
    print(&call.json(&request).send().await?, session)
}

/// The id of a user who is named by it or by their e-mail address.
pub(super) async fn find(user: &str, session: &Session) -> Done<String> {
    if !user.contains('@') {
        return Ok(user.to_owned());
    }
    let call = session.client.get(&["users"]).query("email", Some(user));
    let page: Page = call.send().await?.read()?;
    let Some(entry) = page.entries.first() else {
        return Err(Failure::refused("user.not_found", "there is no such user"));
    };
    let user: UserBody = pages::read(entry)?;
    Ok(user.id.to_string())
}

async fn list(args: &ListArgs, session: &Session) -> Done {
    let request = || session.client.get(&["users"]);
    let limit = (!args.all).then_some(args.limit);
    let walked = pages::walk(request, limit, None, |page| print_page(page, session)).await?;
    walked.say("users", session.output);
    Ok(())
}

fn print_page(page: &Page, session: &Session) -> Done {
    if session.output.is_json() {
        return session.output.data(page.lines());
    }
    let columns = ["user", "role", "e-mail", "name"].map(|name| (name, Side::Left));
    let mut sheet = Sheet::new(session.output, &columns);
    for entry in &page.entries {
        let user: UserBody = pages::read(entry)?;
        let role = user.role.as_str();
        sheet.row([user.id.as_str(), role, user.email.as_str(), &name_of(&user)]);
    }
    sheet.print(session.output)
}

fn name_of(user: &UserBody) -> String {
    let names = [&user.first_name, &user.last_name].into_iter().flatten();
    names.map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn print(reply: &Reply, session: &Session) -> Done {
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let user: UserBody = reply.read()?;
    let mut card = format!("{}  {}  {}  version {}", user.id, user.role, user.email, user.version);
    let more = [
        ("name", name_of(&user)),
        ("phone", user.phone.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("updated", minute(user.updated_at)),
    ];
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(card, "\n{name:<10}{value}");
    }
    session.output.data(clean(&card))
}
