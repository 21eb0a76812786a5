//! JSON as a request may bring it: stricter than a usual reader.
//!
//! A key given twice, `\u0000`, deep nesting and a flood of values are refused, and numbers stay the
//! text they were, so that money never passes through a float. What is read borrows from the body.

use std::borrow::Cow;

/// How deep values may be nested.
pub(crate) const DEPTH_MAX: usize = 32;
/// Objects with more members than this are searched for doubled keys by sorting.
const FEW: usize = 16;
/// How much of a key is repeated in an error.
const KEY_SHOWN: usize = 60;

/// One JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<Member<'a>>),
}

/// A key and its value.
pub(crate) type Member<'a> = (Cow<'a, str>, Json<'a>);

/// Why a text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The stable code.
    pub(crate) code: &'static str,
    /// What is wrong, and where.
    pub(crate) detail: String,
}

/// Reads a text that is one JSON value of at most `values_max` values in all.
pub(crate) fn parse(text: &str, values_max: usize) -> Result<Json<'_>, Unreadable> {
    let mut parser = Parser { text, at: 0, values_left: values_max };
    let read = parser.document();
    read.map_err(|fault| fault.describe(text, parser.at))
}

#[derive(Debug)]
enum Fault {
    Syntax(&'static str),
    TooDeep,
    TooMany,
    Doubled(String),
    Nul,
}

impl Fault {
    fn describe(self, text: &str, at: usize) -> Unreadable {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let (code, what) = match self {
            Self::Syntax(what) => ("request.json", what.to_owned()),
            Self::TooDeep => {
                ("request.too_deep", format!("values are nested deeper than {DEPTH_MAX}"))
            }
            Self::TooMany => ("request.too_many_values", "there are too many values".to_owned()),
            Self::Doubled(key) => ("request.duplicate_key", format!("the key {key:?} is doubled")),
            Self::Nul => ("request.nul", "a text contains U+0000".to_owned()),
        };
        Unreadable { code, detail: format!("{what}, at line {line}, column {column}") }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    values_left: usize,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<Json<'a>, Fault> {
        let value = self.value(0)?;
        match self.peek_token() {
            None => Ok(value),
            Some(_) => Err(Fault::Syntax("something follows the value")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    fn peek_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        self.peek()
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        if depth > DEPTH_MAX {
            return Err(Fault::TooDeep);
        }
        self.values_left = self.values_left.checked_sub(1).ok_or(Fault::TooMany)?;
        match self.peek_token() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(Fault::Syntax("a value is expected")),
            None => Err(Fault::Syntax("a value is expected but the text ends")),
        }
    }

    fn word(&mut self, word: &'static str, value: Json<'a>) -> Result<Json<'a>, Fault> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Fault::Syntax("a value is expected"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        self.at += 1;
        let mut values = Vec::new();
        if self.peek_token() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            match self.peek_token() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(values));
                }
                _ => return Err(Fault::Syntax("a comma or the end of the list is expected")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        self.at += 1;
        let mut members = Vec::new();
        if self.peek_token() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            if self.peek_token() != Some(b'"') {
                return Err(Fault::Syntax("a key in quotation marks is expected"));
            }
            let key = self.string()?;
            if self.peek_token() != Some(b':') {
                return Err(Fault::Syntax("a colon is expected"));
            }
            self.at += 1;
            members.push((key, self.value(depth + 1)?));
            match self.peek_token() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(Fault::Syntax("a comma or the end of the object is expected")),
            }
        }
        self.at += 1;
        match doubled_key(&members) {
            Some(key) => Err(Fault::Doubled(key.chars().take(KEY_SHOWN).collect())),
            None => Ok(Json::Object(members)),
        }
    }

    fn number(&mut self) -> Result<Json<'a>, Fault> {
        let start = self.at;
        self.skip(b'-');
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _signed = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(Json::Number(&self.text[start..self.at]))
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Fault::Syntax("a digit is expected")) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let mut start = self.at;
        let mut unescaped: Option<String> = None;
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(match unescaped {
                        None => Cow::Borrowed(rest),
                        Some(text) => Cow::Owned(text + rest),
                    });
                }
                Some(b'\\') => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(&self.text[start..self.at]);
                    let escaped = self.escape()?;
                    text.push(escaped);
                    start = self.at;
                }
                Some(0..=0x1f) => {
                    return Err(Fault::Syntax("a control character must be escaped in a text"));
                }
                Some(_) => self.at += 1,
                None => return Err(Fault::Syntax("a text does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let letter = self.peek();
        self.at += 1;
        Ok(match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => {
                self.at -= 1;
                return Err(Fault::Syntax("an escape is not known"));
            }
        })
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        const HALF: Fault = Fault::Syntax("an escape is half of a surrogate pair");
        let code = match self.four_hex()? {
            0 => return Err(Fault::Nul),
            high @ 0xd800..=0xdbff => {
                if !(self.skip(b'\\') && self.skip(b'u')) {
                    return Err(HALF);
                }
                match self.four_hex()? {
                    low @ 0xdc00..=0xdfff => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(HALF),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or(HALF)
    }

    fn four_hex(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code =
                code * 16 + digit.ok_or(Fault::Syntax("four hexadecimal digits are expected"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

fn doubled_key<'m>(members: &'m [Member<'_>]) -> Option<&'m str> {
    if members.len() <= FEW {
        let mut later = members.iter().enumerate().skip(1);
        let doubled = later.find(|(at, (key, _))| members[..*at].iter().any(|(k, _)| k == key));
        return doubled.map(|(_, (key, _))| &**key);
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests;
