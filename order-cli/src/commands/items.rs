//! Units of lines, as they are typed: `LINE=QTY`.

use std::str::FromStr;

use order_http::request::PickRequest;

/// Units of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineUnits {
    line_id: String,
    quantity: u32,
}

impl FromStr for LineUnits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (line, quantity) = text.rsplit_once('=').unwrap_or((text, ""));
        match quantity.parse() {
            Ok(quantity) if !line.is_empty() => Ok(Self { line_id: line.to_owned(), quantity }),
            _ => Err("write LINE=QTY, such as 1=2; `order show` names the lines".to_owned()),
        }
    }
}

/// The units that were named, or nothing to say that all are meant.
pub(super) fn named(items: &[LineUnits]) -> Option<Vec<PickRequest>> {
    let pick = |item: &LineUnits| PickRequest {
        line_id: Some(item.line_id.clone()),
        product_id: None,
        quantity: item.quantity,
    };
    (!items.is_empty()).then(|| items.iter().map(pick).collect())
}

#[cfg(test)]
mod tests {
    use super::LineUnits;

    #[test]
    fn units_are_typed_as_line_and_quantity() {
        let units: LineUnits = "a=b=2".parse().unwrap();
        assert_eq!(units, LineUnits { line_id: "a=b".to_owned(), quantity: 2 });
    }

    #[test]
    fn units_without_a_line_or_a_whole_quantity_are_refused() {
        for text in ["", "1", "1=", "=2", "1=x", "1=-1", "1=1.5"] {
            assert!(text.parse::<LineUnits>().is_err(), "{text}");
        }
    }
}
