//! What a request carries: one operation, or several.

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Number, Request, Value, Variables, indexmap::IndexMap};

use super::limits;
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
}

impl Operation {
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
    let mut meant = document
        .operations
        .iter()
        .filter(|(known, _)| name.is_none() || known.map(Name::as_str) == name);
    meant.next().map(|(_, operation)| operation.node.ty)
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
