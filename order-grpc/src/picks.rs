//! The lines that an action is about.

use order_core::{LineQuantity, Orders, Principal, ProductId, ports::OrderView};
use tonic::Status;

use crate::{
    proto::{self, pick::Line},
    reading::Reading,
    status::status,
};

/// How a line is named.
enum Named {
    Line(LineQuantity),
    Product(ProductId, u32),
}

/// The lines that are meant; none for all of them. A look at the order is taken if some are named by
/// their product.
pub(crate) async fn lines(
    orders: &dyn Orders,
    who: &Principal,
    order: &str,
    picks: &[proto::Pick],
) -> Result<Option<Vec<LineQuantity>>, Status> {
    if picks.is_empty() {
        return Ok(None);
    }
    let mut reading = Reading::default();
    let named: Vec<_> =
        picks.iter().enumerate().filter_map(|(at, pick)| read(&mut reading, at, pick)).collect();
    let named = reading.finish(Some(named))?;
    let by_product = named.iter().any(|named| matches!(named, Named::Product(..)));
    let view = if by_product {
        Some(orders.order(who, order, None).await.map_err(|error| status(&error))?)
    } else {
        None
    };
    let mut reading = Reading::default();
    let lines = named.into_iter().enumerate();
    let lines = lines.filter_map(|(at, named)| resolve(&mut reading, at, named, view.as_ref()));
    let lines: Vec<_> = lines.collect();
    reading.finish(Some(lines)).map(Some)
}

fn read(reading: &mut Reading, at: usize, pick: &proto::Pick) -> Option<Named> {
    let place = |name: &str| format!("items[{at}].{name}");
    let quantity = reading.units(place("quantity"), pick.quantity);
    match &pick.line {
        Some(Line::LineId(id)) => {
            let line_id = reading.id(&place("line_id"), id);
            Some(Named::Line(LineQuantity { line_id: line_id?, quantity: quantity? }))
        }
        Some(Line::ProductId(id)) => {
            let product_id = reading.id(&place("product_id"), id);
            Some(Named::Product(product_id?, quantity?))
        }
        None => {
            reading.fault(place("line_id"), "request.missing", "this is needed");
            None
        }
    }
}

fn resolve(
    reading: &mut Reading,
    at: usize,
    named: Named,
    view: Option<&OrderView>,
) -> Option<LineQuantity> {
    let (product_id, quantity) = match named {
        Named::Line(line) => return Some(line),
        Named::Product(product_id, quantity) => (product_id, quantity),
    };
    let lines = view.map_or(&[][..], |view| view.order.lines());
    let mut same = lines.iter().filter(|line| line.product_id == product_id);
    let (code, detail) = match (same.next(), same.next()) {
        (Some(line), None) => return Some(LineQuantity { line_id: line.id.clone(), quantity }),
        (None, _) => ("order.part_not_found", format!("the order has no line of {product_id}")),
        (Some(_), Some(_)) => {
            let detail = format!("the order has several lines of {product_id}: give the line_id");
            ("request.ambiguous", detail)
        }
    };
    reading.fault(format!("items[{at}].product_id"), code, detail);
    None
}
