//! How GraphQL is asked and answered over HTTP.

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::{Response as Said, ServerError, parser::types::OperationType};
use axum::{
    extract::{FromRef, FromRequestParts, State},
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_TYPE},
        request::Parts,
    },
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{
    Stream, StreamExt,
    future::join_all,
    stream::{self, BoxStream},
};
use order_core::{Orders, Principal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Schema,
    caller::{Asker, Caller},
    error::{refused, translate},
    page,
    request::{Operation, Operations},
};
use crate::{
    access::{signed_in, visitor},
    error::{ApiError, Cause},
    extract::{Declared, wants_stream},
    openapi::{Doc, Routes},
    rest::{Answer, Api, render},
};

/// After how long a listener that got nothing is told that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
const ANSWER: HeaderValue = HeaderValue::from_static("application/graphql-response+json");

const ABOUT: &str = "Queries and mutations over the same use cases as the other routes, as a subgraph of \
    Apollo Federation 2. The body is an operation, or a list of at most 10. The answer has status 200, also \
    where it has `errors`: each has the `code` of a problem in its `extensions`. A subscription, and any \
    other operation, is answered as a stream with `Accept: text/event-stream`, as the library `graphql-sse` \
    reads it (distinct connections). Only `signIn`, `addAccount` and \
    `orderTransitions` may be asked for without being signed in.";

/// An operation of GraphQL.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GraphqlRequest {
    /// The text of the operation.
    #[schema(example = "{ orders { nodes { number } } }")]
    query: String,
    /// Which of the operations in the text is meant.
    operation_name: Option<String>,
    /// The values of its variables.
    #[schema(value_type = Option<Object>)]
    variables: (),
}

/// An answer of GraphQL.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub(super) struct GraphqlAnswer {
    /// What was asked for.
    #[schema(value_type = Option<Object>)]
    data: (),
    /// What went wrong.
    #[schema(value_type = Option<Vec<Object>>)]
    errors: (),
}

/// The routes of GraphQL.
pub(crate) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "graphql", summary);
    routes
        .post(
            "/graphql",
            answer,
            doc("askGraphql", "Ask in GraphQL")
                .about(ABOUT)
                .open()
                .takes::<GraphqlRequest>(true)
                .streams::<GraphqlAnswer>(200, "The answer, or a stream of answers."),
        )
        .get(
            "/graphql",
            page::page,
            doc("showGraphqlPage", "A page to try GraphQL on")
                .public()
                .answers_plainly(200, "The page, which loads nothing from elsewhere."),
        )
        .get(
            "/graphql/schema",
            schema_text,
            doc("showGraphqlSchema", "The schema of GraphQL")
                .public()
                .answers_plainly(200, "The schema that a gateway composes."),
        )
        .file("/graphql/page.js", page::script)
        .file("/graphql/page.css", page::style)
}

async fn schema_text(State(schema): State<Schema>) -> Answer {
    let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, schema.text().to_owned()).into_response())
}

/// What answers an operation.
struct Desk {
    schema: Schema,
    api: Api,
    asker: Asker,
}

impl Desk {
    fn caller(&self) -> Caller {
        Caller::new(self.api.clone(), self.asker.clone())
    }

    /// Answers one operation at once.
    async fn answer(&self, operation: Operation) -> (Said, Option<Cause>) {
        let request = match operation.prepare() {
            Ok((_, Some(OperationType::Subscription))) => {
                let detail = "a subscription is answered as a stream: Accept: text/event-stream";
                let error = ApiError::unreadable("graphql.stream_needed", detail);
                return (Said::from_errors(vec![refused(&error)]), None);
            }
            Ok((request, _)) => request,
            Err(error) => return unread(error),
        };
        let mut said = self.schema.library().execute(request.data(self.caller())).await;
        let cause = translate(&mut said);
        (said, cause)
    }

    /// Answers one operation as a stream.
    async fn stream(
        &self,
        operation: Operation,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let (answers, is_subscription) = match self.begin(operation).await {
            Ok(begun) => begun,
            Err(error) => (stream::iter([unread(error).0]).boxed(), false),
        };
        let told = answers.map(move |mut said| {
            translate(&mut said);
            // A subscription that was begun has no end of its own: where it ends, the client comes back.
            let is_last = !is_subscription || said.data == async_graphql::Value::Null;
            let next = Event::default().event("next").json_data(&said).ok();
            let complete = is_last.then(|| Event::default().event("complete").data(""));
            stream::iter(next.into_iter().chain(complete).map(Ok))
        });
        told.flatten()
    }

    /// Begins to answer one operation, and says whether it is a subscription. "From now on" is from here on,
    /// not from when the client reads.
    async fn begin(
        &self,
        operation: Operation,
    ) -> Result<(BoxStream<'static, Said>, bool), ServerError> {
        let (request, kind) = operation.prepare()?;
        let is_subscription = kind == Some(OperationType::Subscription);
        let mut caller = self.caller();
        if is_subscription {
            let end = Arc::<dyn Orders>::from_ref(&self.api).feed_end().await;
            caller.begun = Some(end.map_err(|error| refused(&error.into()))?);
        }
        Ok((self.schema.library().execute_stream(request.data(caller)), is_subscription))
    }
}

/// The answer to what could not be read.
fn unread(error: ServerError) -> (Said, Option<Cause>) {
    let mut said = Said::from_errors(vec![error]);
    translate(&mut said);
    (said, None)
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let said = &parts.extensions;
        let (pass, attempts) = (said.get().cloned(), said.get().cloned());
        Ok(Self { who: visitor(said)?, pass, attempts })
    }
}

async fn answer(
    State(api): State<Api>,
    asker: Asker,
    headers: HeaderMap,
    body: Result<Declared, ApiError>,
) -> Answer {
    let operations = body.and_then(|body| Operations::read(&body));
    // Who is not signed in hears nothing else first.
    if asker.who.is_none() && !operations.as_ref().is_ok_and(Operations::are_public) {
        signed_in(None::<Principal>)?;
    }
    let operations = operations?;
    let desk = Desk { schema: Schema::from_ref(&api), api, asker };
    if wants_stream(&headers) {
        let Operations::One(operation) = operations else {
            let detail = "a stream answers one operation";
            return Err(ApiError::unreadable("graphql.batch_too_large", detail));
        };
        let stream = Sse::new(desk.stream(*operation).await);
        let stream = stream.keep_alive(KeepAlive::new().interval(HEARTBEAT));
        return Ok(([("x-accel-buffering", "no")], stream).into_response());
    }
    let (mut response, cause) = match operations {
        Operations::One(operation) => {
            let (said, cause) = desk.answer(*operation).await;
            (render::ok(&said), cause)
        }
        Operations::Several(several) => {
            let answers = join_all(several.into_iter().map(|it| desk.answer(it))).await;
            let (said, causes): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
            (render::ok(&said), causes.into_iter().flatten().next())
        }
    };
    if accepts_graphql(&headers) {
        response.headers_mut().insert(CONTENT_TYPE, ANSWER);
    }
    // For the host's log: the status says nothing of it.
    if let Some(cause) = cause {
        response.extensions_mut().insert(cause);
    }
    Ok(response)
}

/// Whether the client knows the media type of its own that GraphQL has.
fn accepts_graphql(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.any(|value| value.contains("application/graphql-response+json"))
}
