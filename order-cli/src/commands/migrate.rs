//! `order migrate`.

use serde_json::json;

use crate::{
    client::{Access, Client},
    config::Target,
    error::{Done, Failure},
    output::Output,
};

/// Creates the database, or brings it up to date: opening it does that.
pub(crate) async fn run(target: &Target, output: Output) -> Done {
    let Target::Database(url) = target else {
        let hint = "a server brings its database up to date when it starts; name a --database-url";
        return Err(Failure::Usage(hint.to_owned()));
    };
    Client::open(target, Access::Write).await?.close().await;
    if output.is_json() {
        return output.json(&json!({ "database": url, "upToDate": true }));
    }
    output.data(format_args!("{url} is up to date"))
}
