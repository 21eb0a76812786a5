//! Tables for people.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};

use super::{Output, clean};
use crate::error::Done;

/// Where the text of a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers and amounts.
    Right,
}

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Sheet {
    table: Table,
    sides: Vec<Side>,
    coloured: bool,
}

impl Sheet {
    /// A table with these columns.
    pub(crate) fn new(output: Output, columns: &[(&str, Side)]) -> Self {
        let coloured = output.is_coloured();
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.force_no_tty();
        if coloured {
            table.enforce_styling();
        }
        let sides: Vec<_> = columns.iter().map(|(_, side)| *side).collect();
        let mut sheet = Self { table, sides, coloured };
        let titles = columns.iter().map(|(title, _)| title.to_uppercase());
        let heads: Vec<_> = titles.enumerate().map(|(at, title)| sheet.head(at, title)).collect();
        sheet.table.set_header(heads);
        for column in sheet.table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        sheet
    }

    fn head(&self, at: usize, title: String) -> Cell {
        let cell = self.cell(at, title);
        if self.coloured { cell.add_attribute(Attribute::Bold) } else { cell }
    }

    fn cell(&self, at: usize, text: String) -> Cell {
        let cell = Cell::new_owned(text);
        match self.sides.get(at) {
            Some(Side::Right) => cell.set_alignment(CellAlignment::Right),
            _ => cell,
        }
    }

    /// Adds a row.
    pub(crate) fn row<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        let texts = texts.into_iter().map(|text| clean(text.as_ref()).replace('\n', " "));
        let cells: Vec<_> = texts
            .enumerate()
            .map(|(at, text)| match (self.coloured, colour_of(&text)) {
                (true, Some(colour)) => self.cell(at, text).fg(colour),
                _ => self.cell(at, text),
            })
            .collect();
        self.table.add_row(cells);
    }

    /// Whether no row was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The table as text, without blanks at the ends of lines.
    pub(crate) fn text(&self) -> String {
        self.table.trim_fmt()
    }

    /// Prints the table as data.
    pub(crate) fn print(&self, output: Output) -> Done {
        output.data(self.text())
    }
}

/// The colour of a word that names a status.
pub(crate) fn colour_of(word: &str) -> Option<Color> {
    Some(match word {
        "completed" | "delivered" | "paid" | "received" | "captured" => Color::Green,
        "shipped" | "partially_shipped" | "partially_delivered" | "processing" => Color::Cyan,
        "confirmed" | "authorized" | "partially_paid" => Color::Blue,
        "pending" | "draft" | "unpaid" | "requested" | "overpaid" | "warning" => Color::Yellow,
        "cancelled" | "returned" | "failed" | "voided" | "error" | "rejected" => Color::Red,
        "refunded" | "partially_refunded" | "partially_returned" => Color::Magenta,
        _ => return None,
    })
}

/// A word in the colour of the status it names, where colours are wanted.
pub(crate) fn paint(output: Output, word: &str) -> String {
    let code = colour_of(word).filter(|_| output.is_coloured()).map(|colour| match colour {
        Color::Green => 32,
        Color::Cyan => 36,
        Color::Blue => 34,
        Color::Yellow => 33,
        Color::Red => 31,
        _ => 35,
    });
    match code {
        Some(code) => format!("\x1b[{code}m{}\x1b[0m", clean(word)),
        None => clean(word),
    }
}
