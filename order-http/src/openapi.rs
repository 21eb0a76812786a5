//! The routes and their OpenAPI document, built together, so that neither can lack what the other has.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    handler::Handler,
    middleware::from_fn_with_state,
    routing::{MethodFilter, on},
};
use order_core::Orders;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, Header, HeaderBuilder, HttpMethod, Info, License,
        ObjectBuilder, OneOfBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr, Required,
        Response, ResponseBuilder, Schema, Type,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

use crate::{
    access::{Door, enter},
    body::{DryRunBody, OrderBody, ProblemBody},
    rest::Api,
};

const JSON: &str = "application/json";
const PROBLEM: &str = "Problem";
const BEARER: &str = "bearer";

/// What the document says of a parameter of a query.
pub(crate) type Parameters = &'static [(&'static str, &'static str)];

/// What the document says of one operation.
pub(crate) struct Doc {
    operation: OperationBuilder,
    schemas: Vec<(String, RefOr<Schema>)>,
    problems: Vec<u16>,
    security: Security,
}

/// Whether somebody must be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    Bearer,
    /// Nobody must, but who is may do more.
    Open,
    Nobody,
}

impl Doc {
    /// An operation by its unique id, the group it belongs to, and what it does.
    pub(crate) fn new(id: &str, tag: &str, summary: &str) -> Self {
        let operation = OperationBuilder::new();
        Self {
            operation: operation.operation_id(Some(id)).tag(tag).summary(Some(summary)),
            schemas: Vec::new(),
            problems: vec![400, 401, 403, 503],
            security: Security::Bearer,
        }
    }

    /// More about it.
    pub(crate) fn about(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    /// Parameters of the query.
    pub(crate) fn query(mut self, parameters: Parameters) -> Self {
        self.problems.push(422);
        for (name, text) in parameters {
            self = self.parameter(name, ParameterIn::Query, text);
        }
        self
    }

    fn parameter(mut self, name: &str, place: ParameterIn, text: &str) -> Self {
        self.operation = self.operation.parameter(parameter(name, place, text));
        self
    }

    /// A header that it looks at.
    pub(crate) fn header(self, name: &str, text: &str) -> Self {
        self.parameter(name, ParameterIn::Header, text)
    }

    /// The body it takes.
    pub(crate) fn takes<T: ToSchema>(mut self, required: bool) -> Self {
        let content = ContentBuilder::new().schema(Some(self.schema_of::<T>())).build();
        let required = if required { Required::True } else { Required::False };
        let body = RequestBodyBuilder::new().content(JSON, content).required(Some(required));
        self.operation = self.operation.request_body(Some(body.build()));
        self.problems.extend([413, 415, 422]);
        self
    }

    /// The body it answers with.
    pub(crate) fn answers<T: ToSchema>(mut self, status: u16, text: &str) -> Self {
        let content = ContentBuilder::new().schema(Some(self.schema_of::<T>())).build();
        let response = ResponseBuilder::new().description(text).content(JSON, content).build();
        self.operation = self.operation.response(status.to_string(), response);
        self
    }

    /// What it answers in JSON, or as a stream of server-sent events.
    pub(crate) fn streams<T: ToSchema>(mut self, status: u16, text: &str) -> Self {
        let page = ContentBuilder::new().schema(Some(self.schema_of::<T>())).build();
        let lines = ObjectBuilder::new().schema_type(Type::String);
        let stream = ContentBuilder::new().schema(Some(lines)).build();
        let response = ResponseBuilder::new().description(text).content(JSON, page);
        let response = response.content("text/event-stream", stream).build();
        self.problems.push(404);
        self.operation = self.operation.response(status.to_string(), response);
        self
    }

    /// The order after a command, or what would happen.
    pub(crate) fn answers_order(mut self) -> Self {
        let rehearsal = self.schema_of::<DryRunBody>();
        let order = self.schema_of::<OrderBody>();
        let either = OneOfBuilder::new().item(order).item(rehearsal);
        let content = ContentBuilder::new().schema(Some(either)).build();
        let response = tagged("The order after it; with `dryRun` what would happen.");
        self.operation = self.operation.response("200", response.content(JSON, content).build());
        self
    }

    /// The order that was placed, or what would happen.
    pub(crate) fn answers_placed(mut self) -> Self {
        let rehearsal = self.schema_of::<DryRunBody>();
        let content = ContentBuilder::new().schema(Some(rehearsal)).build();
        let dry = ResponseBuilder::new().description("With `dryRun`: what would happen.");
        self.operation = self.operation.response("200", dry.content(JSON, content).build());
        let order = self.schema_of::<OrderBody>();
        let content = ContentBuilder::new().schema(Some(order)).build();
        let placed = tagged("The order.").header("Location", header("Where it is."));
        self.operation = self.operation.response("201", placed.content(JSON, content).build());
        self
    }

    /// An answer without JSON.
    pub(crate) fn answers_plainly(mut self, status: u16, text: &str) -> Self {
        self.operation = self.operation.response(status.to_string(), Response::new(text));
        self
    }

    /// A command: it may carry a request key, name a version, or only ask what would happen.
    pub(crate) fn command(mut self) -> Self {
        self.problems.extend([409, 412, 422]);
        self.parameter("dryRun", ParameterIn::Query, "`true`: only say what would happen.")
            .parameter(
                "Idempotency-Key",
                ParameterIn::Header,
                "1 to 200 visible ASCII characters: a repeat gets the first answer, with the header \
                 `Idempotent-Replayed: true`.",
            )
            .versioned()
    }

    /// A change that may name the version it is meant for.
    pub(crate) fn versioned(mut self) -> Self {
        self.problems.extend([409, 412]);
        self.parameter(
            "If-Match",
            ParameterIn::Header,
            "The version the change is meant for: `\"7\"`.",
        )
    }

    /// An operation that needs nobody to be signed in.
    pub(crate) fn public(mut self) -> Self {
        self.security = Security::Nobody;
        self.problems.retain(|status| *status == 503);
        self
    }

    /// An operation that needs nobody to be signed in, though who is may do more.
    pub(crate) fn open(mut self) -> Self {
        self.security = Security::Open;
        self
    }

    /// An operation whose caller signs what it says instead of signing in.
    pub(crate) fn signed(mut self) -> Self {
        self.problems.extend([400, 403, 413, 415, 422]);
        self
    }

    /// An operation that what is there may not allow.
    pub(crate) fn conflicts(mut self) -> Self {
        self.problems.push(409);
        self
    }

    fn schema_of<T: ToSchema>(&mut self) -> Ref {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        Ref::from_schema_name(T::name())
    }

    fn finish(mut self, path: &str) -> (Operation, Vec<(String, RefOr<Schema>)>) {
        for name in path.split('/').filter_map(|segment| segment.strip_prefix('{')) {
            let name = name.trim_end_matches('}').trim_start_matches('*');
            self = self.parameter(name, ParameterIn::Path, path_text(name));
            self.problems.push(404);
        }
        self.problems.sort_unstable();
        self.problems.dedup();
        for status in &self.problems {
            let problem = RefOr::Ref(Ref::from_response_name(PROBLEM));
            self.operation = self.operation.response(status.to_string(), problem);
        }
        self.operation = match self.security {
            Security::Bearer => self.operation,
            Security::Open => {
                let either = [SecurityRequirement::default(), by_bearer()];
                self.operation.securities(Some(either))
            }
            Security::Nobody => {
                let open: [SecurityRequirement; 0] = [];
                self.operation.securities(Some(open))
            }
        };
        (self.operation.build(), self.schemas)
    }
}

fn by_bearer() -> SecurityRequirement {
    SecurityRequirement::new(BEARER, [""; 0])
}

/// An answer that shows an order.
fn tagged(text: &str) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(text)
        .header("ETag", header("The order's version, in quotation marks."))
        .header(
            "Idempotent-Replayed",
            header("`true` if this is the answer to an earlier request."),
        )
}

fn header(text: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().description(Some(text)).schema(Some(schema)).build()
}

fn parameter(name: &str, place: ParameterIn, text: &str) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let schema = match name {
        "limit" | "page" | "version" => ObjectBuilder::new().schema_type(Type::Integer),
        "dryRun" => ObjectBuilder::new().schema_type(Type::Boolean),
        _ => ObjectBuilder::new().schema_type(Type::String),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(text))
        .schema(Some(schema))
        .build()
}

fn path_text(name: &str) -> &'static str {
    match name {
        "id" => "The id; of an order also its number.",
        "paymentId" => "Which payment of the order.",
        "shipmentId" => "Which parcel of the order.",
        "deliveryId" => "Which delivery of the webhook.",
        "returnId" => "Which return of the order.",
        "productId" => "Which product.",
        "relay" => "Which relay.",
        "orderId" => "The order's id.",
        "provider" => "Which payment provider.",
        "customerId" | "userId" => "Which customer.",
        _ => "Which file.",
    }
}

/// Routes, the doors before them and their descriptions.
pub(crate) struct Routes {
    orders: Arc<dyn Orders>,
    router: Router<Api>,
    paths: Paths,
    schemas: BTreeMap<String, RefOr<Schema>>,
}

impl Routes {
    /// No routes yet; doors will ask here what a caller may see.
    pub(crate) fn new(orders: Arc<dyn Orders>) -> Self {
        Self { orders, router: Router::new(), paths: Paths::new(), schemas: BTreeMap::new() }
    }

    /// Answers `GET`, and `HEAD` with it.
    pub(crate) fn get<H, T>(self, path: &str, handler: H, doc: Doc) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.add(MethodFilter::GET, HttpMethod::Get, path, handler, doc)
    }

    /// Answers `POST`.
    pub(crate) fn post<H, T>(self, path: &str, handler: H, doc: Doc) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.add(MethodFilter::POST, HttpMethod::Post, path, handler, doc)
    }

    /// Answers `PUT`.
    pub(crate) fn put<H, T>(self, path: &str, handler: H, doc: Doc) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.add(MethodFilter::PUT, HttpMethod::Put, path, handler, doc)
    }

    /// Answers `PATCH`.
    pub(crate) fn patch<H, T>(self, path: &str, handler: H, doc: Doc) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.add(MethodFilter::PATCH, HttpMethod::Patch, path, handler, doc)
    }

    /// Answers `DELETE`.
    pub(crate) fn delete<H, T>(self, path: &str, handler: H, doc: Doc) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.add(MethodFilter::DELETE, HttpMethod::Delete, path, handler, doc)
    }

    /// Answers `GET` with what is no part of the interface: files of the documentation page.
    pub(crate) fn file<H, T>(mut self, path: &str, handler: H) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        self.router = self.router.route(path, on(MethodFilter::GET, handler));
        self
    }

    fn add<H, T>(
        mut self,
        filter: MethodFilter,
        method: HttpMethod,
        path: &str,
        handler: H,
        doc: Doc,
    ) -> Self
    where
        H: Handler<T, Api>,
        T: 'static,
    {
        let (operation, schemas) = doc.finish(path);
        let door = Door::new(Arc::clone(&self.orders), name_of(&method), path);
        let route = on(filter, handler).layer(from_fn_with_state(door, enter));
        self.router = self.router.route(path, route);
        self.paths.add_path_operation(path, vec![method], operation);
        self.schemas.extend(schemas);
        self
    }

    /// The routes alone, and the document of them.
    pub(crate) fn finish(mut self) -> (Router<Api>, OpenApi) {
        let mut schemas = Vec::new();
        ProblemBody::schemas(&mut schemas);
        schemas.push((ProblemBody::name().into_owned(), ProblemBody::schema()));
        self.schemas.extend(schemas);
        (self.router, document(self.paths, self.schemas))
    }
}

fn name_of(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Delete => "DELETE",
        // Nobody may use what the table cannot name.
        _ => "",
    }
}

fn document(paths: Paths, schemas: BTreeMap<String, RefOr<Schema>>) -> OpenApi {
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name()))).build();
    let problem = ResponseBuilder::new()
        .description("A problem with a stable code (RFC 9457).")
        .content("application/problem+json", content);
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .response(PROBLEM, problem)
        .security_scheme(BEARER, bearer);
    let mut info = Info::new("Orders", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    info.license = Some(License::new("MIT OR Apache-2.0"));
    let tag = |(name, text)| TagBuilder::new().name(name).description(Some(text)).build();
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(TAGS.iter().copied().map(tag)))
        .security(Some([by_bearer()]))
        .build()
}

const ABOUT: &str = "Orders from placement to return. Names are camelCase, values of enumerations \
    snake_case, times RFC 3339 in UTC. Amounts are decimal strings beside their currency; requests \
    may also write them as JSON numbers, which are read from their text and never rounded. Ids are \
    opaque. Every route also answers below `/api`. Every error is a problem as RFC 9457 has it, with \
    a stable `code`.";

const TAGS: &[(&str, &str)] = &[
    ("orders", "Placing, reading and changing orders."),
    ("lists", "Lists and search."),
    ("actions", "What is done to an order."),
    ("payments", "Money in and out."),
    ("shipments", "Parcels."),
    ("returns", "What comes back."),
    ("feed", "What happened to all orders."),
    ("outbox", "Events on their way out."),
    ("products", "Catalogue and stock."),
    #[cfg(feature = "graphql")]
    ("graphql", "The same in GraphQL."),
    ("users", "Accounts and sign-in."),
    ("webhooks", "Events to other systems."),
    ("analytics", "Numbers over all orders."),
    ("operations", "Reports, imports, checks and health."),
];
