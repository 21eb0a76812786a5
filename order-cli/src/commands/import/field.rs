//! The fields of a row: which column holds them, and how their texts are read.

use std::str::FromStr;

use order_core::{Timestamp, TimestampError};

/// One field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Number,
    At,
    Customer,
    Country,
    Currency,
    Status,
    LineId,
    Product,
    Name,
    Quantity,
    Price,
    Lines,
}

/// How many kinds of fields there are.
pub(super) const FIELDS: usize = 13;

/// A field, what `--map` calls it, and the column names it is known by, best first: in lower case,
/// letters and digits only.
struct Known(Field, &'static str, &'static [&'static str]);

const KNOWN: [Known; FIELDS] = [
    Known(Field::Id, "id", &["orderid"]),
    Known(
        Field::Number,
        "number",
        &[
            "invoiceno",
            "invoicenumber",
            "invoice",
            "ordernumber",
            "orderno",
            "number",
            "orderid",
            "order",
        ],
    ),
    Known(
        Field::At,
        "at",
        &[
            "invoicedate",
            "invoicedat",
            "orderdate",
            "orderedat",
            "placedat",
            "purchasedate",
            "purchasedat",
            "createdat",
            "date",
            "timestamp",
            "time",
        ],
    ),
    Known(
        Field::Customer,
        "customer",
        &["customerid", "customer", "customerno", "userid", "clientid", "buyerid"],
    ),
    Known(Field::Country, "country", &["country", "shippingcountry", "shipcountry"]),
    Known(Field::Currency, "currency", &["currency", "currencycode"]),
    Known(Field::Status, "status", &["status", "orderstatus"]),
    Known(Field::LineId, "line", &["lineid"]),
    Known(
        Field::Product,
        "product",
        &["stockcode", "sku", "productid", "productcode", "itemid", "articleid", "product"],
    ),
    Known(Field::Name, "name", &["description", "name", "productname", "itemname", "title"]),
    Known(Field::Quantity, "quantity", &["quantity", "qty", "units", "count"]),
    Known(Field::Price, "price", &["unitprice", "price", "itemprice"]),
    Known(Field::Lines, "lines", &["lines", "items", "lineitems", "products"]),
];

impl Field {
    /// Where the field stands in a row.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// What `--map` calls it.
    pub(super) const fn name(self) -> &'static str {
        KNOWN[self.index()].1
    }

    /// All fields, in the order of [`Field::index`].
    pub(super) fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|known| known.0)
    }

    /// How well a column name fits this field: 0 is best; none if it does not.
    fn rank(self, column: &str) -> Option<usize> {
        let folded = column.bytes().filter(u8::is_ascii_alphanumeric);
        let folded: Vec<u8> = folded.map(|byte| byte.to_ascii_lowercase()).collect();
        KNOWN[self.index()].2.iter().position(|name| name.as_bytes() == folded)
    }
}

/// What a user said about one field: `price=Unit cost`, or `status=` for no column at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Override {
    field: Field,
    column: String,
}

impl FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, column) = text.split_once('=').ok_or("write it as field=column")?;
        let Some(field) = Field::all().find(|field| field.name() == name) else {
            let names: Vec<_> = Field::all().map(Field::name).collect();
            return Err(format!("there is no field {name}; there are {}", names.join(", ")));
        };
        Ok(Self { field, column: column.to_owned() })
    }
}

/// Which column holds which field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping(Vec<Override>);

impl Mapping {
    /// The default mapping with these exceptions; of several for one field the last one counts.
    pub(crate) const fn new(overrides: Vec<Override>) -> Self {
        Self(overrides)
    }

    /// How well a column fits a field: 0 is best; none if it does not.
    pub(super) fn rank(&self, field: Field, column: &str) -> Option<usize> {
        match self.override_of(field) {
            Some(wanted) => (!wanted.is_empty() && wanted == column).then_some(0),
            None => field.rank(column),
        }
    }

    /// The column that the user named for a field; empty for no column.
    pub(super) fn override_of(&self, field: Field) -> Option<&str> {
        let same = self.0.iter().rev().find(|other| other.field == field);
        same.map(|other| other.column.as_str())
    }
}

/// A number that went through a spreadsheet as a float loses its `.0`: `17850.0` is `17850`.
pub(super) fn without_float_zero(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(whole) if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) => whole,
        _ => text,
    }
}

/// Reads a whole number; `6.0` counts as one.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let (whole, zeros) = text.split_once('.')?;
    let is_whole = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
    if is_whole { whole.parse().ok() } else { None }
}

/// Reads a time: RFC 3339, or a date with or without a time of day, which is then taken as UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, TimestampError> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let bytes = text.as_bytes();
    let mut full = *b"0000-00-00T00:00:00";
    let known = bytes.len().min(full.len());
    // A date, minutes or seconds; a fraction and an offset may follow the seconds.
    if !matches!(known, 10 | 16 | 19) || (known > 10 && !matches!(bytes[10], b' ' | b'T' | b't')) {
        return Err(TimestampError);
    }
    full[..known].copy_from_slice(&bytes[..known]);
    full[10] = b'T';
    let full = str::from_utf8(&full).map_err(|_| TimestampError)?;
    let rest = text.get(known..).ok_or(TimestampError)?;
    let has_offset = rest.ends_with(['Z', 'z']) || rest.contains(['+', '-']);
    let zone = if has_offset { "" } else { "Z" };
    format!("{full}{}{zone}", rest.trim_start()).parse()
}

#[cfg(test)]
mod tests {
    use super::{Field, KNOWN, Mapping, Override, moment, whole_number, without_float_zero};

    #[test]
    fn the_fields_stand_in_the_order_of_their_index() {
        for (index, known) in KNOWN.iter().enumerate() {
            assert_eq!(known.0.index(), index, "{}", known.1);
        }
    }

    #[test]
    fn the_columns_of_known_files_are_recognised_however_they_are_written() {
        let mapping = Mapping::default();
        let cases = [
            (Field::Number, "InvoiceNo"),
            (Field::Number, "invoice_no"),
            (Field::Number, "Order Number"),
            (Field::At, "invoiced_at"),
            (Field::At, "InvoiceDate"),
            (Field::Customer, "CustomerID"),
            (Field::Customer, "customer_id"),
            (Field::Product, "StockCode"),
            (Field::Product, "sku"),
            (Field::Price, "Unit-Price"),
            (Field::Quantity, "qty"),
            (Field::Lines, "items"),
        ];
        for (field, column) in cases {
            assert!(mapping.rank(field, column).is_some(), "{column}");
        }
        assert_eq!(mapping.rank(Field::Price, "total"), None);
    }

    #[test]
    fn an_override_replaces_every_known_name_and_may_name_nothing() {
        let parse = |text: &str| text.parse::<Override>().unwrap();
        let mapping = Mapping::new(vec![parse("price=Netto=EUR"), parse("status=")]);
        assert_eq!(mapping.rank(Field::Price, "Netto=EUR"), Some(0));
        assert_eq!(mapping.rank(Field::Price, "price"), None);
        assert_eq!(mapping.rank(Field::Status, "status"), None);
        assert_eq!(mapping.rank(Field::Status, ""), None);
    }

    #[test]
    fn an_override_of_an_unknown_field_names_the_fields_there_are() {
        let error = "colour=red".parse::<Override>().unwrap_err();
        assert!(error.contains("quantity") && error.contains("colour"), "{error}");
        assert!("price".parse::<Override>().is_err());
    }

    #[test]
    fn only_numeric_ids_lose_the_zero_of_a_float() {
        let cases = [("17850.0", "17850"), ("A1.0", "A1.0"), (".0", ".0"), ("1.00", "1.00")];
        for (text, expected) in cases {
            assert_eq!(without_float_zero(text), expected);
        }
    }

    #[test]
    fn a_quantity_is_a_whole_number() {
        assert_eq!(whole_number("-6"), Some(-6));
        assert_eq!(whole_number("6.0"), Some(6));
        for text in ["", "6.5", "6.", "six", "1e3", "99999999999999999999"] {
            assert_eq!(whole_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_without_a_zone_is_utc() {
        let cases = [
            ("2010-12-01 08:26:00", "2010-12-01T08:26:00Z"),
            ("2010-12-01T08:26", "2010-12-01T08:26:00Z"),
            ("2010-12-01", "2010-12-01T00:00:00Z"),
            ("2010-12-01 08:26:00.5", "2010-12-01T08:26:00.500Z"),
            ("2010-12-01 08:26:00+01:00", "2010-12-01T07:26:00Z"),
            ("2010-12-01T08:26:00-01:00", "2010-12-01T09:26:00Z"),
            ("2010-12-01 08:26:00 Z", "2010-12-01T08:26:00Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text).map(|at| at.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_time_that_could_mean_two_days_is_refused() {
        for text in [
            "",
            "12/1/2010 8:26",
            "2010-13-01",
            "2010-02-30 10:00",
            "2010-12-01x08:26",
            "2010-12-01 08:26:00 CET",
            "1291191960",
            "2010-12-01 08:2",
            "ééééé-é",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
