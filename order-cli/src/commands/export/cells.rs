//! Orders as rows of cells that no spreadsheet takes for formulas.

use std::borrow::Cow;

use crate::{
    answer::{Item, Order},
    error::{Done, Failure},
};

/// The columns; those that `order import` needs have names that it knows.
const COLUMNS: [&str; 23] = [
    "number",
    "orderId",
    "placedAt",
    "customerId",
    "country",
    "status",
    "paymentStatus",
    "fulfillmentStatus",
    "returnStatus",
    "currency",
    "lineId",
    "productId",
    "name",
    "quantity",
    "cancelled",
    "shipped",
    "delivered",
    "returned",
    "unitPrice",
    "lineTotal",
    "orderTotal",
    "createdAt",
    "tags",
];

/// Writes orders as CSV (RFC 4180).
#[derive(Debug, Default)]
pub(super) struct Cells {
    buffer: Vec<u8>,
}

impl Cells {
    /// The names of the columns.
    pub(super) fn header(&mut self) -> Done<String> {
        self.written(|writer| writer.write_record(COLUMNS))
    }

    /// Every line of some orders, each given as JSON.
    pub(super) fn rows<'a>(&mut self, orders: impl Iterator<Item = &'a str>) -> Done<String> {
        let mut read = Vec::new();
        for order in orders {
            let order: Order = serde_json::from_str(order)
                .map_err(|error| Failure::Unavailable(error.to_string()))?;
            read.push(order);
        }
        self.written(|writer| {
            for order in &read {
                for item in &order.items {
                    writer.write_record(row(order, item).iter().map(AsRef::as_ref))?;
                }
            }
            Ok(())
        })
    }

    /// What is written, without the last line end.
    fn written(
        &mut self,
        write: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> csv::Result<()>,
    ) -> Done<String> {
        let failed = |error: csv::Error| Failure::Unavailable(error.to_string());
        self.buffer.clear();
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut self.buffer);
        write(&mut writer).map_err(failed)?;
        writer.flush().map_err(|error| Failure::Unavailable(error.to_string()))?;
        drop(writer);
        let text = String::from_utf8_lossy(&self.buffer);
        // Whoever prints it ends the line with a line feed.
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }
}

fn row<'a>(order: &'a Order, item: &'a Item) -> [Cow<'a, str>; COLUMNS.len()] {
    let text = |text: &'a str| harmless(text);
    let some = |text: &'a Option<String>| harmless(text.as_deref().unwrap_or_default());
    let count = |count: u32| Cow::Owned(count.to_string());
    [
        text(&order.number),
        text(&order.id),
        some(&order.placed_at),
        some(&order.customer_id),
        some(&order.country),
        text(&order.status),
        text(&order.payment_status),
        text(&order.fulfillment_status),
        text(&order.return_status),
        text(&order.currency),
        text(&item.id),
        text(&item.product_id),
        text(&item.name),
        count(item.quantity),
        count(item.cancelled),
        count(item.shipped),
        count(item.delivered),
        count(item.returned),
        Cow::Borrowed(&item.unit_price),
        Cow::Borrowed(&item.total),
        Cow::Borrowed(&order.total),
        text(&order.created_at),
        Cow::Owned(harmless(&order.tags.join(" ")).into_owned()),
    ]
}

/// A text that no spreadsheet takes for a formula (OWASP, CSV injection).
fn harmless(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if is_formula { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, Cells, harmless};

    #[test]
    fn texts_that_look_like_formulas_get_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\u{ff1d}1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["mug", "1-2", "'=1", ""] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn every_line_is_a_row_and_only_cells_that_need_it_are_quoted() {
        let order = r#"{"id":"o","number":"-7","currency":"GBP","total":"-5.00","items":[
            {"id":"1","productId":"A","name":"=cmd|' /C calc'!A0","quantity":2,"unitPrice":"-2.50","total":"-5.00"},
            {"id":"2","productId":"B","name":"a \"big\", red\nmug","quantity":1,"unitPrice":"0.00","total":"0.00"}]}"#;
        let mut cells = Cells::default();
        let text = cells.rows([order].into_iter()).unwrap();
        let expected = "'-7,o,,,,,,,,GBP,1,A,'=cmd|' /C calc'!A0,2,0,0,0,0,-2.50,-5.00,-5.00,,\r\n\
                        '-7,o,,,,,,,,GBP,2,B,\"a \"\"big\"\", red\nmug\",1,0,0,0,0,0.00,0.00,-5.00,,\r";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_header_names_every_cell() {
        let header = Cells::default().header().unwrap();
        assert_eq!(header.trim_end().split(',').count(), COLUMNS.len());
    }
}
