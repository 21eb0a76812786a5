//! Numbers over all orders: by period, product, customer and country, and what became of orders.

use std::sync::Arc;

use axum::{
    extract::{FromRef, FromRequestParts},
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_TYPE, VARY},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use order_core::{
    Analytics, Currency, FunnelQuery, Ranked, RankingQuery, RevenueQuery, Timestamp,
    analytics::Period,
    ports::{Clock as _, RankBy, SystemClock},
};

use super::{Answer, admin::limit_of, render};
use crate::{
    body::{
        AsOfBody, FiguresBody, FunnelBody, PeriodBody, RankingBody, RevenueBody, SummaryBody,
        TotalBody, open,
    },
    error::ApiError,
    extract::{Call, Interval, Payload, Zone, periods, refuse},
    openapi::{Doc, Parameters, Routes},
    request::{EmptyRequest, Nothing},
};

/// How many keys are ranked if the caller does not say.
const LIMIT_DEFAULT: u32 = 20;
const CSV: &str = "text/csv";

const CURRENCY: (&str, &str) = ("currency", "Figures in this currency alone.");
const FORMAT: (&str, &str) = ("format", "`json` (if absent) or `csv`, as with `Accept: text/csv`.");
const ZONE: (&str, &str) =
    ("zone", "The zone of days: a name such as `Europe/Berlin`, or an offset; `UTC` if absent.");
const DAYS: Parameters = &[
    ("from", "From this day of UTC on, or from the beginning of it: RFC 3339, or a day."),
    ("to", "Before this day, or up to the end of it."),
    CURRENCY,
    FORMAT,
];
const RANKING: Parameters = &[
    ("sort", "`sales` (if absent), `units` or `orders`: the highest first."),
    ("limit", "How many in each currency: 1 to 1000, 20 if absent."),
];

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "analytics", summary);
    let ranking = |id, summary| {
        let doc = doc(id, summary).query(DAYS).query(RANKING);
        doc.answers::<RankingBody>(200, "The ranking, in each currency by itself.")
    };
    routes
        .get(
            "/analytics/summary",
            summary,
            doc("showSummary", "The sums of a period")
                .query(&[
                    ("from", "From this time on: RFC 3339, or a day of the zone."),
                    ("to", "Before this time."),
                    ZONE,
                    CURRENCY,
                    FORMAT,
                ])
                .answers::<SummaryBody>(200, "The sums in each currency."),
        )
        .get(
            "/analytics/revenue",
            revenue,
            doc("showRevenue", "The sums by hour, day, week or month")
                .query(&[
                    ("interval", "`hour`, `day` (if absent), `week` (from Monday) or `month`."),
                    (
                        "from",
                        "From this time on: RFC 3339, or a day of the zone; if absent, the last 24 \
                         hours, 30 days, 12 weeks or 12 months.",
                    ),
                    ("to", "Before this time; up to now if absent."),
                    ZONE,
                    CURRENCY,
                    FORMAT,
                ])
                .answers::<RevenueBody>(200, "The sums by period and currency."),
        )
        .get(
            "/analytics/products",
            products,
            ranking("rankProducts", "The products that sell best"),
        )
        .get(
            "/analytics/customers",
            customers,
            ranking("rankCustomers", "The customers who buy most"),
        )
        .get(
            "/analytics/countries",
            countries,
            ranking("rankCountries", "The countries that are sold to most"),
        )
        .get(
            "/analytics/funnel",
            funnel,
            doc("showFunnel", "What became of the orders of a period, and how long it took")
                .query(DAYS)
                .answers::<FunnelBody>(200, "Orders by status, times to shipment and delivery."),
        )
        .post(
            "/admin/analytics/recount",
            recount,
            doc("recountAnalytics", "Forget all figures and count them anew")
                .about("The figures are short of what is not counted yet, as `asOf` says.")
                .takes::<EmptyRequest>(false)
                .answers::<AsOfBody>(200, "How far events are counted again."),
        )
}

/// Who answers.
struct Analyst(Arc<dyn Analytics>);

impl<S: Send + Sync> FromRequestParts<S> for Analyst
where
    Option<Arc<dyn Analytics>>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(_parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Option::from_ref(state) {
            Some(analytics) => Ok(Self(analytics)),
            None => Err(super::not_found().await),
        }
    }
}

async fn summary(call: Call, Analyst(analytics): Analyst, headers: HeaderMap) -> Answer {
    let is_csv = wants_csv(&call, &headers)?;
    let body = summary_of(&call, &*analytics).await?;
    if !is_csv {
        return Ok(json(&body));
    }
    let rows = body.totals.into_iter().map(|total| {
        let TotalBody { currency, figures } = total;
        std::iter::once(currency.to_string()).chain(figures.cells())
    });
    csv(std::iter::once("currency").chain(FiguresBody::COLUMNS), rows)
}

/// The sums that a call asks for.
pub(crate) async fn summary_of(
    call: &Call,
    analytics: &dyn Analytics,
) -> Result<SummaryBody, ApiError> {
    let zone = Zone::of(&call.query)?;
    let period = whole(zone.time(&call.query, &["from"])?, zone.time(&call.query, &["to"])?);
    let query = RevenueQuery { periods: vec![period], currency: currency(call)? };
    let revenue = analytics.revenue(&call.who, query).await?;
    let (from, to) = open(revenue.rows.first().map_or(period, |row| row.period));
    let total = |row: &order_core::RevenueRow| TotalBody {
        currency: row.currency,
        figures: FiguresBody::new(&row.figures, row.currency),
    };
    let totals = revenue.rows.iter().map(total).collect();
    Ok(SummaryBody { from, to, as_of: revenue.standing.into(), totals })
}

async fn revenue(call: Call, Analyst(analytics): Analyst, headers: HeaderMap) -> Answer {
    let is_csv = wants_csv(&call, &headers)?;
    let body = revenue_of(&call, &*analytics).await?;
    if !is_csv {
        return Ok(json(&body));
    }
    let rows = body.periods.into_iter().map(|row| {
        let PeriodBody { label, from, to, currency, figures } = row;
        let place = [label, from.to_string(), to.to_string(), currency.to_string()];
        place.into_iter().chain(figures.cells())
    });
    csv(["label", "from", "to", "currency"].into_iter().chain(FiguresBody::COLUMNS), rows)
}

/// The sums by period that a call asks for.
pub(crate) async fn revenue_of(
    call: &Call,
    analytics: &dyn Analytics,
) -> Result<RevenueBody, ApiError> {
    let zone = Zone::of(&call.query)?;
    let interval = call.query.word::<Interval>(&["interval"], "query.word")?;
    let interval = interval.unwrap_or(Interval::Day);
    let bounds = (zone.time(&call.query, &["from"])?, zone.time(&call.query, &["to"])?);
    let named = periods(&zone, interval, bounds, SystemClock.now())?;
    let periods = named.iter().map(|named| named.period).collect();
    let query = RevenueQuery { periods, currency: currency(call)? };
    let revenue = analytics.revenue(&call.who, query).await?;
    // Every period has as many rows as there are currencies.
    let currencies = (revenue.rows.len() / named.len().max(1)).max(1);
    let rows = named.iter().zip(revenue.rows.chunks(currencies));
    let rows = rows.flat_map(|(named, rows)| {
        rows.iter().map(move |row| PeriodBody::new(named, row.currency, &row.figures))
    });
    Ok(RevenueBody {
        interval: interval.to_string(),
        zone: zone.name().to_owned(),
        as_of: revenue.standing.into(),
        periods: rows.collect(),
    })
}

async fn products(call: Call, analyst: Analyst, headers: HeaderMap) -> Answer {
    ranked(Ranked::Products, call, analyst, headers).await
}

async fn customers(call: Call, analyst: Analyst, headers: HeaderMap) -> Answer {
    ranked(Ranked::Customers, call, analyst, headers).await
}

async fn countries(call: Call, analyst: Analyst, headers: HeaderMap) -> Answer {
    ranked(Ranked::Countries, call, analyst, headers).await
}

async fn ranked(of: Ranked, call: Call, Analyst(analytics): Analyst, headers: HeaderMap) -> Answer {
    let is_csv = wants_csv(&call, &headers)?;
    let body = ranking_of(of, &call, &*analytics).await?;
    if !is_csv {
        return Ok(json(&body));
    }
    let rows = body
        .rows
        .into_iter()
        .map(|row| [row.key, row.currency.to_string()].into_iter().chain(row.figures.cells()));
    csv(["key", "currency"].into_iter().chain(FiguresBody::COLUMNS), rows)
}

/// The ranking that a call asks for.
pub(crate) async fn ranking_of(
    of: Ranked,
    call: &Call,
    analytics: &dyn Analytics,
) -> Result<RankingBody, ApiError> {
    let by = match call.query.get(&["sort"])? {
        None | Some("sales") => RankBy::Sales,
        Some("units") => RankBy::Units,
        Some("orders") => RankBy::Orders,
        Some(_) => {
            let detail = "this must be sales, units or orders";
            return Err(refuse(&["sort"], "query.word", detail));
        }
    };
    let period = whole(call.query.time(&["from"])?, call.query.time(&["to"])?);
    let limit = limit_of(call, LIMIT_DEFAULT, order_core::RANKING_MAX)?;
    let query = RankingQuery { of, period, currency: currency(call)?, by, limit };
    Ok(RankingBody::new(of, analytics.ranking(&call.who, query).await?))
}

async fn funnel(call: Call, Analyst(analytics): Analyst, headers: HeaderMap) -> Answer {
    let is_csv = wants_csv(&call, &headers)?;
    let body = funnel_of(&call, &*analytics).await?;
    if !is_csv {
        return Ok(json(&body));
    }
    let rows = body.statuses.iter().map(|row| [row.status.to_string(), row.orders.to_string()]);
    csv(["status", "orders"], rows)
}

/// What became of the orders that a call asks about.
pub(crate) async fn funnel_of(
    call: &Call,
    analytics: &dyn Analytics,
) -> Result<FunnelBody, ApiError> {
    let period = whole(call.query.time(&["from"])?, call.query.time(&["to"])?);
    let query = FunnelQuery { period, currency: currency(call)? };
    Ok(analytics.funnel(&call.who, query).await?.into())
}

async fn recount(call: Call, Analyst(analytics): Analyst, _: Payload<Nothing>) -> Answer {
    Ok(render::ok(&AsOfBody::from(analytics.recount(&call.who).await?)))
}

/// A period with open ends.
fn whole(from: Option<Timestamp>, to: Option<Timestamp>) -> Period {
    Period { from: from.unwrap_or(Timestamp::MIN), to: to.unwrap_or(Timestamp::MAX) }
}

fn currency(call: &Call) -> Result<Option<Currency>, ApiError> {
    call.query.word(&["currency"], "money.unknown_currency")
}

/// Whether the caller takes a table: says so, or prefers it by its header.
fn wants_csv(call: &Call, headers: &HeaderMap) -> Result<bool, ApiError> {
    match call.query.get(&["format"])? {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(refuse(&["format"], "query.word", "this must be json or csv")),
        None => {
            let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
            let first = values.flat_map(|value| value.split(',')).next().unwrap_or_default();
            let kind = first.split(';').next().unwrap_or_default().trim();
            Ok(kind.eq_ignore_ascii_case(CSV))
        }
    }
}

fn json(body: &impl serde::Serialize) -> Response {
    let mut response = render::ok(body);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

/// A table with these columns. Texts that a spreadsheet would take for a formula are kept from it.
fn csv<R>(columns: impl IntoIterator<Item = &'static str>, rows: impl Iterator<Item = R>) -> Answer
where
    R: IntoIterator<Item = String>,
{
    let mut table = csv::Writer::from_writer(Vec::new());
    // What is written to memory arrives, and every row has as many cells as there are columns.
    let broken =
        |_| ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "server.render", "");
    table.write_record(columns).map_err(broken)?;
    for row in rows {
        table.write_record(row.into_iter().map(harmless)).map_err(broken)?;
    }
    let bytes = table.into_inner().unwrap_or_default();
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (VARY, "accept")];
    Ok((headers, bytes).into_response())
}

/// A text that is no number and begins as a formula does gets an apostrophe before it.
fn harmless(cell: String) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let is_number = cell.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_formula && !(cell.starts_with('-') && is_number) { format!("'{cell}") } else { cell }
}
