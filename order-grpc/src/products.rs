//! The catalogue and its stock.

use std::sync::Arc;

use order_core::{
    NewProduct, Orders, Product, ProductChange, ProductId, ServiceError,
    ports::{ProductPage, ProductPlace, ProductQuery},
    search,
};
use tonic::{Request, Response, Status};

use crate::{
    answer,
    cursor::{product_cursor, read_product_cursor},
    metadata::{caller, version},
    proto::{self, product_service_server::ProductService},
    reading::Reading,
    request::LIMIT_DEFAULT,
    status::status,
};

/// The methods of products.
#[derive(Debug)]
pub(crate) struct Products(pub(crate) Arc<dyn Orders>);

/// A product's id. One that breaks the rules names nothing.
fn id_of(id: &str) -> Result<ProductId, Status> {
    id.parse().map_err(|_| status(&ServiceError::NotFound { what: "product" }))
}

fn told(product: Result<Product, ServiceError>) -> Result<Response<proto::Product>, Status> {
    match product {
        Ok(product) => Ok(Response::new(answer::product(product))),
        Err(error) => Err(status(&error)),
    }
}

#[tonic::async_trait]
impl ProductService for Products {
    async fn create_product(
        &self,
        request: Request<proto::CreateProductRequest>,
    ) -> Result<Response<proto::Product>, Status> {
        let who = caller(&request)?;
        let wanted = request.into_inner();
        let mut reading = Reading::default();
        let id = reading.any_id("id", wanted.id.as_ref());
        let name = reading.typed("name", &wanted.name);
        let currency = reading.any_currency("currency", wanted.currency.as_ref());
        let category = reading.any_typed("category", wanted.category.as_ref());
        let proto::CreateProductRequest { description, price, stock, backorder, .. } = wanted;
        let product = name.map(|name| NewProduct {
            id,
            name,
            description,
            price,
            currency,
            stock,
            backorder,
            category,
        });
        told(self.0.add_product(&who, reading.finish(product)?).await)
    }

    async fn get_product(
        &self,
        request: Request<proto::GetProductRequest>,
    ) -> Result<Response<proto::Product>, Status> {
        let who = caller(&request)?;
        told(self.0.product(&who, &id_of(&request.get_ref().id)?).await)
    }

    async fn update_product(
        &self,
        request: Request<proto::UpdateProductRequest>,
    ) -> Result<Response<proto::Product>, Status> {
        let (who, expected) = (caller(&request)?, version(request.metadata())?);
        let wanted = request.into_inner();
        let id = id_of(&wanted.id)?;
        let mut reading = Reading::default();
        let name = reading.any_typed("name", wanted.name.as_ref());
        let currency = reading.any_currency("currency", wanted.currency.as_ref());
        let category = reading.any_typed("category", wanted.category.as_ref());
        let proto::UpdateProductRequest { description, price, stock, backorder, .. } = wanted;
        let change =
            ProductChange { name, description, price, currency, stock, backorder, category };
        told(self.0.change_product(&who, &id, reading.finish(Some(change))?, expected).await)
    }

    async fn delete_product(
        &self,
        request: Request<proto::DeleteProductRequest>,
    ) -> Result<Response<proto::DeleteProductResponse>, Status> {
        let (who, expected) = (caller(&request)?, version(request.metadata())?);
        let id = id_of(&request.get_ref().id)?;
        let removed = self.0.remove_product(&who, &id, expected).await;
        removed.map_err(|error| status(&error))?;
        Ok(Response::new(proto::DeleteProductResponse {}))
    }

    async fn list_products(
        &self,
        request: Request<proto::ListProductsRequest>,
    ) -> Result<Response<proto::ListProductsResponse>, Status> {
        let who = caller(&request)?;
        let wanted = request.into_inner();
        let mut reading = Reading::default();
        let is_low = wanted.stock_below.is_some();
        let after = wanted.cursor.as_deref().and_then(|text| {
            let place = read_product_cursor(is_low, text);
            if place.is_none() {
                reading.fault("cursor", "page.cursor_invalid", "this is no cursor of this list");
            }
            place
        });
        let query = ProductQuery {
            category: reading.any_id("category", wanted.category.as_ref()),
            words: wanted.q.as_deref().map(search::words).unwrap_or_default(),
            stock_below: wanted.stock_below,
            after,
            limit: wanted.limit.unwrap_or(LIMIT_DEFAULT),
        };
        let page = self.0.products(&who, reading.finish(Some(query))?).await;
        let ProductPage { products, more } = page.map_err(|error| status(&error))?;
        let place = |product: &Product| {
            let level = product.stock.filter(|_| is_low);
            ProductPlace { level, id: product.id.clone() }
        };
        let last = products.last().filter(|_| more);
        let next_cursor = last.map(|product| product_cursor(&place(product)));
        let products = products.into_iter().map(answer::product).collect();
        Ok(Response::new(proto::ListProductsResponse { products, next_cursor }))
    }

    async fn change_stock(
        &self,
        request: Request<proto::ChangeStockRequest>,
    ) -> Result<Response<proto::Product>, Status> {
        let who = caller(&request)?;
        let proto::ChangeStockRequest { id, quantity } = request.into_inner();
        told(self.0.change_stock(&who, &id_of(&id)?, quantity).await)
    }
}
