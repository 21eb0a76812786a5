//! Lists and search.

use order_core::{
    CustomerId, FulfillmentStatus, PaymentStatus, ProductId, Status,
    ports::{OrderPage, OrderQuery, Sort, Start},
    search,
};

use super::{Answer, render};
use crate::{
    body::{OrderBody, OrderListBody},
    error::ApiError,
    extract::{Call, order_cursor, read_order_cursor, refuse},
    openapi::{Doc, Parameters, Routes},
};

/// How many are on a page if the caller does not say.
pub(super) const LIMIT_DEFAULT: u32 = 20;

const CUSTOMER: &[&str] = &["customerId", "userId", "user_id", "customer_id"];
const PRODUCT: &[&str] = &["productId", "product_id"];
const Q: &[&str] = &["q"];

const FILTERS: Parameters = &[
    ("customerId", "Those of a customer; also `userId`."),
    ("productId", "Those with a line of a product."),
    ("status", "Those in a status, in any case."),
    ("paymentStatus", "Those in a payment status."),
    ("fulfillmentStatus", "Those in a fulfillment status."),
    ("placedFrom", "Those placed at this time or later: RFC 3339, or a day."),
    ("placedTo", "Those placed before this time."),
    (
        "q",
        "Those with every one of these words at the beginning of a word: id, number, customer, \
           e-mail, name, product, tracking number, tag, note.",
    ),
];
const PAGING: Parameters = &[
    ("sort", "`newest` (if absent) or `oldest`."),
    ("limit", "How many on a page: 1 to 200, 20 if absent."),
    ("cursor", "Where the page begins: the `nextCursor` of the page before."),
    ("page", "The number of the page instead, from 1: costs as much as what it skips."),
];

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| {
        let doc = Doc::new(id, "lists", summary).query(FILTERS).query(PAGING);
        doc.answers::<OrderListBody>(200, "A page of orders.")
    };
    routes
        .get("/orders", list, doc("listOrders", "List and search orders"))
        .get("/orders/search", search, doc("searchOrders", "Search orders; `q` must be given"))
        .get(
            "/orders/product/{productId}",
            of_product,
            doc("listProductOrders", "List the orders of a product"),
        )
        .get("/users/{userId}/orders", of_user, doc("listUserOrders", "List a customer's orders"))
        .get(
            "/orders/history/{customerId}",
            history,
            doc("listCustomerHistory", "List a customer's orders by number of the page"),
        )
}

/// A query and the number of the page it is for, if it is for a page by number.
pub(super) struct Asked {
    pub(super) query: OrderQuery,
    page: Option<u32>,
}

/// Reads what list the caller wants.
pub(super) fn asked(call: &Call) -> Result<Asked, ApiError> {
    let asked = &call.query;
    let words = asked.get(Q)?.map(search::words).unwrap_or_default();
    let sort = read_sort(call)?;
    let limit = asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT);
    let page = asked.number(&["page"], "page.offset_out_of_range")?;
    let start = match (asked.get(&["cursor"])?, page) {
        (Some(cursor), None) => Start::After(read_order_cursor(sort, cursor)?),
        (None, page) => skipping(page, limit)?,
        (Some(_), Some(_)) => {
            let detail = "give a cursor or a page, not both";
            return Err(refuse(&["page"], "request.ambiguous", detail));
        }
    };
    let query = OrderQuery {
        customer_id: asked.text(CUSTOMER)?,
        product_id: asked.text(PRODUCT)?,
        status: asked.word::<Status>(&["status"], "status.unknown")?,
        payment_status: asked
            .word::<PaymentStatus>(&["paymentStatus", "payment_status"], "status.unknown")?,
        fulfillment_status: asked.word::<FulfillmentStatus>(
            &["fulfillmentStatus", "fulfillment_status"],
            "status.unknown",
        )?,
        placed_from: asked.time(&["placedFrom", "placed_from"])?,
        placed_to: asked.time(&["placedTo", "placed_to"])?,
        words,
        sort,
        start,
        limit,
    };
    Ok(Asked { query, page })
}

fn read_sort(call: &Call) -> Result<Sort, ApiError> {
    match call.query.get(&["sort"])? {
        None | Some("newest" | "-placedAt") => Ok(Sort::Newest),
        Some("oldest" | "placedAt") => Ok(Sort::Oldest),
        Some(_) => Err(refuse(&["sort"], "query.word", "this must be newest or oldest")),
    }
}

fn skipping(page: Option<u32>, limit: u32) -> Result<Start, ApiError> {
    match page {
        None => Ok(Start::First),
        Some(0) => Err(refuse(&["page"], "page.number_out_of_range", "pages count from 1")),
        Some(page) => Ok(Start::Offset((page - 1).saturating_mul(limit))),
    }
}

/// Asks for the list and shows it.
async fn answer(call: &Call, asked: Asked) -> Answer {
    let Asked { query, page } = asked;
    let (limit, sort) = (query.limit, query.sort);
    let OrderPage { orders, next } = call.orders.list(&call.who, query).await?;
    Ok(render::ok(&OrderListBody {
        orders: orders.iter().map(|view| OrderBody::new(&view.order, &view.person)).collect(),
        page,
        limit,
        has_more: next.is_some(),
        next_cursor: next.map(|cursor| order_cursor(sort, &cursor)),
    }))
}

async fn list(call: Call) -> Answer {
    let asked = asked(&call)?;
    answer(&call, asked).await
}

async fn search(call: Call) -> Answer {
    let asked = asked(&call)?;
    if asked.query.words.is_empty() {
        return Err(refuse(Q, "query.missing", "q must have a word to search for"));
    }
    answer(&call, asked).await
}

async fn of_product(call: Call) -> Answer {
    let mut asked = asked(&call)?;
    // No order has a product of a name that breaks the rules.
    match ProductId::try_from(call.param("productId")) {
        Ok(product) => asked.query.product_id = Some(product),
        Err(error) => return Err(refuse(PRODUCT, error.code(), error)),
    }
    answer(&call, asked).await
}

async fn of_user(call: Call) -> Answer {
    let asked = of_customer(&call, "userId")?;
    answer(&call, asked).await
}

async fn history(call: Call) -> Answer {
    let mut asked = of_customer(&call, "customerId")?;
    if asked.page.is_none() && call.query.get(&["cursor"])?.is_none() {
        asked.page = Some(1);
    }
    answer(&call, asked).await
}

fn of_customer(call: &Call, param: &str) -> Result<Asked, ApiError> {
    let mut asked = asked(call)?;
    match CustomerId::try_from(call.param(param)) {
        Ok(customer) => asked.query.customer_id = Some(customer),
        Err(error) => return Err(refuse(CUSTOMER, error.code(), error)),
    }
    Ok(asked)
}
