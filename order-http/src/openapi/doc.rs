//! What the document says of one operation.

use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, Header, HeaderBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Required,
        Response, ResponseBuilder, Schema, Type,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        security::SecurityRequirement,
    },
};

use super::{PROBLEM, by_bearer};
use crate::body::{DryRunBody, OrderBody};

const JSON: &str = "application/json";

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

    /// The operation at a path, and the schemas that it names.
    pub(super) fn finish(mut self, path: &str) -> (Operation, Vec<(String, RefOr<Schema>)>) {
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
