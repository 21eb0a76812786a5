//! What REST does that no field of GraphQL stands for.

/// Routes that no field of their own stands for.
pub(crate) const LEFT_OUT: &[&str] = &[
    // What is asked of a server, not of the use cases.
    "GET /health",
    "GET /livez",
    "GET /readyz",
    "GET /openapi.json",
    "GET /docs",
    "GET /graphql",
    "GET /graphql/schema",
    "POST /graphql",
    // Signed byte by byte by somebody who knows no GraphQL.
    "POST /payments/callbacks/{provider}",
    // `orders` with a filter.
    "GET /orders/search",
    "GET /orders/product/{productId}",
    "GET /orders/history/{customerId}",
    "GET /users/{userId}/orders",
    // `actions` of an order.
    "GET /orders/{id}/actions",
    // `deliverOrder` with a shipment.
    "POST /orders/{id}/shipments/{shipmentId}/deliver",
    // The same as another method at the same path.
    "PUT /orders/{id}/status",
    "PUT /users/{id}",
    "PUT /products/{id}",
];
