//! Use cases on products and stock.

use super::{
    error::ServiceError,
    place::check_page,
    principal::Principal,
    requests::{NewProduct, ProductChange},
};
use crate::{
    Currency, Money, OrderService, Product, ProductId,
    catalog::{DESCRIPTION_MAX, LOW_STOCK_MAX, STOCK_MAX},
    ports::{ProductPage, ProductQuery},
};

impl OrderService {
    pub(super) async fn insert_product(
        &self,
        who: &Principal,
        new: NewProduct,
    ) -> Result<Product, ServiceError> {
        who.check_staff("add a product")?;
        let product = self.product_of(new, None)?;
        self.catalog.put(&product, true).await?;
        Ok(product)
    }

    /// A new product, or what takes the place of the one that is there.
    pub(super) fn product_of(
        &self,
        new: NewProduct,
        present: Option<Product>,
    ) -> Result<Product, ServiceError> {
        let now = self.clock.now();
        Ok(Product {
            id: new.id.unwrap_or_else(|| ProductId::of_uuid(self.ids.next_id())),
            name: new.name,
            description: checked_description(new.description)?,
            price: price(&new.price, new.currency.unwrap_or(self.policy.currency))?,
            stock: checked_stock(new.stock, new.backorder)?,
            backorder: new.backorder,
            category: new.category,
            version: present.as_ref().map_or(0, |present| present.version) + 1,
            created_at: present.map_or(now, |present| present.created_at),
            updated_at: now,
        })
    }

    pub(super) async fn known_product(
        &self,
        id: &ProductId,
    ) -> Result<Option<Product>, ServiceError> {
        Ok(self.catalog.products(std::slice::from_ref(id)).await?.pop())
    }

    pub(super) async fn find_product(&self, id: &ProductId) -> Result<Product, ServiceError> {
        self.known_product(id).await?.ok_or(ServiceError::NotFound { what: "product" })
    }

    pub(super) async fn update_product(
        &self,
        who: &Principal,
        id: &ProductId,
        change: ProductChange,
        expected_version: Option<u64>,
    ) -> Result<Product, ServiceError> {
        who.check_staff("change a product")?;
        let present = self.find_version(id, expected_version).await?;
        let currency = change.currency.unwrap_or(present.price.currency());
        let price = match &change.price {
            Some(text) => price(text, currency)?,
            None if currency == present.price.currency() => present.price,
            None => {
                let detail = "a new currency needs a new price";
                return Err(ServiceError::invalid("/price", "money.currency_mismatch", detail));
            }
        };
        let with_stock = change.stock.is_some();
        let backorder = change.backorder.unwrap_or(present.backorder);
        let product = Product {
            id: present.id,
            name: change.name.unwrap_or(present.name),
            description: checked_description(change.description)?.or(present.description),
            price,
            stock: checked_stock(change.stock, backorder)?.or(present.stock),
            backorder,
            category: change.category.or(present.category),
            version: present.version + 1,
            created_at: present.created_at,
            updated_at: self.clock.now(),
        };
        self.catalog.put(&product, with_stock).await?;
        if with_stock { Ok(product) } else { self.find_product(id).await }
    }

    pub(super) async fn delete_product(
        &self,
        who: &Principal,
        id: &ProductId,
        expected_version: Option<u64>,
    ) -> Result<(), ServiceError> {
        who.check_staff("remove a product")?;
        let present = self.find_version(id, expected_version).await?;
        Ok(self.catalog.remove_product(id, present.version).await?)
    }

    /// A product, if it has the version that is expected.
    async fn find_version(
        &self,
        id: &ProductId,
        expected: Option<u64>,
    ) -> Result<Product, ServiceError> {
        let present = self.find_product(id).await?;
        match expected {
            Some(expected) if expected != present.version => {
                Err(ServiceError::Stale { expected, actual: present.version })
            }
            _ => Ok(present),
        }
    }

    pub(super) async fn move_stock(
        &self,
        who: &Principal,
        id: &ProductId,
        delta: i64,
    ) -> Result<Product, ServiceError> {
        who.check_staff("change stock")?;
        let delta = checked_move(delta)?;
        let changed = self.catalog.change_stock(id, delta, self.clock.now()).await?;
        changed.ok_or(ServiceError::NotFound { what: "product" })
    }

    pub(super) async fn list_products(
        &self,
        query: ProductQuery,
    ) -> Result<ProductPage, ServiceError> {
        check_page(query.limit, query.words.len())?;
        if query.stock_below.is_some_and(|below| below > LOW_STOCK_MAX) {
            let detail = format!("low stock is below {LOW_STOCK_MAX} at most");
            return Err(ServiceError::invalid("/stockBelow", "stock.bound_out_of_range", detail));
        }
        if let Some(place) = &query.after
            && place.level.is_some() != query.stock_below.is_some()
        {
            let detail = "the place is of another list";
            return Err(ServiceError::invalid("/cursor", "page.cursor_invalid", detail));
        }
        Ok(self.catalog.list_products(&query).await?)
    }
}

fn price(text: &str, currency: Currency) -> Result<Money, ServiceError> {
    let price = Money::parse(text, currency)
        .map_err(|error| ServiceError::invalid("/price", error.code(), error))?;
    if price.is_negative() {
        let detail = "a price must not be negative";
        return Err(ServiceError::invalid("/price", "product.price_negative", detail));
    }
    Ok(price)
}

fn checked_description(description: Option<String>) -> Result<Option<String>, ServiceError> {
    let invalid = |detail| ServiceError::invalid("/description", "text.invalid", detail);
    match description {
        Some(text) if text.len() > DESCRIPTION_MAX => Err(invalid("the description is too long")),
        Some(text) if text.chars().any(|c| c.is_control() && !c.is_whitespace()) => {
            Err(invalid("the description contains a control character"))
        }
        text => Ok(text),
    }
}

pub(super) fn checked_move(delta: i64) -> Result<i64, ServiceError> {
    if (-STOCK_MAX..=STOCK_MAX).contains(&delta) {
        return Ok(delta);
    }
    let detail = format!("a stock changes by at most {STOCK_MAX} units");
    Err(ServiceError::invalid("/quantity", "stock.out_of_range", detail))
}

pub(super) fn checked_stock(
    stock: Option<i64>,
    backorder: bool,
) -> Result<Option<i64>, ServiceError> {
    let lowest = if backorder { -STOCK_MAX } else { 0 };
    match stock {
        Some(level) if !(lowest..=STOCK_MAX).contains(&level) => {
            let detail = format!("a stock must be between {lowest} and {STOCK_MAX}");
            Err(ServiceError::invalid("/stock", "stock.out_of_range", detail))
        }
        stock => Ok(stock),
    }
}
