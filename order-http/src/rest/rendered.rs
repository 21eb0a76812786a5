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

#[cfg(test)]
mod tests {
    use order_core::{
        Meta, NewOrder, OrderService, Orders, Principal,
        memory::InMemoryStore,
        ports::{OrderQueries, SystemClock},
    };

    use super::*;

    async fn view(store: &InMemoryStore) -> OrderView {
        store.find("o").await.unwrap().unwrap()
    }

    async fn body(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()
    }

    #[tokio::test]
    async fn the_same_values_are_rendered_once_and_others_anew() {
        let store = InMemoryStore::default();
        let orders = OrderService::new(store.clone(), SystemClock, uuid::Uuid::now_v7);
        let admin = Principal::admin("me".try_into().unwrap());
        let id = Some("o".try_into().unwrap());
        let draft = NewOrder { id, draft: true, ..NewOrder::default() };
        orders.place(&admin, draft, Meta::default()).await.unwrap();
        let rendered = Rendered::new(1_000_000);
        let first = body(rendered.answer(&view(&store).await)).await;
        let again = body(rendered.answer(&view(&store).await)).await;
        assert_eq!(first.as_ptr(), again.as_ptr(), "it is the one that is kept");
        // What a customer may see of it is another value.
        let mut person = PersonalData::clone(&view(&store).await.person);
        person.name = Some("Ann".try_into().unwrap());
        let person = Arc::new(person);
        let other = OrderView { person: Arc::clone(&person), ..view(&store).await };
        let shown = body(rendered.answer(&other)).await;
        assert!(first != shown && shown.windows(3).any(|word| word == b"Ann"));
        // What nobody else keeps is not kept here.
        let alone = OrderView {
            order: Arc::new(Order::clone(&other.order)),
            person: Arc::new(PersonalData::default()),
        };
        let (one, two) = (body(rendered.answer(&alone)).await, body(rendered.answer(&alone)).await);
        assert!(one == first && two == first && one.as_ptr() != two.as_ptr());
        // After a change it is another value.
        let note = order_core::Command::Note { id: "n".try_into().unwrap(), text: "hello".into() };
        orders.execute(&admin, "o", note, Meta::default()).await.unwrap();
        let changed = body(rendered.answer(&view(&store).await)).await;
        assert!(changed != first && changed.windows(5).any(|word| word == b"hello"));
        let plain = Rendered::new(0);
        assert_eq!(body(plain.answer(&view(&store).await)).await, changed);
    }
}
