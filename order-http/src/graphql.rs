//! GraphQL: the same use cases, the same rules, as a subgraph of Apollo Federation 2.
//!
//! What a field does REST does too, and the table that says who may use a route of REST says who may ask
//! for the field. Nothing is decided here.

mod account;
mod analytics;
mod answer;
mod books;
mod caller;
mod error;
mod event;
mod input;
mod limits;
mod loader;
mod mutation;
mod operation;
mod order;
mod page;
mod part;
mod product;
mod query;
mod request;
mod scalar;
mod subscription;
mod webhook;
mod word;

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use async_graphql::SDLExportOptions;

pub(crate) use self::answer::routes;
use self::{mutation::Mutation, query::Query, subscription::Subscription};

type Library = async_graphql::Schema<Query, Mutation, Subscription>;

/// What can be asked, done and listened to.
#[derive(Clone)]
pub(crate) struct Schema {
    library: Library,
    text: Arc<str>,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}

impl Schema {
    /// The schema. It is one for all: who asks is said with each operation.
    pub(crate) fn shared() -> Self {
        static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::new);
        SCHEMA.clone()
    }

    fn new() -> Self {
        let library = Library::build(Query::default(), Mutation::default(), Subscription)
            .enable_federation()
            .enable_subscription_in_federation()
            .disable_suggestions()
            .limit_complexity(limits::COMPLEXITY_MAX)
            .finish();
        let options = SDLExportOptions::new().federation().compose_directive();
        let text = library.sdl_with_options(options).into();
        Self { library, text }
    }

    /// What carries operations out.
    const fn library(&self) -> &Library {
        &self.library
    }

    /// The schema as text: what a gateway composes.
    fn text(&self) -> &str {
        &self.text
    }
}
