//! JSON into types that serde describes, for imports. Unlike a usual reader, this one takes a list
//! for a struct never, and names the place of a fault.

use serde::{
    de::{
        DeserializeOwned, Deserializer, Error as _, Unexpected, Visitor,
        value::{Error, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::json::Json;
use crate::error::ApiError;

/// Reads a value.
pub(crate) fn from_json<T: DeserializeOwned>(json: &Json<'_>) -> Result<T, ApiError> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            let segment = segment.to_string();
            pointer.push('/');
            pointer.push_str(segment.trim_start_matches('[').trim_end_matches(']'));
        }
        ApiError::field(pointer, "import.record", error.inner().to_string())
    })
}

impl Json<'_> {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Json::Null => Unexpected::Unit,
            Json::Bool(flag) => Unexpected::Bool(*flag),
            Json::Number(_) => Unexpected::Other("number"),
            Json::Text(_) => Unexpected::Other("string"),
            Json::List(_) => Unexpected::Seq,
            Json::Object(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserializer<'de> for &'de Json<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(flag) => visitor.visit_bool(*flag),
            Json::Number(text) => {
                if let Ok(number) = text.parse::<u64>() {
                    visitor.visit_u64(number)
                } else if let Ok(number) = text.parse::<i64>() {
                    visitor.visit_i64(number)
                } else {
                    Err(Error::invalid_type(Unexpected::Other("number"), &visitor))
                }
            }
            Json::Text(text) => visitor.visit_borrowed_str(text),
            Json::List(values) => visitor.visit_seq(SeqDeserializer::new(values.iter())),
            Json::Object(members) => {
                let members = members.iter().map(|(key, value)| (&**key, value));
                visitor.visit_map(MapDeserializer::new(members))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Json::Object(_) => self.deserialize_any(visitor),
            _ => Err(Error::invalid_type(self.unexpected(), &"an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Json::Text(word) => {
                visitor.visit_enum(serde::de::value::BorrowedStrDeserializer::new(word))
            }
            Json::Object(members) if members.len() == 1 => {
                let members = members.iter().map(|(key, value)| (&**key, value));
                visitor.visit_enum(serde::de::value::MapAccessDeserializer::new(
                    MapDeserializer::new(members),
                ))
            }
            _ => Err(Error::invalid_type(self.unexpected(), &"a word or an object of one field")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> serde::de::IntoDeserializer<'de, Error> for &'de Json<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
