//! `order migrate`.

use serde_json::json;

use crate::{
    config::{Database, Target},
    error::{Done, Failure},
    output::Output,
    store::{Access, Store},
};

/// Creates the database, or brings it up to date: opening it does that.
pub(crate) async fn run(target: &Target, output: Output) -> Done {
    let Target::Database(url) = target else {
        let hint = "a server brings its database up to date when it starts; name a --database-url";
        return Err(Failure::Usage(hint.to_owned()));
    };
    let database = Database::parse(url)?;
    Store::open(&database, Access::Write).await?.close().await;
    let name = database.name();
    if output.is_json() {
        return output.json(&json!({ "database": name, "upToDate": true }));
    }
    output.data(format_args!("{name} is up to date"))
}
