//! Orders at a path of the host's choice, in the form of a service whose clients expect bare lists,
//! `_id`, `userId` and `products`.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header::LINK},
    middleware::from_fn_with_state,
    routing::{MethodRouter, get, post},
};
use order_core::{
    CustomerId, NewOrder, OrderId, ProductId,
    ports::{OrderPage, OrderView},
};
use serde::Serialize;

use super::{Answer, Api, lists, method_not_allowed, not_found, render};
use crate::{
    access::{Door, enter},
    body::OrderBody,
    extract::{Call, Payload, order_cursor},
};

/// The routes at this path, if there is one, and the problem that there is no such route elsewhere.
/// Routes of the main router win, for this one only gets what they leave.
pub(super) fn router(path: Option<&str>, api: Api) -> Router {
    let mut router = Router::new();
    if let Some(path) = path {
        let base = path.trim_matches('/').replace('{', "{{").replace('}', "}}");
        let base = if base.is_empty() { base } else { format!("/{base}") };
        let list = if base.is_empty() { "/" } else { &base };
        // Behind the doors of the routes that they stand for.
        let behind = |route: MethodRouter<Api>, method, path| {
            let door = Door::new(Arc::clone(&api.orders), method, path);
            route.layer(from_fn_with_state(door, enter))
        };
        let list_and_place =
            behind(get(all), "GET", "/orders").merge(behind(post(place), "POST", "/orders"));
        router = router
            .without_v07_checks()
            .route(list, list_and_place)
            .route(&format!("{base}/{{id}}"), behind(get(show), "GET", "/orders/{id}"));
    }
    router.method_not_allowed_fallback(method_not_allowed).fallback(not_found).with_state(api)
}

/// An order with the names that such clients know, beside all the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OldOrder {
    #[serde(rename = "_id")]
    old_id: OrderId,
    user_id: Option<CustomerId>,
    products: Vec<OldProduct>,
    #[serde(flatten)]
    order: OrderBody,
}

#[derive(Debug, Serialize)]
struct OldProduct {
    #[serde(rename = "_id")]
    id: ProductId,
    quantity: u32,
}

impl From<OrderBody> for OldOrder {
    fn from(order: OrderBody) -> Self {
        let products = order
            .items
            .iter()
            .map(|item| OldProduct { id: item.product_id.clone(), quantity: item.quantity });
        Self {
            old_id: order.id.clone(),
            user_id: order.customer_id.clone(),
            products: products.collect(),
            order,
        }
    }
}

impl From<&OrderView> for OldOrder {
    fn from(view: &OrderView) -> Self {
        OrderBody::new(&view.order, &view.person).into()
    }
}

async fn all(call: Call) -> Answer {
    let query = lists::asked(&call)?.query;
    let sort = query.sort;
    let OrderPage { orders, next } = call.orders.list(&call.who, query).await?;
    let orders: Vec<OldOrder> = orders.iter().map(OldOrder::from).collect();
    let mut response = render::ok(&orders);
    let link = next.map(|cursor| call.next_link(&order_cursor(sort, &cursor)));
    if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

async fn show(call: Call) -> Answer {
    let view = call.view().await?;
    let version = view.order.version();
    if call.has_version(version) {
        return Ok(render::not_modified(version));
    }
    Ok(render::tagged(StatusCode::OK, version, &OldOrder::from(&view)))
}

async fn place(call: Call, Payload(order): Payload<NewOrder>) -> Answer {
    let meta = call.meta().await?;
    let dry_run = meta.dry_run;
    let receipt = call.orders.place(&call.who, order, meta).await?;
    let location = call.below(receipt.order.id().as_str());
    Ok(render::placed(&receipt, dry_run, &location, |order| {
        render::tagged(StatusCode::CREATED, order.version, &OldOrder::from(order))
    }))
}
