//! Catalogue and stock.

use axum::http::{StatusCode, header::LOCATION};
use axum::response::IntoResponse;
use order_core::{
    NewProduct, Product, ProductChange, ProductId, ServiceError,
    ports::{ProductPage, ProductPlace, ProductQuery},
    search,
};

use super::{Answer, lists::LIMIT_DEFAULT, render};
use crate::{
    body::{ProductBody, ProductListBody, StockBody},
    error::ApiError,
    extract::{Call, Payload, product_cursor, read_product_cursor},
    openapi::{Doc, Routes},
    request::{ProductChangeRequest, ProductRequest, StockChange, StockRequest},
};

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "products", summary);
    let change = |id| {
        doc(id, "Change a product")
            .takes::<ProductChangeRequest>(true)
            .versioned()
            .answers::<ProductBody>(200, "The product after the change.")
    };
    routes
        .post(
            "/products",
            add,
            doc("addProduct", "Add a product")
                .about("A product without `stock` is not counted.")
                .takes::<ProductRequest>(true)
                .answers::<ProductBody>(201, "The product; `Location` says where it is."),
        )
        .get(
            "/products",
            list,
            doc("listProducts", "List and search products")
                .query(&[
                    ("category", "Those of a category."),
                    (
                        "q",
                        "Those with every one of these words at the beginning of a word: id, name.",
                    ),
                    (
                        "stockBelow",
                        "Those of which less than so many are left, at most 1000; the lowest first. \
                         Also `lowStock`.",
                    ),
                    ("limit", "How many on a page: 1 to 200, 20 if absent."),
                    ("cursor", "Where the page begins: the `nextCursor` of the page before."),
                ])
                .answers::<ProductListBody>(200, "A page of products, by id or by stock."),
        )
        .get(
            "/products/{id}",
            show,
            doc("showProduct", "Read a product").answers::<ProductBody>(200, "The product."),
        )
        .put("/products/{id}", update, change("updateProduct"))
        .patch("/products/{id}", update, change("patchProduct"))
        .delete(
            "/products/{id}",
            remove,
            doc("removeProduct", "Remove a product from the catalogue")
                .about("Orders keep their lines. A product that owes units stays (`stock.owed`).")
                .versioned()
                .answers_plainly(204, "It is gone."),
        )
        .put(
            "/products/{id}/stock",
            change_stock,
            doc("changeStock", "Add to a product's stock, or take from it")
                .about("Never below zero, unless the product has `backorder`.")
                .takes::<StockRequest>(true)
                .answers::<StockBody>(200, "The stock after the change."),
        )
}

fn shown(status: StatusCode, product: Product) -> axum::response::Response {
    render::tagged(status, product.version, &ProductBody::from(product))
}

/// The product of the path. An id that breaks the rules names none.
fn id_of(call: &Call) -> Result<ProductId, ApiError> {
    let id = ProductId::try_from(call.param("id"));
    id.map_err(|_| ServiceError::NotFound { what: "product" }.into())
}

async fn add(call: Call, Payload(product): Payload<NewProduct>) -> Answer {
    let product = call.orders.add_product(&call.who, product).await?;
    let location = call.below(product.id.as_str());
    Ok(([(LOCATION, location)], shown(StatusCode::CREATED, product)).into_response())
}

async fn list(call: Call) -> Answer {
    let asked = &call.query;
    let limit = asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT);
    let stock_below = asked.number(
        &["stockBelow", "lowStock", "stock_below", "low_stock"],
        "stock.bound_out_of_range",
    )?;
    let is_low = stock_below.is_some();
    let cursor = asked.get(&["cursor"])?;
    let query = ProductQuery {
        category: asked.text(&["category"])?,
        words: asked.get(&["q"])?.map(search::words).unwrap_or_default(),
        stock_below,
        after: cursor.map(|text| read_product_cursor(is_low, text)).transpose()?,
        limit,
    };
    let ProductPage { products, more } = call.orders.products(&call.who, query).await?;
    let last = products.last().filter(|_| more);
    let place = |product: &Product| {
        let level = product.stock.filter(|_| is_low);
        ProductPlace { level, id: product.id.clone() }
    };
    let next_cursor = last.map(|product| product_cursor(&place(product)));
    let products = products.into_iter().map(ProductBody::from).collect();
    Ok(render::ok(&ProductListBody { products, limit, has_more: more, next_cursor }))
}

async fn show(call: Call) -> Answer {
    let product = call.orders.product(&call.who, &id_of(&call)?).await?;
    Ok(shown(StatusCode::OK, product))
}

async fn update(call: Call, Payload(change): Payload<ProductChange>) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    let product = call.orders.change_product(&call.who, &id, change, version).await?;
    Ok(shown(StatusCode::OK, product))
}

async fn remove(call: Call) -> Answer {
    let (id, version) = (id_of(&call)?, call.single_version()?);
    call.orders.remove_product(&call.who, &id, version).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn change_stock(call: Call, Payload(StockChange(delta)): Payload<StockChange>) -> Answer {
    let product = call.orders.change_stock(&call.who, &id_of(&call)?, delta).await?;
    Ok(render::ok(&StockBody::from(product)))
}
