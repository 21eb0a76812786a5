//! The feed as callers see it: what happened to every order, in one line, as far as it is theirs.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::{error::ServiceError, principal::Principal};
use crate::{
    CustomerId, OrderEvent, OrderId, OrderNumber, OrderService, Recorded,
    ports::{FeedOrder, Positioned},
};

/// The most events on a page of the feed, and the most that are looked at for one.
pub const FEED_PAGE_MAX: u32 = 1_000;

/// Which events of the feed to give. Everything given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedQuery {
    /// Those with a position after this one; 0 is from the beginning.
    pub after: u64,
    /// Those up to this position, for who knows that it was given; else up to the last event that was
    /// committed before.
    pub until: Option<u64>,
    /// At most so many, from 1 to [`FEED_PAGE_MAX`].
    pub limit: u32,
    /// Those of an order, by its id or number.
    pub order: Option<String>,
    /// Those of a customer's orders.
    pub customer_id: Option<CustomerId>,
    /// Those of these kinds, such as `order.placed`; of every kind if empty.
    pub kinds: Vec<String>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedPage {
    /// The events, by position.
    pub events: Vec<FeedEvent>,
    /// The last position that was looked at, which is where to go on, also where no event was fit. If it
    /// is that of the query there was nothing more.
    pub next: u64,
}

/// An event of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedEvent {
    /// Its place among all events, from 1.
    pub position: u64,
    /// What people call the order now; none if its row is lost, which the doctor tells.
    pub number: Option<OrderNumber>,
    /// The event, without the provider's token for what the customer pays with.
    pub recorded: Recorded,
}

/// What was looked at.
#[derive(Debug, Default)]
struct Look {
    events: Vec<Positioned>,
    /// The last position.
    next: u64,
    /// Whether the line ended there.
    is_end: bool,
}

/// The query with what it says looked up.
struct Filter<'q> {
    order: Option<FeedOrder>,
    customer: Option<&'q CustomerId>,
    kinds: BTreeSet<&'q str>,
    /// How many are looked at.
    looks: u32,
}

impl OrderService {
    pub(super) async fn read_feed(
        &self,
        who: &Principal,
        query: &FeedQuery,
    ) -> Result<FeedPage, ServiceError> {
        let filter = self.filter(who, query).await?;
        let mut look = self.look(query, &filter, query.after, filter.looks).await?;
        // Only who has come to the end gives positions to what has none.
        if look.is_end && query.until.is_none() && self.feed.sequence().await? > 0 {
            let left = filter.looks.saturating_sub(length(&look.events));
            let more = self.look(query, &filter, look.next, left).await?;
            look.events.extend(more.events);
            look.next = more.next;
        }
        let Look { mut events, mut next, .. } = look;
        if !filter.kinds.is_empty() {
            events.retain(|event| filter.kinds.contains(event.recorded.event.name()));
        }
        let orders = self.orders_of(&filter, &events).await?;
        let told = events.into_iter().filter_map(|event| filter.told(&orders, event));
        let mut told: Vec<_> = told.take(query.limit as usize + 1).collect();
        if told.len() > query.limit as usize {
            told.truncate(query.limit as usize);
            next = told.last().map_or(next, |event| event.position);
        }
        Ok(FeedPage { events: told, next })
    }

    pub(super) async fn settle_feed(&self) -> Result<u64, ServiceError> {
        self.feed.sequence().await?;
        Ok(self.feed.end().await?)
    }

    async fn filter<'q>(
        &self,
        who: &'q Principal,
        query: &'q FeedQuery,
    ) -> Result<Filter<'q>, ServiceError> {
        if !(1..=FEED_PAGE_MAX).contains(&query.limit) {
            let detail = format!("the limit must be between 1 and {FEED_PAGE_MAX}");
            return Err(ServiceError::invalid("/limit", "page.limit_out_of_range", detail));
        }
        for kind in &query.kinds {
            if !OrderEvent::NAMES.contains(&kind.as_str()) {
                let detail = format!("there is no event of the type {kind:?}");
                return Err(ServiceError::invalid("/type", "event.unknown_type", detail));
            }
        }
        let customer = match (who.scope(), query.customer_id.as_ref()) {
            (Some(own), Some(other)) if own != other => {
                return Err(ServiceError::NotFound { what: "customer" });
            }
            (own, wanted) => own.or(wanted),
        };
        let order = match &query.order {
            None => None,
            Some(reference) => {
                Some(FeedOrder::from(&*self.view(who, reference, None).await?.order))
            }
        };
        let kinds: BTreeSet<_> = query.kinds.iter().map(String::as_str).collect();
        let is_plain = kinds.is_empty() && customer.is_none();
        let looks = if is_plain { query.limit } else { FEED_PAGE_MAX };
        Ok(Filter { order, customer, kinds, looks })
    }

    /// Looks at so many events, no further than the query says.
    async fn look(
        &self,
        query: &FeedQuery,
        filter: &Filter<'_>,
        after: u64,
        looks: u32,
    ) -> Result<Look, ServiceError> {
        let until = query.until.unwrap_or(u64::MAX);
        let Some(order) = &filter.order else {
            let within = u32::try_from(until.saturating_sub(after)).unwrap_or(u32::MAX);
            let asked = looks.min(within);
            let events =
                if asked == 0 { Vec::new() } else { self.feed.after(after, asked).await? };
            let next = events.last().map_or(after, |last| last.position);
            return Ok(Look { is_end: length(&events) < looks, events, next });
        };
        // First, so that whatever has a position up to there is among what is read then.
        let end = self.feed.end().await?.min(until);
        let mut events = self.feed.of_order(&order.id, after, looks).await?;
        let is_end = length(&events) < looks;
        events.retain(|event| event.position <= until);
        let last = events.last().map_or(after, |last| last.position);
        let next = if is_end { last.max(end) } else { last };
        Ok(Look { events, next, is_end })
    }

    /// The orders of these events.
    async fn orders_of(
        &self,
        filter: &Filter<'_>,
        events: &[Positioned],
    ) -> Result<HashMap<OrderId, FeedOrder>, ServiceError> {
        let orders = if let Some(order) = &filter.order {
            vec![order.clone()]
        } else if events.is_empty() {
            Vec::new()
        } else {
            let ids: BTreeSet<_> = events.iter().map(|event| &event.recorded.id.order_id).collect();
            let ids: Vec<_> = ids.into_iter().cloned().collect();
            self.feed.orders(&ids).await?
        };
        Ok(orders.into_iter().map(|order| (order.id.clone(), order)).collect())
    }
}

impl Filter<'_> {
    /// An event as it is told, if it is to be.
    fn told(&self, orders: &HashMap<OrderId, FeedOrder>, event: Positioned) -> Option<FeedEvent> {
        let Positioned { position, recorded } = event;
        let order = orders.get(&recorded.id.order_id);
        let owner = order.and_then(|order| order.customer_id.as_ref());
        if self.customer.is_some_and(|customer| owner != Some(customer)) {
            return None;
        }
        let number = order.map(|order| order.number.clone());
        let event = recorded.event.without_token().into_owned();
        let recorded = Recorded { event, ..recorded };
        Some(FeedEvent { position, number, recorded })
    }
}

fn length(events: &[Positioned]) -> u32 {
    // No more than were asked for.
    u32::try_from(events.len()).unwrap_or(u32::MAX)
}
