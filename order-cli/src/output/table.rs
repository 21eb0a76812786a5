//! Tables for people.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width,
    presets,
};

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

    /// Makes columns at least as wide as those of the sheet that was printed before.
    pub(crate) fn widen(&mut self, widths: &[u16]) {
        for (column, width) in self.table.column_iter_mut().zip(widths) {
            let width = width.saturating_add(column.padding_width());
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }

    /// How wide the texts of each column are.
    pub(crate) fn widths(&self) -> Vec<u16> {
        self.table.column_max_content_widths()
    }

    /// Prints the rows alone, as data.
    pub(crate) fn print_rows(&self, output: Output) -> Done {
        let text = self.text();
        output.data(text.split_once('\n').map_or("", |(_, rows)| rows))
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
        "completed" | "delivered" | "paid" | "received" | "captured" => Color::DarkGreen,
        "shipped" | "partially_shipped" | "partially_delivered" | "processing" => Color::DarkCyan,
        "confirmed" | "authorized" | "partially_paid" => Color::DarkBlue,
        "pending" | "draft" | "unpaid" | "requested" | "overpaid" | "warning" => Color::DarkYellow,
        "cancelled" | "returned" | "failed" | "voided" | "error" | "rejected" => Color::DarkRed,
        "refunded" | "partially_refunded" | "partially_returned" => Color::DarkMagenta,
        _ => return None,
    })
}

/// A word in the colour of the status it names, where colours are wanted.
pub(crate) fn paint(output: Output, word: &str) -> String {
    let code = colour_of(word).filter(|_| output.is_coloured()).map(|colour| match colour {
        Color::DarkGreen => 32,
        Color::DarkCyan => 36,
        Color::DarkBlue => 34,
        Color::DarkYellow => 33,
        Color::DarkRed => 31,
        _ => 35,
    });
    match code {
        Some(code) => format!("\x1b[{code}m{}\x1b[0m", clean(word)),
        None => clean(word),
    }
}

#[cfg(test)]
mod tests {
    use super::{Sheet, Side, colour_of};
    use crate::output::{Format, Output};

    #[test]
    fn a_later_page_keeps_the_columns_of_the_one_before() {
        let output = Output::new(Format::Table, false);
        let columns = [("number", Side::Left), ("total", Side::Right)];
        let mut first = Sheet::new(output, &columns);
        first.row(["a-long-number", "1000.00"]);
        let mut second = Sheet::new(output, &columns);
        second.widen(&first.widths());
        second.row(["b", "1.00"]);
        let end = |sheet: &Sheet| sheet.text().lines().last().unwrap_or_default().len();
        assert_eq!(end(&first), end(&second), "{}", second.text());
    }

    #[test]
    fn what_a_cell_says_stays_in_its_line() {
        let mut sheet = Sheet::new(Output::new(Format::Table, false), &[("note", Side::Left)]);
        sheet.row(["two\nlines \u{1b}[31m"]);
        assert_eq!(sheet.text(), "NOTE\ntwo lines \u{fffd}[31m");
    }

    #[test]
    fn every_status_has_a_colour() {
        for status in order_core::Status::ALL {
            assert!(colour_of(status.as_str()).is_some(), "{status}");
        }
        for status in order_core::PaymentStatus::ALL {
            assert!(colour_of(status.as_str()).is_some(), "{status}");
        }
    }
}
