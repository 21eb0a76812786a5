//! What a request carries: one operation, or several.

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Name, Number, Request, Value, Variables, indexmap::IndexMap};

use super::{caller::is_public, limits};
use crate::{
    error::ApiError,
    extract::{Declared, Json},
};

/// One operation, or a list of them.
#[derive(Debug)]
pub(super) enum Operations {
    One(Box<Operation>),
    Several(Vec<Operation>),
}

/// One operation as it was sent.
#[derive(Debug)]
pub(super) struct Operation {
    query: String,
    variables: Variables,
    name: Option<String>,
}

impl Operations {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it; the operations themselves are not looked at.
    pub(super) fn read(body: &Declared) -> Result<Self, ApiError> {
        match body.json()? {
            Json::List(several) => {
                if several.is_empty() || several.len() > limits::BATCH_MAX {
                    let max = limits::BATCH_MAX;
                    let detail = format!("a request may carry 1 to {max} operations");
                    return Err(ApiError::unreadable("graphql.batch_too_large", detail));
                }
                several
                    .into_iter()
                    .map(Operation::read)
                    .collect::<Result<_, _>>()
                    .map(Self::Several)
            }
            one => Operation::read(one).map(|one| Self::One(Box::new(one))),
        }
    }

    /// Whether also who is not signed in may ask for all that they ask for.
    pub(super) fn are_public(&self) -> bool {
        match self {
            Self::One(one) => one.is_public(),
            Self::Several(several) => several.iter().all(Operation::is_public),
        }
    }
}

impl Operation {
    /// Whether also who is not signed in may ask for all that it asks for.
    fn is_public(&self) -> bool {
        let Ok(document) = limits::read(&self.query) else { return false };
        let mut meant = meant(&document, self.name.as_deref());
        let (Some(operation), None) = (meant.next(), meant.next()) else { return false };
        operation.selection_set.node.items.iter().all(|selected| match &selected.node {
            Selection::Field(field) => is_public(&field.node.name.node),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => false,
        })
    }

    fn read(json: Json<'_>) -> Result<Self, ApiError> {
        let Json::Object(members) = json else {
            return Err(unfit("", "an operation must be an object"));
        };
        let (mut query, mut name, mut variables) = (None, None, Variables::default());
        for (key, value) in members {
            match (&*key, value) {
                ("query", Json::Text(text)) => query = Some(text.into_owned()),
                ("operationName", Json::Text(text)) => name = Some(text.into_owned()),
                ("variables", value @ Json::Object(_)) => {
                    variables = Variables::from_value(read_value(value));
                }
                // Clients send these as they like, null too.
                ("operationName" | "variables" | "extensions", Json::Null)
                | ("extensions", Json::Object(_)) => {}
                ("query" | "operationName" | "variables" | "extensions", _) => {
                    return Err(unfit(&format!("/{key}"), "this is of another type"));
                }
                _ => {}
            }
        }
        let Some(query) = query else {
            let detail = "query is missing";
            return Err(ApiError::field("/query", "request.missing", detail));
        };
        Ok(Self { query, variables, name })
    }

    /// The operation, ready to be carried out, and what it is.
    ///
    /// # Errors
    /// What is wrong with its text, or that it asks too much.
    pub(super) fn prepare(
        self,
    ) -> Result<(Request, Option<OperationType>), async_graphql::ServerError> {
        let Self { query, variables, name } = self;
        let document = limits::read(&query)?;
        let kind = kind_of(&document, name.as_deref());
        let mut request = Request::new(query).variables(variables);
        if let Some(name) = name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(document);
        Ok((request, kind))
    }
}

/// What the operation is that is meant, if one is.
fn kind_of(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    meant(document, name).next().map(|operation| operation.ty)
}

/// The operations of a text that a name may mean.
fn meant<'d>(
    document: &'d ExecutableDocument,
    name: Option<&str>,
) -> impl Iterator<Item = &'d OperationDefinition> {
    let is_meant = move |known: Option<&Name>| name.is_none() || known.map(Name::as_str) == name;
    let found = document.operations.iter().filter(move |(known, _)| is_meant(*known));
    found.map(|(_, operation)| &operation.node)
}

fn unfit(pointer: &str, detail: &str) -> ApiError {
    ApiError::field(pointer, "request.type", detail)
}

fn read_value(json: Json<'_>) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(flag),
        Json::Number(text) => {
            text.parse::<Number>().map_or_else(|_| Value::from(text), Value::Number)
        }
        Json::Text(text) => Value::String(text.into_owned()),
        Json::List(values) => Value::List(values.into_iter().map(read_value).collect()),
        Json::Object(members) => {
            let members =
                members.into_iter().map(|(key, value)| (Name::new(key), read_value(value)));
            Value::Object(members.collect::<IndexMap<_, _>>())
        }
    }
}
