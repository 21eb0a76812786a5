//! Bodies of orders that are kept: what was rendered from the very same values is not rendered again.

use std::{fmt, sync::Arc};

use axum::{body::Bytes, http::StatusCode, response::Response};
use moka::sync::Cache;
use order_core::{Order, PersonalData, ports::OrderView};

use super::render;
use crate::body::OrderBody;

/// What an entry takes besides its body, and besides the order, which somebody else keeps as well.
const ENTRY_BYTES: usize = 192;

/// Bodies by the values that they were made of. Only the values of whoever keeps orders, such as a cache,
/// come again; those of others are not kept here.
#[derive(Clone)]
pub(crate) struct Rendered(Option<Cache<Place, Kept>>);

/// Where two values are in memory.
type Place = (usize, usize);

#[derive(Clone)]
struct Kept {
    body: Bytes,
    /// As long as it is kept, nothing else can be in its place.
    _view: OrderView,
}

impl Rendered {
    /// Keeps about so many bytes; none if 0.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let weigh = |_: &Place, kept: &Kept| {
            u32::try_from(ENTRY_BYTES + kept.body.len()).unwrap_or(u32::MAX)
        };
        let cache = || Cache::builder().max_capacity(bytes_max).weigher(weigh).build();
        Self((bytes_max > 0).then(cache))
    }

    /// An order as an answer.
    pub(crate) fn answer(&self, view: &OrderView) -> Response {
        let body = match self.0.as_ref().filter(|_| is_shared(view)) {
            None => render::bytes(&OrderBody::new(&view.order, &view.person)),
            Some(cache) => kept_or_made(cache, view),
        };
        render::tagged_bytes(StatusCode::OK, view.order.version(), body)
    }
}

/// Whether somebody else keeps it, so that it may come again.
fn is_shared(view: &OrderView) -> bool {
    Arc::strong_count(&view.order) > 1 && Arc::strong_count(&view.person) > 1
}

fn kept_or_made(cache: &Cache<Place, Kept>, view: &OrderView) -> Option<Bytes> {
    let place = place(&view.order, &view.person);
    if let Some(kept) = cache.get(&place) {
        return Some(kept.body);
    }
    let body = render::bytes(&OrderBody::new(&view.order, &view.person))?;
    cache.insert(place, Kept { body: body.clone(), _view: view.clone() });
    Some(body)
}

fn place(order: &Arc<Order>, person: &Arc<PersonalData>) -> Place {
    (Arc::as_ptr(order).addr(), Arc::as_ptr(person).addr())
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("keeps", &self.0.is_some()).finish_non_exhaustive()
    }
}
