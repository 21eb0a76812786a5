//! What every handler needs of a request besides its body.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts, OriginalUri, RawPathParams},
    http::{HeaderMap, request::Parts},
    response::Response,
};
use order_core::{
    Command, LineQuantity, Meta, Money, Orders, PaymentId, Principal, Receipt, Rejection,
    ServiceError, Steering, ports::OrderView,
};

use super::{
    condition::{IfMatch, conditions, idempotency_key, if_match, matches_none},
    query::{Query, encode},
};
use crate::{
    access,
    error::ApiError,
    request::{Amount, Pick, Picked},
    rest::{Answer, render},
};

const DRY_RUN: &[&str] = &["dryRun", "dry_run"];

/// What a command did, or would do.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) receipt: Receipt,
    pub(crate) dry_run: bool,
}

impl Done {
    /// As REST answers.
    pub(crate) fn render(&self) -> Response {
        render::receipt(&self.receipt, self.dry_run)
    }
}

/// A request of a known caller.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) who: Principal,
    pub(crate) query: Query,
    params: Vec<(Box<str>, Box<str>)>,
    headers: HeaderMap,
    uri: OriginalUri,
}

impl<S: Send + Sync> FromRequestParts<S> for Call
where
    Arc<dyn Orders>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let who = access::caller(&parts.extensions)?;
        let query = Query::parse(parts.uri.query().unwrap_or_default())?;
        let params = params(parts).await?;
        let uri = OriginalUri::from_request_parts(parts, state).await;
        let uri = uri.unwrap_or_else(|never| match never {});
        let orders = Arc::from_ref(state);
        Ok(Self { orders, who, query, params, headers: conditions(&parts.headers), uri })
    }
}

async fn params(parts: &mut Parts) -> Result<Vec<(Box<str>, Box<str>)>, ApiError> {
    use axum::extract::rejection::RawPathParamsRejection::MissingPathParams;
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(params) => Ok(params.iter().map(|(name, value)| (name.into(), value.into())).collect()),
        Err(MissingPathParams(_)) => Ok(Vec::new()),
        Err(_) => {
            let detail = "the path is not percent-encoded UTF-8";
            Err(ApiError::unreadable("request.path", detail))
        }
    }
}

#[cfg(feature = "graphql")]
impl Call {
    /// The call of somebody who did not ask by a path: with what would be its parameters, its query and
    /// its conditions.
    pub(crate) fn of(
        (orders, who): (Arc<dyn Orders>, Principal),
        params: &[(&str, &str)],
        query: Query,
        (key, version): (Option<&str>, Option<u64>),
    ) -> Result<Self, ApiError> {
        let params = params.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let headers = super::condition::headers_of(key, version)?;
        let uri = OriginalUri(axum::http::Uri::default());
        Ok(Self { orders, who, query, params: params.collect(), headers, uri })
    }
}

impl Call {
    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(known, _)| **known == *name);
        found.map_or("", |(_, value)| value)
    }

    /// The order's id or number.
    pub(crate) fn reference(&self) -> &str {
        self.param("id")
    }

    /// How a command is to be carried out. `If-Match` with several tags takes a look at the order.
    pub(crate) async fn meta(&self) -> Result<Meta, ApiError> {
        let key = idempotency_key(&self.headers)?;
        let dry_run = self.query.flag(DRY_RUN)?;
        let expected_version = match if_match(&self.headers)? {
            None | Some(IfMatch::Any) => None,
            Some(IfMatch::Versions(versions)) if versions.len() == 1 => versions.first().copied(),
            Some(IfMatch::Versions(versions)) => {
                let present = self.view().await?.order.version();
                let known = versions.iter().find(|version| **version == present);
                known.or(versions.first()).copied()
            }
        };
        Ok(Meta { key, expected_version, dry_run })
    }

    /// The version of a product or a user that a change is meant for.
    pub(crate) fn single_version(&self) -> Result<Option<u64>, ApiError> {
        match if_match(&self.headers)? {
            None | Some(IfMatch::Any) => Ok(None),
            Some(IfMatch::Versions(versions)) if versions.len() == 1 => Ok(Some(versions[0])),
            Some(IfMatch::Versions(_)) => {
                let detail = "If-Match takes one version here";
                Err(ApiError::unreadable("request.if_match", detail))
            }
        }
    }

    /// Whether the caller has this version already.
    pub(crate) fn has_version(&self, version: u64) -> bool {
        matches_none(&self.headers, version)
    }

    /// The order of this path, as it is read.
    pub(crate) async fn view(&self) -> Result<OrderView, ApiError> {
        Ok(self.orders.order(&self.who, self.reference(), None).await?)
    }

    /// Carries out a command on the order of this path.
    pub(crate) async fn run(&self, command: Command, meta: Meta) -> Result<Done, ApiError> {
        let dry_run = meta.dry_run;
        let receipt = self.orders.execute(&self.who, self.reference(), command, meta).await?;
        Ok(Done { receipt, dry_run })
    }

    /// The same of a command on a part of the order that is named in the path.
    pub(crate) async fn run_on_part(&self, command: Command) -> Result<Done, ApiError> {
        let meta = self.meta().await?;
        let dry_run = meta.dry_run;
        let done = self.orders.execute(&self.who, self.reference(), command, meta).await;
        Ok(Done { receipt: done.map_err(ApiError::part_in_path)?, dry_run })
    }

    /// Helps the process of the order of this path on.
    pub(crate) async fn steer(&self, steering: Steering) -> Result<Done, ApiError> {
        let meta = self.meta().await?;
        let dry_run = meta.dry_run;
        let receipt = self.orders.steer(&self.who, self.reference(), steering, meta).await?;
        Ok(Done { receipt, dry_run })
    }

    /// Carries out a command on the order of this path, and renders what came of it.
    pub(crate) async fn execute(&self, command: Command) -> Answer {
        Ok(self.run(command, self.meta().await?).await?.render())
    }

    /// The same of a command on a part of the order that is named in the path.
    pub(crate) async fn execute_on_part(&self, command: Command) -> Answer {
        Ok(self.run_on_part(command).await?.render())
    }

    /// An id in the path of a part of the order. One that breaks the rules names nothing.
    pub(crate) fn part<T>(&self, name: &str, what: &'static str) -> Result<T, ApiError>
    where
        T: for<'t> TryFrom<&'t str>,
    {
        T::try_from(self.param(name)).map_err(|_| no_such(what, self.param(name)))
    }

    /// An amount in its currency, which is the order's if the caller named none.
    pub(crate) async fn money(&self, amount: Option<Amount>) -> Result<Option<Money>, ApiError> {
        let Some(Amount { text, currency }) = amount else { return Ok(None) };
        let currency = match currency {
            Some(currency) => currency,
            None => self.view().await?.order.currency(),
        };
        let money = Money::parse(&text, currency);
        money.map(Some).map_err(|error| ApiError::field("/amount", error.code(), error.to_string()))
    }

    /// Makes sure that the order has a payment.
    pub(crate) async fn require_payment(&self, id: &PaymentId) -> Result<(), ApiError> {
        let view = self.view().await?;
        if view.order.payments().iter().any(|payment| payment.id == *id) {
            return Ok(());
        }
        Err(no_such("payment", id.as_str()))
    }

    /// The lines that are meant; a look at the order is taken if some are named by their product.
    pub(crate) async fn lines(
        &self,
        picks: Option<Vec<Pick>>,
    ) -> Result<Option<Vec<LineQuantity>>, ApiError> {
        let Some(picks) = picks else { return Ok(None) };
        let by_product = picks.iter().any(|pick| matches!(pick.line, Picked::Product(_)));
        let view = if by_product { Some(self.view().await?) } else { None };
        let resolve = |(at, pick)| resolve(at, pick, view.as_ref());
        picks.into_iter().enumerate().map(resolve).collect::<Result<_, _>>().map(Some)
    }

    /// The path of this request and a segment more, for `Location`.
    pub(crate) fn below(&self, segment: &str) -> String {
        below(&self.uri, segment)
    }

    /// This request's query with another cursor, for `Link`.
    pub(crate) fn next_link(&self, cursor: &str) -> String {
        let mut link = String::from("<?cursor=");
        link.push_str(cursor);
        for (name, value) in self.query.without(&["cursor", "page"]) {
            link.push('&');
            encode(name, &mut link);
            link.push('=');
            encode(value, &mut link);
        }
        link.push_str(">; rel=\"next\"");
        link
    }
}

/// A path and a segment more.
pub(crate) fn below(uri: &OriginalUri, segment: &str) -> String {
    let mut path = uri.path().trim_end_matches('/').to_owned();
    path.push('/');
    encode(segment, &mut path);
    path
}

fn no_such(what: &'static str, id: &str) -> ApiError {
    ApiError::part_in_path(ServiceError::from(Rejection::NoSuch { what, id: id.into() }))
}

fn resolve(at: usize, pick: Pick, view: Option<&OrderView>) -> Result<LineQuantity, ApiError> {
    let Pick { line, quantity } = pick;
    let product_id = match line {
        Picked::Line(line_id) => return Ok(LineQuantity { line_id, quantity }),
        Picked::Product(product_id) => product_id,
    };
    let lines = view.map_or(&[][..], |view| view.order.lines());
    let mut same = lines.iter().filter(|line| line.product_id == product_id);
    let refuse =
        |code, detail| Err(ApiError::field(format!("/items/{at}/productId"), code, detail));
    match (same.next(), same.next()) {
        (Some(line), None) => Ok(LineQuantity { line_id: line.id.clone(), quantity }),
        (None, _) => {
            refuse("order.part_not_found", format!("the order has no line of {product_id}"))
        }
        (Some(_), Some(_)) => {
            let detail = format!("the order has several lines of {product_id}: give the lineId");
            refuse("request.ambiguous", detail)
        }
    }
}
