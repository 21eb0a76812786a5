//! Placing and revising: products and prices are looked up, then the domain decides.

use std::sync::Arc;

use super::{
    ATTEMPTS_MAX,
    error::ServiceError,
    execute::{Job, Known, request_of},
    fingerprint::fingerprint,
    items::lines,
    principal::Principal,
    requests::{AdjustmentInput, AdjustmentValueInput, Meta, NewOrder, Receipt, Revision},
};
use crate::{
    Action, Adjustment, AdjustmentId, AdjustmentKind, AdjustmentValue, Collection, Command,
    Content, Country, Currency, CustomerId, Edit, Label, Money, Order, OrderId, OrderNumber,
    OrderService, Person, Plan,
    order::ADJUSTMENTS_MAX,
    ports::{OrderPage, OrderQuery, PAGE_MAX, RequestRecord, Start, StoreError},
    search::WORDS_MAX,
};

/// The most orders that [`Start::Offset`] may skip.
pub const OFFSET_MAX: u32 = 100_000;

impl OrderService {
    pub(super) async fn place_order(
        &self,
        who: &Principal,
        order: NewOrder,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        who.check_action(if order.draft { Action::Draft } else { Action::Place })?;
        let request = request_of(who, &meta, || fingerprint("place", &order));
        let placed = self.place_new(who, &order, &meta, request.clone()).await;
        self.or_first_answer(who, placed, request.as_ref()).await
    }

    async fn place_new(
        &self,
        who: &Principal,
        order: &NewOrder,
        meta: &Meta,
        request: Option<RequestRecord>,
    ) -> Result<Receipt, ServiceError> {
        // An order is asked for by either: nobody may give theirs what somebody else's goes by.
        if order.id.is_some() || order.number.is_some() {
            who.check_staff("name the id or the number of an order")?;
        }
        let customer_id = owner(who, order.customer_id.as_ref())?;
        let plan = self.plan_of(who, order.collect)?;
        self.check_customer(customer_id.as_ref()).await?;
        let prices = self.look_up(&order.items).await?;
        let currency = order
            .currency
            .or_else(|| prices.values().next().map(|product| product.price.currency()))
            .unwrap_or(self.policy.currency);
        let lines = lines(who, &order.items, &prices, currency, None)?;
        let adjustments = adjustments(&order.adjustments, currency)?;
        let address = order.person.shipping_address.as_ref();
        let country = address.and_then(|address| address.country.as_ref());
        let country = country.and_then(|country| Country::try_from(country.as_str()).ok());
        let mut content = Content {
            number: self.number(order.number.as_ref()).await?,
            customer_id,
            currency,
            country: order.country.clone().or(country),
            lines,
            adjustments,
            tags: order.tags.clone(),
            metadata: order.metadata.clone(),
            plan,
            pay_with: order.pay_with.clone(),
        };
        let id = match &order.id {
            Some(id) => id.clone(),
            None => OrderId::of_uuid(self.ids.next_id()),
        };
        let person = (order.person != Person::default()).then(|| Box::new(order.person.clone()));
        for _ in 0..ATTEMPTS_MAX {
            let content_now = Arc::new(content.clone());
            let command = if order.draft {
                Command::Draft { content: content_now, person: person.clone() }
            } else {
                Command::Place { content: Some(content_now), person: person.clone() }
            };
            let job = Job {
                id: id.clone(),
                steps: self.with_confirmation(command, content.plan.as_ref()),
                expected_version: meta.expected_version,
                dry_run: meta.dry_run,
                request: request.clone(),
                busy_until: None,
            };
            let known = if order.id.is_none() { Known::Absent } else { Known::Nothing };
            match self.run(who, &job, known).await {
                // Somebody named their order as we would have named ours.
                Err(ServiceError::Store(StoreError::NumberTaken)) if order.number.is_none() => {
                    content.number = self.number(None).await?;
                }
                done => return done,
            }
        }
        Err(ServiceError::Contended(ATTEMPTS_MAX))
    }

    /// How a new order is to be driven to its end.
    fn plan_of(
        &self,
        who: &Principal,
        collect: Option<Collection>,
    ) -> Result<Option<Plan>, ServiceError> {
        if collect.is_some() {
            who.check_staff("choose when an order is paid")?;
        }
        let asks = |collect| collect != Collection::OnInvoice;
        if collect.is_some_and(asks) && !asks(self.policy.plan.collect) {
            let detail = "no payment provider is asked here";
            return Err(ServiceError::invalid("/collect", "payment.no_provider", detail));
        }
        Ok(self.policy.plan_for(collect))
    }

    /// The number that was asked for, or the next one: `ORD-000042`.
    async fn number(&self, wanted: Option<&OrderNumber>) -> Result<OrderNumber, ServiceError> {
        if let Some(number) = wanted {
            return Ok(number.clone());
        }
        let number = self.store.next_number().await?;
        OrderNumber::try_from(format!("ORD-{number:06}"))
            .map_err(|error| ServiceError::invalid("/number", error.code(), error))
    }

    pub(super) async fn revise_order(
        &self,
        who: &Principal,
        reference: &str,
        revision: Revision,
        meta: Meta,
    ) -> Result<Receipt, ServiceError> {
        who.check_action(Action::Edit)?;
        let request = request_of(who, &meta, || fingerprint(reference, &revision));
        if let Some(request) = &request
            && let Some(receipt) = self.recall(who, request).await?
        {
            return Ok(receipt);
        }
        let revised = self.revise_present(who, reference, &revision, &meta, request.clone()).await;
        self.or_first_answer(who, revised, request.as_ref()).await
    }

    async fn revise_present(
        &self,
        who: &Principal,
        reference: &str,
        revision: &Revision,
        meta: &Meta,
        request: Option<RequestRecord>,
    ) -> Result<Receipt, ServiceError> {
        for _ in 0..ATTEMPTS_MAX {
            let loaded = self.load(who, reference).await?;
            let edit = self.edit(who, &loaded.order, revision).await?;
            let job = Job {
                id: loaded.order.id().clone(),
                steps: vec![Command::Edit(edit).into()],
                // Prices were taken over from this very version.
                expected_version: meta.expected_version.or(Some(loaded.order.version())),
                dry_run: meta.dry_run,
                request: request.clone(),
                busy_until: None,
            };
            match self.run(who, &job, Known::Loaded(Box::new(loaded))).await {
                Err(ServiceError::Stale { .. }) if meta.expected_version.is_none() => {}
                done => return done,
            }
        }
        Err(ServiceError::Contended(ATTEMPTS_MAX))
    }

    async fn edit(
        &self,
        who: &Principal,
        order: &Order,
        revision: &Revision,
    ) -> Result<Edit, ServiceError> {
        let lines = match &revision.items {
            None => None,
            Some(items) => {
                let prices = self.look_up(items).await?;
                Some(lines(who, items, &prices, order.currency(), Some(order))?)
            }
        };
        let adjustments = match &revision.adjustments {
            None => None,
            Some(wanted) => Some(adjustments(wanted, order.currency())?),
        };
        let person = Person {
            email: revision.email.clone(),
            name: revision.name.clone(),
            phone: revision.phone.clone(),
            shipping_address: revision.shipping_address.clone(),
            billing_address: revision.billing_address.clone(),
        };
        let person = (person != Person::default()).then(|| Box::new(person));
        let (tags, metadata) = (revision.tags.clone(), revision.metadata.clone());
        let country = revision.country.clone();
        Ok(Edit { lines, adjustments, tags, metadata, country, person })
    }

    pub(super) async fn list_orders(
        &self,
        who: &Principal,
        mut query: OrderQuery,
    ) -> Result<OrderPage, ServiceError> {
        if let Some(own) = who.scope() {
            match &query.customer_id {
                Some(other) if other != own => {
                    return Err(ServiceError::NotFound { what: "customer" });
                }
                _ => query.customer_id = Some(own.clone()),
            }
        }
        check_page(query.limit, query.words.len())?;
        if let Start::Offset(offset) = query.start
            && offset > OFFSET_MAX
        {
            let detail = format!("at most {OFFSET_MAX} orders can be skipped; use the cursor");
            return Err(ServiceError::invalid("/page", "page.offset_out_of_range", detail));
        }
        Ok(self.queries.list(&query).await?)
    }
}

/// Checks the bounds that all lists share.
pub(super) fn check_page(limit: u32, words: usize) -> Result<(), ServiceError> {
    if !(1..=PAGE_MAX).contains(&limit) {
        let detail = format!("the limit must be between 1 and {PAGE_MAX}");
        return Err(ServiceError::invalid("/limit", "page.limit_out_of_range", detail));
    }
    if words > WORDS_MAX {
        let detail = format!("a search looks for at most {WORDS_MAX} words");
        return Err(ServiceError::invalid("/q", "search.too_many_words", detail));
    }
    Ok(())
}

/// Whose order it becomes.
fn owner(who: &Principal, wanted: Option<&CustomerId>) -> Result<Option<CustomerId>, ServiceError> {
    match (who.scope(), wanted) {
        (Some(own), Some(other)) if own != other => {
            Err(ServiceError::ForeignCustomer(other.clone()))
        }
        (Some(own), _) => Ok(Some(own.clone())),
        (None, wanted) => Ok(wanted.cloned()),
    }
}

fn adjustments(
    wanted: &[AdjustmentInput],
    currency: Currency,
) -> Result<Vec<Adjustment>, ServiceError> {
    if wanted.len() > ADJUSTMENTS_MAX {
        let detail = format!("there may be at most {ADJUSTMENTS_MAX} adjustments");
        return Err(ServiceError::invalid("/adjustments", "order.too_many", detail));
    }
    let resolve = |(at, input): (usize, &AdjustmentInput)| {
        let value = match &input.value {
            AdjustmentValueInput::Percent(rate) => AdjustmentValue::Percent(*rate),
            AdjustmentValueInput::Amount(text) => {
                let amount = Money::parse(text, currency).map_err(|error| {
                    let pointer = format!("/adjustments/{at}/amount");
                    ServiceError::invalid(pointer, error.code(), error)
                })?;
                AdjustmentValue::Amount(amount)
            }
        };
        Ok(Adjustment {
            id: input.id.clone().unwrap_or_else(|| AdjustmentId::ordinal(at + 1, |_| false)),
            kind: input.kind,
            label: input.label.clone().unwrap_or_else(|| kind_label(input.kind)),
            line_id: input.line_id.clone(),
            value,
        })
    };
    wanted.iter().enumerate().map(resolve).collect()
}

fn kind_label(kind: AdjustmentKind) -> Label {
    Label::fixed(match kind {
        AdjustmentKind::Discount => "discount",
        AdjustmentKind::Shipping => "shipping",
        AdjustmentKind::Fee => "fee",
        AdjustmentKind::Tax => "tax",
    })
}
