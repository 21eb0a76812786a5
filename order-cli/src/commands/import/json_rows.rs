//! Rows of a JSON Lines file: one object an order, one row an item.

use std::{
    borrow::Cow,
    fmt,
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    csv_rows::RECORD_MAX,
    exported::Exported,
    field::{FIELDS, Field, Mapping},
    row::{Fault, Place, RawRow, Sink},
};
use crate::error::{Done, Failure};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 256 << 10;
/// Keys that an exported order has, and no other order is likely to have all of.
const EXPORTED: [&str; 4] = ["lifecycle", "paymentStatus", "amountRefunded", "items"];
/// How many different keys are remembered.
const KEYS_MAX: usize = 100;
/// The fields of a whole order.
const OF_ORDER: [Field; 8] = [
    Field::Id,
    Field::Number,
    Field::At,
    Field::Customer,
    Field::Country,
    Field::Currency,
    Field::Status,
    Field::Lines,
];
/// The fields of an item.
const OF_ITEM: [Field; 5] =
    [Field::LineId, Field::Product, Field::Name, Field::Quantity, Field::Price];

/// Gives every item of every order to the sink.
pub(super) fn read_json(input: impl Read, mapping: &Mapping, sink: &mut impl Sink) -> Done {
    let mut lines = Lines::new(input);
    let mut keys = Keys { mapping, known: Vec::new() };
    let mut places = Places::default();
    while let Some(line) = lines.next_line().map_err(unreadable)? {
        places.next_line();
        let flow = match line {
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => each_item(text.trim(), &mut keys, &mut places, sink),
            Err(fault) => refuse(&mut places, &fault, sink),
        };
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
fn unreadable(error: io::Error) -> Failure {
    Failure::Usage(format!("the file cannot be read: {error}"))
}

/// Where the next row stands.
#[derive(Clone, Default)]
struct Places {
    rows: u64,
    line: u64,
    item: u32,
}

impl Places {
    const fn next_line(&mut self) {
        self.line += 1;
        self.item = 0;
    }

    const fn next_item(&mut self) -> Place {
        self.rows += 1;
        self.item = self.item.saturating_add(1);
        Place { key: self.rows, line: self.line, item: Some(self.item) }
    }

    /// A line that is refused as a whole is one row.
    const fn whole_line(&mut self) -> Place {
        self.rows += 1;
        Place { key: self.rows, line: self.line, item: None }
    }
}

/// Refuses a line that is no order.
fn refuse(places: &mut Places, fault: &Fault, sink: &mut impl Sink) -> ControlFlow<()> {
    let place = places.whole_line();
    let detail = format!("line {}: {}", place.line, fault.detail);
    sink.row(&RawRow { fault: Some(Fault::new(fault.code, detail)), ..RawRow::new(place) })
}

/// Refuses an order as a whole.
fn refuse_row(
    places: &mut Places,
    fault: &Fault,
    order: &Object<'_>,
    sink: &mut impl Sink,
) -> ControlFlow<()> {
    let place = places.whole_line();
    let detail = format!("line {}: {}", place.line, fault.detail);
    sink.row(&RawRow { fault: Some(Fault::new(fault.code, detail)), ..order.row(place) })
}

fn each_item(
    text: &str,
    keys: &mut Keys<'_>,
    places: &mut Places,
    sink: &mut impl Sink,
) -> ControlFlow<()> {
    let order = match Object::of(text, &OF_ORDER, keys) {
        Ok(order) => order,
        Err(fault) => return refuse(places, &fault, sink),
    };
    if order.is_exported {
        let mut ahead = places.clone();
        return match Exported::read(text, || ahead.next_item()) {
            Ok(order) => {
                *places = ahead;
                sink.exported(order)
            }
            Err(fault) => refuse_row(places, &fault, &order, sink),
        };
    }
    let items = order.lines.map(|lines| serde_json::from_str::<Vec<&RawValue>>(lines.get()));
    let Some(Ok(items)) = items.filter(|items| items.as_ref().is_ok_and(|all| !all.is_empty()))
    else {
        let fault = Fault::new("import.no_lines", "the order has no list of lines or items");
        return refuse_row(places, &fault, &order, sink);
    };
    for item in items {
        let place = places.next_item();
        let mut row = order.row(place);
        let item = Object::of(item.get(), &OF_ITEM, keys);
        match &item {
            Ok(item) => {
                for field in OF_ITEM {
                    row.set(field, &item.texts[field.index()]);
                }
                row.fault = row.fault.or_else(|| item.fault.clone());
            }
            Err(fault) => row.fault = Some(fault.clone()),
        }
        sink.row(&row)?;
    }
    ControlFlow::Continue(())
}

/// The fields that were found in one object.
struct Object<'a> {
    texts: [Cow<'a, str>; FIELDS],
    lines: Option<&'a RawValue>,
    fault: Option<Fault>,
    /// Whether only `order export` writes such an object.
    is_exported: bool,
}

impl<'a> Object<'a> {
    fn of(text: &'a str, fields: &[Field], keys: &mut Keys<'_>) -> Result<Self, Fault> {
        let broken = |error: serde_json::Error| Fault::json("it is not a JSON object", &error);
        let Pairs(pairs) = serde_json::from_str(text).map_err(broken)?;
        let mut best: [Option<(usize, &RawValue)>; FIELDS] = [None; FIELDS];
        for (name, value) in &pairs {
            let ranks = keys.ranks(name);
            for field in fields {
                let (rank, best) = (ranks[field.index()], &mut best[field.index()]);
                if rank.is_some_and(|rank| best.is_none_or(|(other, _)| rank < other)) {
                    *best = rank.map(|rank| (rank, *value));
                }
            }
        }
        let has = |key: &str| pairs.iter().any(|(name, _)| name == key);
        let mut found = Self {
            texts: [const { Cow::Borrowed("") }; FIELDS],
            lines: None,
            fault: None,
            is_exported: EXPORTED.iter().all(|key| has(key)),
        };
        for field in fields {
            let Some((_, value)) = best[field.index()] else {
                continue;
            };
            if *field == Field::Lines {
                found.lines = Some(value);
            } else if let Some(text) = scalar(value) {
                found.texts[field.index()] = text;
            } else {
                let detail = format!("the {} is neither a text nor a number", field.name());
                found.fault = Some(Fault::new("import.json", detail));
            }
        }
        Ok(found)
    }

    fn row(&self, place: Place) -> RawRow<'_> {
        let mut row = RawRow::new(place);
        for field in OF_ORDER {
            row.set(field, &self.texts[field.index()]);
        }
        row.fault.clone_from(&self.fault);
        row
    }
}

/// How well each key that was seen fits each field.
struct Keys<'a> {
    mapping: &'a Mapping,
    known: Vec<(Box<str>, Ranks)>,
}

type Ranks = [Option<usize>; FIELDS];

impl Keys<'_> {
    fn ranks(&mut self, name: &str) -> Ranks {
        if let Some((_, ranks)) = self.known.iter().find(|(known, _)| **known == *name) {
            return *ranks;
        }
        let mut ranks = [None; FIELDS];
        for field in Field::all() {
            // Beside the columns of CSV, an object's own `id` is that of the order or line it is.
            let is_own = matches!(field, Field::Id | Field::Number | Field::LineId) && name == "id";
            let is_open = is_own && self.mapping.override_of(field).is_none();
            let last = is_open.then_some(usize::MAX);
            ranks[field.index()] = self.mapping.rank(field, name).or(last);
        }
        if self.known.len() < KEYS_MAX {
            self.known.push((name.into(), ranks));
        }
        ranks
    }
}

/// The text of a JSON text or number, of nothing if it is null.
fn scalar(value: &RawValue) -> Option<Cow<'_, str>> {
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' if !text.contains('\\') => text.get(1..text.len() - 1).map(Cow::Borrowed),
        b'"' => serde_json::from_str(text).ok().map(Cow::Owned),
        b'n' => Some(Cow::Borrowed("")),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

/// The members of an object, as they were written.
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry()? {
                    pairs.push((name, value));
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The lines of a file, none of which may be too long.
struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    is_first: bool,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        let reader = BufReader::with_capacity(BUFFER_BYTES, input);
        Self { reader, line: Vec::new(), is_first: true }
    }

    fn next_line(&mut self) -> io::Result<Option<Result<&str, Fault>>> {
        self.line.clear();
        let limit = RECORD_MAX as u64 + 1;
        if self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        if self.line.len() > RECORD_MAX && self.line.last() != Some(&b'\n') {
            self.skip_line()?;
            let fault = Fault::new("import.too_long", "the line is longer than 16 MiB");
            return Ok(Some(Err(fault)));
        }
        let is_first = std::mem::take(&mut self.is_first);
        Ok(Some(match str::from_utf8(&self.line) {
            Ok(text) if is_first => Ok(text.trim_start_matches('\u{feff}')),
            Ok(text) => Ok(text),
            Err(_) => Err(Fault::new("import.encoding", "the line is not written in UTF-8")),
        }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let count = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(count);
            if end.is_some() || count == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::{RECORD_MAX, read_json};
    use crate::commands::import::{
        exported::Exported,
        field::{Field, Mapping},
        row::{RawRow, Sink},
    };

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Sink for Seen {
        fn row(&mut self, row: &RawRow<'_>) -> ControlFlow<()> {
            let shown = [Field::Number, Field::Customer, Field::LineId, Field::Product]
                .into_iter()
                .chain([Field::Quantity, Field::Price]);
            let shown: Vec<_> = shown.map(|field| row.get(field)).collect();
            let code = row.fault.as_ref().map_or("", |fault| fault.code);
            let (key, line, item) = (row.place.key, row.place.line, row.place.item);
            self.0.push(format!("{key} {line}.{} {} {code}", item.unwrap_or(0), shown.join("|")));
            ControlFlow::Continue(())
        }

        fn exported(&mut self, _: Exported) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }

    fn read(text: &[u8]) -> Vec<String> {
        let mut seen = Seen::default();
        read_json(text, &Mapping::default(), &mut seen).unwrap();
        seen.0
    }

    #[test]
    fn every_item_is_a_row_with_the_fields_of_its_order() {
        let text = concat!(
            "\u{feff}{\"invoice_no\":\"7\",\"customer_id\":17850,\"lines\":[",
            "{\"sku\":\"A\",\"qty\":2,\"unit_price\":\"2.50\"},{\"sku\":\"B\",\"qty\":1,\"unit_price\":3.0}]}\n",
            "\r\n",
            "{\"id\":\"x\",\"number\":\"8\",\"customerId\":null,",
            "\"items\":[{\"id\":\"1\",\"productId\":\"C\\u00e9\",\"quantity\":1,\"unitPrice\":\"1\"}]}",
        );
        let expected =
            ["1 1.1 7|17850||A|2|2.50 ", "2 1.2 7|17850||B|1|3.0 ", "3 3.1 8||1|Cé|1|1 "];
        assert_eq!(read(text.as_bytes()), expected);
    }

    #[test]
    fn lines_that_cannot_be_read_are_one_refused_row_each() {
        let text = b"[]\n{\"no\n{\"number\":\"7\"}\n{\"number\":\"8\",\"items\":[]}\n\xff\n{\"number\":\"9\",\"items\":[1]}\n";
        let expected = [
            "1 1.0 ||||| import.json",
            "2 2.0 ||||| import.json",
            "3 3.0 7||||| import.no_lines",
            "4 4.0 8||||| import.no_lines",
            "5 5.0 ||||| import.encoding",
            "6 6.1 9||||| import.json",
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn a_field_that_is_neither_text_nor_number_is_refused() {
        let text = br#"{"number":"7","items":[{"sku":"A","qty":{},"price":"1"},{"sku":"B","qty":1,"price":"1"}]}"#;
        assert_eq!(read(text), ["1 1.1 7|||A||1 import.json", "2 1.2 7|||B|1|1 "]);
    }

    #[test]
    fn a_line_that_never_ends_is_refused_and_the_next_is_read() {
        let mut text = vec![b'x'; 2 * RECORD_MAX];
        text.extend_from_slice(b"\n{\"number\":\"7\",\"items\":[{\"sku\":\"A\"}]}");
        assert_eq!(read(&text), ["1 1.0 ||||| import.too_long", "2 2.1 7|||A|| "]);
    }
}
