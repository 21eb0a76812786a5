//! Decisions on what an order is about: draft, place, edit, note.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{
    ADJUSTMENTS_MAX, LINES_MAX, METADATA_KEY_MAX, METADATA_MAX, METADATA_VALUE_MAX, NOTE_MAX,
    NOTES_MAX, TAGS_MAX,
    adjustment::{Adjustment, AdjustmentValue},
    command::{Content, Edit},
    decide::{check_count, check_quantity},
    event::OrderEvent,
    line::Line,
    rejection::Rejection,
    state::Order,
    totals::Totals,
};
use crate::{Currency, Money, MoneyError, NoteId, Tag};

pub(super) fn draft(content: &Arc<Content>) -> Result<Vec<OrderEvent>, Rejection> {
    check_content(content)?;
    Ok(vec![OrderEvent::Drafted(Arc::clone(content))])
}

pub(super) fn place(content: &Arc<Content>) -> Result<Vec<OrderEvent>, Rejection> {
    if content.lines.is_empty() {
        return Err(Rejection::Empty { what: "line" });
    }
    check_content(content)?;
    Ok(vec![OrderEvent::Placed(Arc::clone(content))])
}

pub(super) fn edit(order: &Order, edit: &Edit) -> Result<Vec<OrderEvent>, Rejection> {
    let Edit { lines, adjustments, tags, metadata, country, person } = edit;
    let nothing = lines.is_none()
        && adjustments.is_none()
        && tags.is_none()
        && metadata.is_none()
        && country.is_none()
        && person.is_none();
    if nothing {
        return Err(Rejection::Empty { what: "change" });
    }
    if lines.as_ref().is_some_and(Vec::is_empty) && order.placed_at().is_some() {
        return Err(Rejection::Empty { what: "line" });
    }
    if let Some(lines) = lines {
        check_lines(order.currency(), lines)?;
    }
    if lines.is_some() || adjustments.is_some() {
        let lines = lines.as_deref().unwrap_or(order.lines());
        let adjustments = adjustments.as_deref().unwrap_or(order.adjustments());
        check_adjustments(order.currency(), lines, adjustments)?;
    }
    check_words(tags.as_deref(), metadata.as_ref())?;
    Ok(vec![OrderEvent::Edited {
        lines: lines.clone(),
        adjustments: adjustments.clone(),
        tags: tags.clone(),
        metadata: metadata.clone(),
        country: country.clone(),
        person: person.is_some(),
    }])
}

pub(super) fn note(order: &Order, id: &NoteId, text: &str) -> Result<Vec<OrderEvent>, Rejection> {
    check_count("notes", order.notes as usize + 1, NOTES_MAX)?;
    check_text("note", text, NOTE_MAX)?;
    if text.trim().is_empty() {
        return Err(Rejection::Text { what: "note", rule: "must say something" });
    }
    Ok(vec![OrderEvent::Noted { note_id: id.clone() }])
}

impl Order {
    /// What the order is about now, as it could be placed again: without what became of it.
    pub fn content(&self) -> Content {
        let fresh = |line: &Line| Line {
            tracked: line.tracked,
            ..Line::new(
                line.id.clone(),
                line.product_id.clone(),
                line.name.clone(),
                line.quantity,
                line.unit_price,
            )
        };
        Content {
            number: self.number().clone(),
            customer_id: self.customer_id().cloned(),
            currency: self.currency(),
            country: self.country().cloned(),
            lines: self.lines().iter().map(fresh).collect(),
            adjustments: self.adjustments().to_vec(),
            tags: self.tags().to_vec(),
            metadata: self.metadata().clone(),
            plan: self.plan().copied(),
            pay_with: self.pay_with().cloned(),
        }
    }
}

fn check_content(content: &Content) -> Result<(), Rejection> {
    check_lines(content.currency, &content.lines)?;
    check_adjustments(content.currency, &content.lines, &content.adjustments)?;
    check_words(Some(&content.tags), Some(&content.metadata))
}

/// Checks lines that come into an order: nothing has become of them yet.
fn check_lines(currency: Currency, lines: &[Line]) -> Result<(), Rejection> {
    check_count("lines", lines.len(), LINES_MAX)?;
    for line in lines {
        check_quantity(line.quantity)?;
        check_price("price", line.unit_price, currency)?;
        let untouched = line.cancelled == 0 && line.shipped == 0 && line.delivered == 0;
        if !untouched || line.returned != 0 || line.return_requested != 0 {
            return Err(Rejection::Text { what: "line", rule: "must have an empty ledger" });
        }
    }
    check_distinct("line", lines, |line| line.id.as_str())
}

/// Checks adjustments, and that the sums with these lines can be held.
fn check_adjustments(
    currency: Currency,
    lines: &[Line],
    adjustments: &[Adjustment],
) -> Result<(), Rejection> {
    check_count("adjustments", adjustments.len(), ADJUSTMENTS_MAX)?;
    check_distinct("adjustment", adjustments, |adjustment| adjustment.id.as_str())?;
    for adjustment in adjustments {
        if let AdjustmentValue::Amount(amount) = adjustment.value {
            check_price("adjustment", amount, currency)?;
        }
        if let Some(id) = &adjustment.line_id
            && !lines.iter().any(|line| line.id == *id)
        {
            return Err(Rejection::NoSuch { what: "line", id: id.shared() });
        }
    }
    Totals::of(currency, lines, adjustments)?;
    Ok(())
}

fn check_price(what: &'static str, amount: Money, currency: Currency) -> Result<(), Rejection> {
    if amount.currency() != currency {
        let (left, right) = (currency, amount.currency());
        return Err(MoneyError::CurrencyMismatch { left, right }.into());
    }
    if amount.is_negative() {
        return Err(Rejection::AmountOutOfRange { what, rule: "not be negative" });
    }
    Ok(())
}

/// Refuses two parts with the same name. Few parts are compared in place, many through a set.
fn check_distinct<T>(
    what: &'static str,
    parts: &[T],
    name: impl Fn(&T) -> &str,
) -> Result<(), Rejection> {
    const FEW: usize = 12;
    let twin = if parts.len() <= FEW {
        let seen_before =
            |at: usize| parts[..at].iter().any(|other| name(other) == name(&parts[at]));
        (1..parts.len()).find(|at| seen_before(*at))
    } else {
        let mut seen = HashSet::with_capacity(parts.len());
        parts.iter().position(|part| !seen.insert(name(part)))
    };
    match twin {
        Some(at) => Err(Rejection::Duplicate { what, id: name(&parts[at]).into() }),
        None => Ok(()),
    }
}

fn check_words(
    tags: Option<&[Tag]>,
    metadata: Option<&BTreeMap<String, String>>,
) -> Result<(), Rejection> {
    check_count("tags", tags.map_or(0, <[Tag]>::len), TAGS_MAX)?;
    let Some(metadata) = metadata else {
        return Ok(());
    };
    check_count("metadata entries", metadata.len(), METADATA_MAX)?;
    for (key, value) in metadata {
        check_text("metadata key", key, METADATA_KEY_MAX)?;
        check_text("metadata value", value, METADATA_VALUE_MAX)?;
        if key.is_empty() {
            return Err(Rejection::Text { what: "metadata key", rule: "must not be empty" });
        }
    }
    Ok(())
}

/// Texts of any form: bounded, and without control characters that a store could not hold.
fn check_text(what: &'static str, text: &str, max: usize) -> Result<(), Rejection> {
    if text.len() > max {
        return Err(Rejection::Text { what, rule: "is too long" });
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Rejection::Text { what, rule: "must not hold control characters" });
    }
    Ok(())
}
