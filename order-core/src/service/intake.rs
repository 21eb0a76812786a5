//! What other systems tell of the catalogue and of payments.

use std::fmt::Debug;

use async_trait::async_trait;

use super::{
    error::ServiceError,
    products::{checked_move, checked_stock},
    requests::NewProduct,
};
use crate::{
    ATTEMPTS_MAX, Label, OrderService, Product, ProductId, Timestamp,
    ports::{CatalogChange, Origin, PaymentFacts, PaymentNotice, StoreError},
};

/// Something that another system says has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Which event, and of whom: by it a repeat is known.
    pub origin: Origin,
    /// What it is called, for people.
    pub kind: Label,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub told: Told,
}

/// What another system can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A product is like this now, whether it was known or not. It needs an id. Without a stock the
    /// level stays; without a currency it is that of a [`Policy`](crate::Policy).
    Product(NewProduct),
    /// A product is not sold any more.
    ProductRemoved(ProductId),
    /// Units came, or went if below zero.
    StockMoved {
        /// Of which product.
        product_id: ProductId,
        /// How many.
        quantity: i64,
    },
    /// Units were counted.
    StockCounted {
        /// Of which product.
        product_id: ProductId,
        /// How many there are.
        level: i64,
    },
    /// What is known of a payment.
    Payment(PaymentFacts),
}

/// The driving port of what other systems tell. Whoever implements a consumer of events speaks to it;
/// that the teller may tell it is the consumer's to know.
#[async_trait]
pub trait Intake: Debug + Send + Sync {
    /// Takes what was told, and says whether it was new: the same event, told again, changes nothing.
    /// What is told of one product must come in its order.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] for the stock of an unknown product, `stock.insufficient`,
    /// `stock.owed`, what a product's fields are refused for; [`ServiceError::Store`] if it has to be
    /// told again later. After an error it was not taken.
    async fn take(&self, incoming: Incoming) -> Result<bool, ServiceError>;
}

#[async_trait]
impl Intake for OrderService {
    async fn take(&self, incoming: Incoming) -> Result<bool, ServiceError> {
        let Incoming { origin, kind, at, told } = incoming;
        if let Told::Payment(facts) = told {
            let Origin { source: provider, id } = origin;
            let notice = PaymentNotice { provider, id, kind, at, facts };
            return Ok(self.inbox.receive(&notice, self.clock.now()).await?);
        }
        for _ in 0..ATTEMPTS_MAX {
            let change = self.change_told(&told).await?;
            match self.inbox.take_change(&origin, &change, self.clock.now()).await {
                // Somebody else was faster, or the product is not there.
                Err(StoreError::ProductConflict) => {
                    if let CatalogChange::MoveStock { id, .. } = &change {
                        self.find_product(id).await?;
                    }
                }
                done => return Ok(done?),
            }
        }
        Err(StoreError::Overloaded.into())
    }
}

impl OrderService {
    /// What has to be done to the catalogue as it is.
    async fn change_told(&self, told: &Told) -> Result<CatalogChange, ServiceError> {
        Ok(match told {
            Told::Product(new) => {
                let Some(id) = &new.id else {
                    let detail = "which product it is has to be said";
                    return Err(ServiceError::invalid("/id", "product.id_missing", detail));
                };
                let present = self.known_product(id).await?;
                let is_new = present.is_none();
                let with_stock = is_new || new.stock.is_some();
                let product = Box::new(self.product_of(new.clone(), present)?);
                CatalogChange::Put { product, with_stock }
            }
            Told::ProductRemoved(id) => match self.known_product(id).await? {
                Some(present) => CatalogChange::Remove { id: id.clone(), version: present.version },
                None => CatalogChange::Nothing,
            },
            Told::StockMoved { product_id, quantity } => CatalogChange::MoveStock {
                id: product_id.clone(),
                delta: checked_move(*quantity)?,
                at: self.clock.now(),
            },
            Told::StockCounted { product_id, level } => {
                let Some(present) = self.known_product(product_id).await? else {
                    // Nothing to count; the store knows whether it was told before.
                    let (id, at) = (product_id.clone(), self.clock.now());
                    return Ok(CatalogChange::MoveStock { id, delta: 0, at });
                };
                let stock = checked_stock(Some(*level), present.backorder)?;
                let (version, updated_at) = (present.version + 1, self.clock.now());
                let product = Box::new(Product { stock, version, updated_at, ..present });
                CatalogChange::Put { product, with_stock: true }
            }
            Told::Payment(_) => CatalogChange::Nothing,
        })
    }
}
