//! How much may be asked at once, found out before anything of it is done.
//!
//! The library's own look at an operation goes through every fragment wherever it is spread, so a short
//! text of fragments that spread each other twice would keep it busy for ever. So the text is looked at
//! here first, each fragment once.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError,
    parser::{
        parse_query,
        types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet},
    },
};

use super::error::refused;
use crate::error::ApiError;

/// The longest text of operations, in bytes.
pub(super) const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
/// How deep brackets may be nested in it.
pub(super) const NESTING_MAX: usize = 64;
/// How deep fields may be nested. The usual introspection needs 15.
pub(super) const DEPTH_MAX: usize = 20;
/// The most fields that all operations of a text may ask for, fragments counted wherever they are spread;
/// a directive counts as a field.
pub(super) const FIELDS_MAX: usize = 2_000;
/// The most fields at the root of one operation, whatever they are called.
pub(super) const ROOTS_MAX: usize = 20;
/// The most that an operation may cost: one for a field, as often as it may be on a page.
pub(super) const COMPLEXITY_MAX: usize = 25_000;
/// What the library says of an operation that may cost more.
pub(super) const TOO_COMPLEX: &str = "Query is too complex.";
/// The most values that the lists of one answer may have, pages aside, which are counted before.
pub(super) const VALUES_MAX: usize = 250_000;
/// The most operations that one request may carry.
pub(super) const BATCH_MAX: usize = 10;
/// The most representations that a gateway may give at once.
pub(super) const ENTITIES_MAX: usize = 1_000;

/// Reads a text of operations that is not too large.
pub(super) fn read(text: &str) -> Result<ExecutableDocument, ServerError> {
    if text.len() > DOCUMENT_BYTES_MAX {
        let detail = format!("a query may have at most {DOCUMENT_BYTES_MAX} bytes");
        return Err(limit("graphql.too_long", detail));
    }
    if nesting(text) > NESTING_MAX {
        let detail = format!("brackets may be nested at most {NESTING_MAX} deep");
        return Err(limit("graphql.too_deep", detail));
    }
    // No text of ours has it, and not every store can look for one that does.
    if text.contains("\\u0000") {
        return Err(limit("request.nul", "a text contains U+0000".to_owned()));
    }
    let document = parse_query(text)?;
    let mut scale = Scale { document: &document, fragments: HashMap::new() };
    let mut whole = Size::default();
    for (_, operation) in document.operations.iter() {
        let size = scale.size_of(&operation.node.selection_set.node)?;
        if size.width > ROOTS_MAX {
            let detail = format!("at most {ROOTS_MAX} fields may be asked for at the root");
            return Err(limit("graphql.too_many_fields", detail));
        }
        whole = whole.beside(size);
    }
    if whole.depth > DEPTH_MAX {
        let detail = format!("fields may be nested at most {DEPTH_MAX} deep");
        return Err(limit("graphql.too_deep", detail));
    }
    if whole.fields > FIELDS_MAX {
        let detail = format!("at most {FIELDS_MAX} fields may be asked for");
        return Err(limit("graphql.too_many_fields", detail));
    }
    drop(scale);
    Ok(document)
}

fn limit(code: &'static str, detail: String) -> ServerError {
    refused(&ApiError::unreadable(code, detail))
}

/// How deep brackets are nested, counted without reading more of the text than strings and comments.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' if after.starts_with(b"\"\"") => after_block(&after[2..]),
            b'"' => after_string(after),
            b'#' => after_line(after),
            _ => after,
        };
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(&[], |end| &text[end..])
}

fn after_string(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            // A string ends with its line, whatever follows.
            b'"' | b'\n' | b'\r' => return &text[at + 1..],
            _ => {}
        }
    }
    &[]
}

fn after_block(text: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"\\\"\"\"") {
            at += 4;
        } else if rest.starts_with(b"\"\"\"") {
            return &rest[3..];
        } else {
            at += 1;
        }
    }
    &[]
}

/// How large a selection is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    /// How deep its fields are nested.
    depth: usize,
    /// How many fields it asks for.
    fields: usize,
    /// How many of them are not in another.
    width: usize,
}

impl Size {
    fn beside(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            fields: self.fields.saturating_add(other.fields),
            width: self.width.saturating_add(other.width),
        }
    }
}

/// Looks how large selections are.
struct Scale<'d> {
    document: &'d ExecutableDocument,
    /// What is known of fragments; none of one that is being looked at.
    fragments: HashMap<&'d Name, Option<Size>>,
}

impl<'d> Scale<'d> {
    fn size_of(&mut self, selection: &'d SelectionSet) -> Result<Size, ServerError> {
        let mut whole = Size::default();
        for selected in &selection.items {
            let size = match &selected.node {
                Selection::Field(field) => {
                    let inner = self.size_of(&field.node.selection_set.node)?;
                    let (depth, fields) = (inner.depth + 1, inner.fields.saturating_add(1));
                    Size { depth, fields, width: 1 }
                }
                Selection::InlineFragment(inline) => {
                    self.size_of(&inline.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    match self.document.fragments.get_key_value(&spread.node.fragment_name.node) {
                        Some((name, fragment)) => self.size_of_fragment(name, fragment)?,
                        // What is wrong with it is said later.
                        None => Size::default(),
                    }
                }
            };
            // What asks for nothing has to be looked at all the same.
            let fields = size.fields.saturating_add(selected.node.directives().len()).max(1);
            whole = whole.beside(Size { fields, ..size });
        }
        Ok(whole)
    }

    fn size_of_fragment(
        &mut self,
        name: &'d Name,
        fragment: &'d Positioned<FragmentDefinition>,
    ) -> Result<Size, ServerError> {
        match self.fragments.get(name) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => {
                let detail = format!("the fragment {name} spreads itself");
                return Err(limit("graphql.invalid", detail));
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let size = self.size_of(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}
