//! Reading what a JSON object should hold, noting everything that is amiss with its place.

use std::{cell::RefCell, fmt::Write};

use order_core::TextError;

use super::json::{Json, Member};
use crate::{body::FieldProblem, error::ApiError};

/// The most faults that are reported of one request.
const FAULTS_MAX: usize = 20;

/// What is amiss with a request.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<FieldProblem>>);

impl Faults {
    /// The faults as one error, if there are any.
    pub(crate) fn into_error(self) -> Option<ApiError> {
        let errors = self.0.into_inner();
        if errors.is_empty() { None } else { Some(ApiError::fields(errors)) }
    }
}

/// Where a value is: a path of steps from the root.
#[derive(Debug, Clone, Copy)]
struct Place<'p> {
    parent: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl Place<'_> {
    fn write(&self, pointer: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(pointer);
        }
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => {
                let _ = write!(pointer, "/{index}");
            }
        }
    }
}

/// A value and its place.
#[derive(Debug)]
pub(crate) struct Value<'p> {
    json: &'p Json<'p>,
    place: Place<'p>,
    faults: &'p Faults,
}

impl<'p> Value<'p> {
    /// The whole of a request's body.
    pub(crate) const fn root(json: &'p Json<'p>, faults: &'p Faults) -> Self {
        Self { json, place: Place { parent: None, step: Step::Root }, faults }
    }

    /// Notes that something is amiss here.
    pub(crate) fn fault(&self, code: &'static str, detail: impl Into<String>) {
        note(self.faults, &self.place, code, detail.into());
    }

    fn expected(&self, what: &str) {
        let is = match self.json {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        };
        self.fault("request.type", format!("this must be {what}, not {is}"));
    }

    /// A string, as it is.
    pub(crate) fn string(&self) -> Option<&'p str> {
        if let Json::Text(text) = self.json {
            return Some(text);
        }
        self.expected("a string");
        None
    }

    /// An id or another text with a rule, as it is.
    pub(crate) fn text<T: for<'t> TryFrom<&'t str, Error = TextError>>(&self) -> Option<T> {
        self.checked(self.string()?)
    }

    /// A text with a rule that people type: white space around it is dropped.
    pub(crate) fn typed<T: for<'t> TryFrom<&'t str, Error = TextError>>(&self) -> Option<T> {
        self.checked(self.string()?.trim())
    }

    fn checked<T: for<'t> TryFrom<&'t str, Error = TextError>>(&self, text: &str) -> Option<T> {
        match T::try_from(text) {
            Ok(text) => Some(text),
            Err(error) => {
                self.fault(error.code(), error.to_string());
                None
            }
        }
    }

    /// A word out of a set.
    pub(crate) fn word<T>(
        &self,
        read: impl FnOnce(&str) -> Option<T>,
        code: &'static str,
        detail: &str,
    ) -> Option<T> {
        let word = read(self.string()?);
        if word.is_none() {
            self.fault(code, detail);
        }
        word
    }

    /// An exact decimal, in a string or as a number; whether it is one is found out with its currency.
    pub(crate) fn decimal(&self) -> Option<String> {
        match self.json {
            Json::Text(text) => Some(text.clone().into_owned()),
            Json::Number(text) => Some((*text).to_owned()),
            _ => {
                self.expected("a decimal number, as a string or a number");
                None
            }
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self) -> Option<i64> {
        let Json::Number(text) = self.json else {
            self.expected("a whole number");
            return None;
        };
        let parsed = text.parse();
        if parsed.is_err() {
            if text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) {
                self.fault("request.integer_out_of_range", "this number is too large");
            } else {
                self.fault("request.integer", "this must be a whole number without a fraction");
            }
        }
        parsed.ok()
    }

    /// How many units: a whole number from 1.
    pub(crate) fn units(&self) -> Option<u32> {
        let units = self.integer()?;
        let positive = u32::try_from(units).ok().filter(|units| *units > 0);
        if positive.is_none() {
            let max = order_core::order::QUANTITY_MAX;
            let detail = format!("a quantity must be between 1 and {max}");
            self.fault("order.quantity_out_of_range", detail);
        }
        positive
    }

    /// Yes or no.
    pub(crate) fn flag(&self) -> Option<bool> {
        if let Json::Bool(flag) = self.json {
            return Some(*flag);
        }
        self.expected("true or false");
        None
    }

    /// A list, if every value in it can be read.
    pub(crate) fn list<T>(&self, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<T>> {
        let Json::List(values) = self.json else {
            self.expected("a list");
            return None;
        };
        let mut items = Vec::with_capacity(values.len());
        for (index, json) in values.iter().enumerate() {
            let place = Place { parent: Some(&self.place), step: Step::Index(index) };
            items.extend(read(&Value { json, place, faults: self.faults }));
        }
        (items.len() == values.len()).then_some(items)
    }

    /// An object.
    pub(crate) fn object(&self) -> Option<Fields<'_>> {
        let Json::Object(members) = self.json else {
            self.expected("an object");
            return None;
        };
        Some(Fields { members, place: &self.place, faults: self.faults })
    }

    /// An object that maps texts to texts.
    pub(crate) fn text_map<M: FromIterator<(String, String)>>(&self) -> Option<M> {
        let fields = self.object()?;
        let read = |(key, json): &Member<'_>| {
            let place = Place { parent: Some(fields.place), step: Step::Key(key) };
            let value = Value { json, place, faults: self.faults };
            value.string().map(|text| (key.clone().into_owned(), text.to_owned()))
        };
        fields.members.iter().map(read).collect::<Vec<_>>().into_iter().collect()
    }
}

/// The members of an object and their place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'p> {
    members: &'p [Member<'p>],
    place: &'p Place<'p>,
    faults: &'p Faults,
}

impl<'p> Fields<'p> {
    /// The fields of a request without a body.
    pub(crate) const fn none(faults: &'p Faults) -> Self {
        const ROOT: Place<'static> = Place { parent: None, step: Step::Root };
        Self { members: &[], place: &ROOT, faults }
    }

    /// The value of a field that has these names; none if it is absent or `null`. Two of the names
    /// at once are a fault.
    pub(crate) fn get(&self, names: &[&str]) -> Option<Value<'p>> {
        let is_meant = |member: &&Member<'_>| names.contains(&&*member.0) && member.1 != Json::Null;
        let mut found = self.members.iter().filter(is_meant).map(|(key, json)| Value {
            json,
            place: Place { parent: Some(self.place), step: Step::Key(key) },
            faults: self.faults,
        });
        let first = found.next()?;
        if let Some(second) = found.next() {
            let detail = format!("this is the same as {}: give one of them", names[0]);
            second.fault("request.ambiguous", detail);
        }
        Some(first)
    }

    /// The same of a field that must be there.
    pub(crate) fn required(&self, names: &[&str]) -> Option<Value<'p>> {
        let found = self.get(names);
        if found.is_none() {
            self.missing(names[0]);
        }
        found
    }

    /// Notes that a field is missing.
    pub(crate) fn missing(&self, name: &str) {
        let place = Place { parent: Some(self.place), step: Step::Key(name) };
        note(self.faults, &place, "request.missing", format!("{name} is missing"));
    }

    /// Whether a field of these names is there and not `null`.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.members.iter().any(|(key, json)| names.contains(&&**key) && *json != Json::Null)
    }

    /// An optional text with a rule, as it is.
    pub(crate) fn text<T>(&self, names: &[&str]) -> Option<T>
    where
        T: for<'t> TryFrom<&'t str, Error = TextError>,
    {
        self.get(names)?.text()
    }

    /// An optional text with a rule that people type.
    pub(crate) fn typed<T>(&self, names: &[&str]) -> Option<T>
    where
        T: for<'t> TryFrom<&'t str, Error = TextError>,
    {
        self.get(names)?.typed()
    }
}

fn note(faults: &Faults, place: &Place<'_>, code: &'static str, detail: String) {
    let mut faults = faults.0.borrow_mut();
    if faults.len() < FAULTS_MAX {
        let mut pointer = String::new();
        place.write(&mut pointer);
        faults.push(FieldProblem { pointer, code: code.into(), detail });
    }
}
