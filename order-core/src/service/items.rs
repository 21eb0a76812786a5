//! From what is wanted to lines: products and customers are looked up, prices follow a rule.

use std::collections::HashMap;

use super::{error::ServiceError, principal::Principal, requests::ItemInput};
use crate::{
    Currency, CustomerId, Line, LineId, Money, MoneyError, Name, Order, OrderService, Product,
    ProductId, order::LINES_MAX,
};

impl OrderService {
    pub(super) async fn look_up(
        &self,
        items: &[ItemInput],
    ) -> Result<HashMap<ProductId, Product>, ServiceError> {
        if items.len() > LINES_MAX {
            let detail = format!("there may be at most {LINES_MAX} items");
            return Err(ServiceError::invalid("/items", "order.too_many", detail));
        }
        let mut ids: Vec<ProductId> = items.iter().map(|item| item.product_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        if let Some(service) = &self.products {
            return at_service(service.products(&ids).await?, items);
        }
        let known = self.catalog.products(&ids).await?;
        Ok(known.into_iter().map(|product| (product.id.clone(), product)).collect())
    }

    /// Asks the user service, if there is one, whether it knows a customer.
    pub(super) async fn check_customer(&self, id: Option<&CustomerId>) -> Result<(), ServiceError> {
        if let (Some(customers), Some(id)) = (&self.customers, id)
            && !customers.exists(id).await?
        {
            let detail = format!("there is no customer {id}");
            return Err(ServiceError::invalid("/customerId", "customer.unknown", detail));
        }
        Ok(())
    }
}

/// The products of a product service, by id. It counts the stock, not we; what it says is left is
/// checked here once, so that nobody need wait to hear that there is not enough.
fn at_service(
    known: Vec<Product>,
    items: &[ItemInput],
) -> Result<HashMap<ProductId, Product>, ServiceError> {
    let mut products = HashMap::with_capacity(known.len());
    for product in known {
        let wanted = items.iter().filter(|item| item.product_id == product.id);
        let wanted = wanted.map(|item| i64::from(item.quantity)).sum::<i64>();
        if let Some(stock) = product.counted() {
            stock.after(&product.id, -wanted)?;
        }
        products.insert(product.id.clone(), Product { stock: None, ..product });
    }
    Ok(products)
}

pub(super) fn lines(
    who: &Principal,
    items: &[ItemInput],
    prices: &HashMap<ProductId, Product>,
    currency: Currency,
    present: Option<&Order>,
) -> Result<Vec<Line>, ServiceError> {
    let mut lines = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let product = prices.get(&item.product_id);
        let kept = present
            .and_then(|order| order.lines().iter().find(|line| line.product_id == item.product_id));
        let unit_price = unit_price(who, at, item, product, kept, currency)?;
        let name = item
            .name
            .clone()
            .or_else(|| kept.map(|line| line.name.clone()))
            .or_else(|| product.map(|product| product.name.clone()))
            .map_or_else(|| Name::try_from(item.product_id.as_str()), Ok)
            .map_err(|error| at_item(at, "name", error.code(), &error))?;
        let id = item.line_id.clone().unwrap_or_else(|| LineId::ordinal(at + 1, |_| false));
        let tracked = product.is_some_and(|product| product.stock.is_some());
        let product_id = item.product_id.clone();
        let line = Line::new(id, product_id, name, item.quantity, unit_price);
        lines.push(Line { tracked, ..line });
    }
    Ok(lines)
}

/// The price rule: a product of the catalogue sells at the catalogue's price, except that staff may
/// name another; units of a product that the order has already keep their price; any other product
/// needs a price, which only staff may name.
fn unit_price(
    who: &Principal,
    at: usize,
    item: &ItemInput,
    product: Option<&Product>,
    kept: Option<&Line>,
    currency: Currency,
) -> Result<Money, ServiceError> {
    let named = match &item.unit_price {
        None => None,
        Some(text) => Some(
            Money::parse(text, currency)
                .map_err(|error| at_item(at, "unitPrice", error.code(), &error))?,
        ),
    };
    let ordinal = u32::try_from(at).unwrap_or(u32::MAX);
    let listed = match (kept, product) {
        (Some(line), _) => Some(line.unit_price),
        (None, Some(product)) if product.price.currency() != currency => {
            let (left, right) = (currency, product.price.currency());
            let error = MoneyError::CurrencyMismatch { left, right };
            return Err(at_item(at, "productId", error.code(), &error));
        }
        (None, Some(product)) => Some(product.price),
        (None, None) => None,
    };
    let unknown = |rule| ServiceError::ProductUnknown {
        at: ordinal,
        product_id: item.product_id.clone(),
        rule,
    };
    match (named, listed) {
        (Some(named), Some(price)) if named != price && !who.may_price() => {
            let product_id = item.product_id.clone();
            Err(ServiceError::PriceMismatch { at: ordinal, product_id, price })
        }
        (Some(named), Some(_)) => Ok(named),
        (None, Some(price)) => Ok(price),
        (Some(named), None) if who.may_price() => Ok(named),
        (Some(_), None) => Err(unknown("only staff may name a price")),
        (None, None) => Err(unknown("needs a price")),
    }
}

fn at_item(
    at: usize,
    field: &str,
    code: &'static str,
    detail: &dyn std::fmt::Display,
) -> ServiceError {
    ServiceError::invalid(format!("/items/{at}/{field}"), code, detail)
}
