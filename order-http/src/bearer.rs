//! Sign-in by bearer token, as a layer for whoever wants it.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, header::AUTHORIZATION},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use order_core::{
    Principal, ServiceError,
    ports::{Authenticator, CredentialError},
};

use crate::{access::Denied, error::ApiError, feed::Pass};

/// Puts sign-in by `Authorization: Bearer …` in front of a router: who shows a token that counts is
/// the caller, whoever shows none is nobody. A token that does not count is refused by every route
/// that needs a caller.
pub fn bearer(router: Router, authenticator: Arc<dyn Authenticator>) -> Router {
    router.layer(from_fn_with_state(authenticator, identify))
}

async fn identify(
    State(authenticator): State<Arc<dyn Authenticator>>,
    mut request: Request,
    next: Next,
) -> Response {
    let shown = match token_of(request.headers()) {
        Ok(None) => None,
        Ok(Some(token)) => {
            let known = authenticator.authenticate(token).await;
            Some(known.map(|who| (who, Pass::new(Arc::clone(&authenticator), token))))
        }
        Err(error) => Some(Err(error)),
    };
    let extensions = request.extensions_mut();
    // Only a token says who is calling.
    extensions.remove::<Principal>();
    match shown {
        None => {}
        Some(Ok((who, pass))) => {
            extensions.insert(who);
            extensions.insert(pass);
        }
        Some(Err(error)) => {
            extensions.insert(Denied(ApiError::from(ServiceError::from(error))));
        }
    }
    next.run(request).await
}

/// The token that a request shows, if it shows one.
fn token_of(headers: &HeaderMap) -> Result<Option<&str>, CredentialError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(CredentialError::Refused("there are several"));
    }
    let scheme_and_token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match scheme_and_token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(CredentialError::Refused("it is not of the form `Bearer TOKEN`")),
    }
}
