//! The OpenAPI document and the page that shows it, without loading anything from elsewhere.

use std::sync::{Arc, LazyLock};

use axum::{
    body::Body,
    extract::{OriginalUri, RawPathParams, State},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION},
    },
    response::{IntoResponse, Response},
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::{Answer, Api, not_found};
use crate::openapi::{Doc, Routes};

/// Holds the page to its promise.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     frame-ancestors 'self'",
);

/// Relative to the page, so that it is found wherever a host nests the routes.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("../openapi.json").validator_url("none").use_base_layout();
    Arc::new(config.try_it_out_enabled(true).deep_linking(true).display_operation_id(true))
});

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "operations", summary).public();
    routes
        .get(
            "/openapi.json",
            document,
            doc("showOpenApi", "This document").answers_plainly(200, "OpenAPI 3.1."),
        )
        .get(
            "/docs",
            page,
            doc("showDocs", "A page that shows this document")
                .answers_plainly(307, "Where the page is."),
        )
        .file("/docs/", index)
        .file("/docs/{*file}", file)
}

/// The document without its servers, which depend on where a host nests the routes.
pub(super) fn text(document: &OpenApi) -> String {
    // Plain data with text keys is always JSON.
    document.to_json().unwrap_or_default()
}

async fn document(State(api): State<Api>, OriginalUri(uri): OriginalUri) -> Answer {
    let base = uri.path().strip_suffix("/openapi.json").unwrap_or_default();
    let base = serde_json::to_string(if base.is_empty() { "/" } else { base }).unwrap_or_default();
    let rest = api.document.strip_prefix('{').unwrap_or_default();
    let text = format!("{{\"servers\":[{{\"url\":{base}}}],{rest}");
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}

async fn page() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "docs/")]).into_response()
}

async fn index() -> Answer {
    serve("index.html").await
}

async fn file(params: RawPathParams) -> Answer {
    let name = params.iter().find(|(name, _)| *name == "file").map(|(_, file)| file.to_owned());
    serve(&name.unwrap_or_default()).await
}

async fn serve(name: &str) -> Answer {
    let Ok(Some(SwaggerFile { bytes, content_type, .. })) =
        utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
    else {
        return Err(not_found().await);
    };
    let mut response = Response::new(Body::from(bytes.into_owned()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    if let Ok(kind) = HeaderValue::try_from(content_type) {
        headers.insert(CONTENT_TYPE, kind);
    }
    Ok(response)
}
