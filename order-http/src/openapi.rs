//! The routes and their OpenAPI document, built together, so that neither can lack what the other has.

mod doc;

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
        ComponentsBuilder, ContentBuilder, HttpMethod, Info, License, OpenApi, OpenApiBuilder,
        Paths, Ref, RefOr, ResponseBuilder, Schema,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

pub(crate) use self::doc::{Doc, Parameters};
use crate::{
    access::{Door, enter},
    body::ProblemBody,
    rest::Api,
};

const PROBLEM: &str = "Problem";
const BEARER: &str = "bearer";

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

fn by_bearer() -> SecurityRequirement {
    SecurityRequirement::new(BEARER, [""; 0])
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
