//! Rows of a CSV file (RFC 4180).

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use order_core::Currency;

use super::{
    field::{FIELDS, Field, Mapping},
    row::{Fault, Place, RawRow, Sink},
};
use crate::error::{Done, Failure};

/// The longest record, in bytes: far above any order line, far below the memory of a machine.
pub(super) const RECORD_MAX: usize = 16 << 20;
/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 256 << 10;
/// The fields without which a row is no order line.
const NEEDED: [Field; 5] =
    [Field::Number, Field::At, Field::Product, Field::Quantity, Field::Price];
/// The header of the Online Retail data set, whose prices are in pounds.
const ONLINE_RETAIL: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// Where in a record each field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    at: [Option<usize>; FIELDS],
    count: usize,
    /// The currency that is known from the header alone.
    pub(super) currency: Option<Currency>,
}

impl Columns {
    fn of(header: &[&str], mapping: &Mapping) -> Done<Self> {
        let mut at = [None; FIELDS];
        for field in Field::all().filter(|field| *field != Field::Lines) {
            let ranked = header
                .iter()
                .enumerate()
                .filter_map(|(column, name)| mapping.rank(field, name).map(|rank| (rank, column)));
            at[field.index()] = ranked.min().map(|(_, column)| column);
            let wanted = mapping.override_of(field).filter(|name| !name.is_empty());
            if let (None, Some(name)) = (at[field.index()], wanted) {
                return Err(missing(field, &format!("is no column {name}"), header));
            }
        }
        if let Some(field) = NEEDED.into_iter().find(|field| at[field.index()].is_none()) {
            return Err(missing(field, "is no such column", header));
        }
        let currency = (header == ONLINE_RETAIL).then_some(Currency::GBP);
        Ok(Self { at, count: header.len(), currency })
    }

    /// Whether rows say what currency they are in.
    pub(super) const fn has_currency(&self) -> bool {
        self.at[Field::Currency.index()].is_some()
    }
}

fn missing(field: Field, what: &str, header: &[&str]) -> Failure {
    let name = field.name();
    let there: Vec<_> = header.iter().map(|column| format!("{column:?}")).collect();
    let there = there.join(", ");
    Failure::Usage(format!(
        "the {name} of a row cannot be found: there {what}; name it with --map {name}=COLUMN. \
         The columns are {there}"
    ))
}

/// A CSV file whose header has been read.
pub(super) struct CsvRows<R> {
    reader: csv::Reader<Watched<R>>,
    /// None if the file is empty.
    pub(super) columns: Option<Columns>,
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    pub(super) fn open(input: R, mapping: &Mapping) -> Done<Self> {
        let mut builder = csv::ReaderBuilder::new();
        builder.has_headers(false).flexible(true).buffer_capacity(BUFFER_BYTES);
        let mut reader = builder.from_reader(Watched::new(input));
        let mut header = csv::ByteRecord::new();
        if !reader.read_byte_record(&mut header).map_err(unreadable)? {
            return Ok(Self { reader, columns: None });
        }
        let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
        let mut names: Vec<_> = names.iter().map(|name| name.trim()).collect();
        if let Some(first) = names.first_mut() {
            *first = first.trim_start_matches('\u{feff}');
        }
        let columns = Columns::of(&names, mapping)?;
        Ok(Self { reader, columns: Some(columns) })
    }

    /// Gives every row to the sink.
    pub(super) fn read(mut self, sink: &mut impl Sink) -> Done {
        let Some(columns) = self.columns else {
            return Ok(());
        };
        let mut record = csv::ByteRecord::new();
        loop {
            self.reader.get_mut().unfinished = 0;
            if !self.reader.read_byte_record(&mut record).map_err(unreadable)? {
                return Ok(());
            }
            let start = record.position().map_or(0, csv::Position::byte);
            let line = self.reader.get_mut().line_at(start);
            let place = Place { key: line, line, item: None };
            if sink.row(&row_of(&record, place, &columns)).is_break() {
                return Ok(());
            }
        }
    }
}

fn row_of<'a>(record: &'a csv::ByteRecord, place: Place, columns: &Columns) -> RawRow<'a> {
    let mut row = RawRow::new(place);
    let text = str::from_utf8(record.as_slice());
    for field in Field::all() {
        let cell = columns.at[field.index()].and_then(|column| match text {
            Ok(text) => record.range(column).and_then(|range| text.get(range)),
            Err(_) => record.get(column).and_then(|cell| str::from_utf8(cell).ok()),
        });
        row.set(field, cell.unwrap_or_default());
    }
    if text.is_err() {
        row.fault = Some(Fault::new("import.encoding", "the row is not written in UTF-8"));
    } else if record.len() != columns.count {
        let (has, wants) = (record.len(), columns.count);
        let detail = format!("the row has {has} cells where the header has {wants}");
        row.fault = Some(Fault::new("import.columns", detail));
    }
    row
}

#[expect(clippy::needless_pass_by_value, reason = "passed to map_err")]
fn unreadable(error: csv::Error) -> Failure {
    Failure::Usage(format!("the file cannot be read: {error}"))
}

/// Watches the bytes go by: where lines begin, and whether a record never ends.
struct Watched<R> {
    inner: R,
    /// Bytes that were read since the last record ended.
    unfinished: usize,
    offset: u64,
    line: u64,
    last: u8,
    /// Offset and number of each line that is not blank, from the present record on. The reader's
    /// own count stands at the end of the last record, before blank lines and half of a CRLF.
    starts: VecDeque<(u64, u64)>,
}

impl<R> Watched<R> {
    const fn new(inner: R) -> Self {
        let starts = VecDeque::new();
        Self { inner, unfinished: 0, offset: 0, line: 1, last: b'\n', starts }
    }

    fn watch(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.last, byte) {
                (b'\r', b'\n') => {}
                (_, b'\r' | b'\n') => self.line += 1,
                (b'\r' | b'\n', _) => self.starts.push_back((self.offset, self.line)),
                _ => {}
            }
            self.last = *byte;
            self.offset += 1;
        }
    }

    /// The line on which the first record after an offset begins.
    fn line_at(&mut self, offset: u64) -> u64 {
        while self.starts.front().is_some_and(|(start, _)| *start < offset) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.unfinished > RECORD_MAX {
            let reason = "a row is longer than 16 MiB; a quotation mark may never be closed";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let count = self.inner.read(buffer)?;
        self.unfinished += count;
        self.watch(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use order_core::Currency;

    use super::{CsvRows, RECORD_MAX};
    use crate::commands::import::{
        exported::Exported,
        field::{Field, Mapping},
        row::{RawRow, Sink},
    };

    /// The line, the name and the code of a fault.
    type Told = (u64, String, Option<&'static str>);

    #[derive(Default)]
    struct Seen(Vec<Told>);

    impl Sink for Seen {
        fn row(&mut self, row: &RawRow<'_>) -> ControlFlow<()> {
            let code = row.fault.as_ref().map(|fault| fault.code);
            self.0.push((row.place.key, row.get(Field::Name).to_owned(), code));
            ControlFlow::Continue(())
        }

        fn exported(&mut self, _: Exported) -> ControlFlow<()> {
            ControlFlow::Break(())
        }
    }

    const HEADER: &str = "order_no,date,sku,name,qty,price";

    fn read(text: &[u8]) -> Result<Vec<Told>, String> {
        let mut seen = Seen::default();
        let rows = CsvRows::open(text, &Mapping::default()).map_err(|error| error.to_string())?;
        rows.read(&mut seen).map_err(|error| error.to_string())?;
        Ok(seen.0)
    }

    fn rows(text: &str) -> Vec<Told> {
        read(format!("{HEADER}{text}").as_bytes()).unwrap()
    }

    fn row(line: u64, name: &str) -> Told {
        (line, name.to_owned(), None)
    }

    #[test]
    fn lines_are_counted_from_the_header_with_every_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("{end}1,d,s,mug,1,2{end}2,d,s,cup,1,2{end}");
            assert_eq!(rows(&text), [row(2, "mug"), row(3, "cup")], "{end:?}");
        }
    }

    #[test]
    fn a_quoted_cell_may_hold_commas_quotes_and_line_ends() {
        for end in ["\n", "\r\n"] {
            let text =
                ["", "1,d,s,\"a \"\"big\"\", red", "mug\",1,2", "", "2,d,s, cup ,1,2"].join(end);
            let name = format!("a \"big\", red{end}mug");
            assert_eq!(rows(&text), [row(2, &name), row(5, "cup")], "{end:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_header_is_no_part_of_a_name() {
        let text = format!("\u{feff}{HEADER}\n1,d,s,mug,1,2\n");
        assert_eq!(read(text.as_bytes()).unwrap(), [row(2, "mug")]);
    }

    #[test]
    fn rows_that_are_no_text_or_have_other_columns_are_marked_and_the_rest_is_read() {
        let mut bytes = format!("{HEADER}\n1,d,s,caf").into_bytes();
        bytes.extend_from_slice(b"\xe9,1,2\n1,d,s\n1,d,s,mug,1,2,9\n1,d,s,cup,1,2\n");
        let codes: Vec<_> = read(&bytes).unwrap().into_iter().map(|row| (row.0, row.2)).collect();
        let columns = Some("import.columns");
        assert_eq!(codes, [(2, Some("import.encoding")), (3, columns), (4, columns), (5, None)]);
    }

    #[test]
    fn an_empty_file_has_no_rows_and_a_header_alone_has_none_either() {
        assert_eq!(read(b"").unwrap(), []);
        assert_eq!(rows("\n"), []);
    }

    #[test]
    fn a_needed_column_that_is_missing_is_named_with_those_there_are() {
        let error = read(b"order_no,date,sku,qty\n").unwrap_err();
        assert!(error.contains("--map price=COLUMN") && error.contains("\"sku\""), "{error}");
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_does_not_fill_the_memory() {
        let mut text = format!("{HEADER}\n1,d,s,\"").into_bytes();
        text.resize(2 * RECORD_MAX, b'x');
        assert!(read(&text).unwrap_err().contains("16 MiB"));
    }

    #[test]
    fn the_header_of_online_retail_means_pounds() {
        let open = |header: &str| {
            let rows = CsvRows::open(header.as_bytes(), &Mapping::default()).unwrap();
            rows.columns.unwrap().currency
        };
        let header =
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
        assert_eq!(open(header), Some(Currency::GBP));
        assert_eq!(open(HEADER), None);
    }
}
