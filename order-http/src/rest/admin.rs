//! Reports, imports, checks and health.

use std::time::{Duration, Instant};

use axum::{extract::State, http::StatusCode};
use futures::future::{join, try_join_all};
use order_core::{
    ImportOutcome, ImportRecord, ServiceError, VERIFY_PAGE_MAX, VerifyPage,
    ports::{StatsBy, StatsQuery},
};

use tokio::time::timeout;

use super::{Answer, Api, render};
use crate::{
    body::{
        CheckBody, CreditNoteListBody, DoctorBody, HealthBody, ImportOutcomeListBody,
        RefusedRowListBody, StatsBody, TransitionListBody, VerifyBody,
    },
    error::ApiError,
    extract::{Call, Records, refuse},
    openapi::{Doc, Routes},
    request::ImportRequest,
};

/// How many records of one request are taken over at the same time.
const IMPORT_AT_ONCE: usize = 64;
/// The most credit notes on a page, and how many if the caller does not say.
const CREDIT_NOTES_MAX: u32 = 200;
const AFTER: (&str, &str) = ("after", "The last one seen: the `next` of the page before.");
/// How many orders are verified if the caller does not say.
const VERIFY_DEFAULT: u32 = 200;

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "operations", summary);
    health_routes(routes)
        .get(
            "/stats",
            stats,
            doc("showStats", "Numbers by month, country or status")
                .query(&[
                    ("by", "`month` (if absent), `country` or `status`."),
                    ("from", "From this time on: RFC 3339, or a day."),
                    ("to", "Before this time."),
                ])
                .answers::<StatsBody>(200, "The report."),
        )
        .get(
            "/credit-notes",
            credit_notes,
            doc("listCreditNotes", "List credit notes that belong to no order")
                .query(&[AFTER, ("limit", "How many on a page: 1 to 200, 200 if absent.")])
                .answers::<CreditNoteListBody>(200, "A page of credit notes, by id."),
        )
        .post(
            "/admin/import",
            import,
            doc("importRecords", "Take over records of another system")
                .about(
                    "Records of one kind are taken over at the same time; a return must come after \
                     the sales. Taking over the same record again does nothing, so a request that \
                     failed can be sent again.",
                )
                .takes::<ImportRequest>(true)
                .answers::<ImportOutcomeListBody>(200, "What became of each record, in order."),
        )
        .get(
            "/admin/verify",
            verify,
            doc("verifyOrders", "Fold histories and compare them with what serves reads")
                .query(&[AFTER, ("limit", "How many orders: 1 to 1000, 200 if absent.")])
                .answers::<VerifyBody>(200, "What was found."),
        )
        .get(
            "/admin/doctor",
            doctor,
            doc("examineStore", "What an operator should know of the store")
                .answers::<DoctorBody>(200, "What was found."),
        )
        .get(
            "/admin/refused-rows",
            refused_rows,
            doc("listRefusedRows", "List the rows that imports refused")
                .answers::<RefusedRowListBody>(200, "The rows."),
        )
}

fn health_routes(routes: Routes) -> Routes {
    let doc = |id, summary| {
        let doc = Doc::new(id, "operations", summary).public();
        doc.answers::<HealthBody>(200, "All is well.")
    };
    routes
        .get(
            "/health",
            health,
            doc("showHealth", "How the service and what it depends on are doing")
                .about(
                    "`degraded` is still 200: orders are taken while a broker, a cache or another \
                     service is away. Whatever is asked is asked once a second at most.",
                )
                .answers::<HealthBody>(503, "The store does not answer."),
        )
        .get("/readyz", ready, doc("showReadiness", "Whether the service and its store answer"))
        .get("/livez", live, doc("showLiveness", "Whether the process answers"))
        .get(
            "/transitions",
            transitions,
            Doc::new("listTransitions", "operations", "Every legal move of an order")
                .public()
                .answers::<TransitionListBody>(200, "The table."),
        )
}

async fn ready(State(api): State<Api>) -> Answer {
    api.orders.ping().await?;
    Ok(render::ok(&HealthBody::ok()))
}

/// How long the store is waited for.
const STORE_TIME: Duration = Duration::from_secs(2);

async fn health(State(api): State<Api>) -> Answer {
    let asked = Instant::now();
    let beside = async {
        match &api.health {
            Some(health) => health.look().await,
            None => HealthBody::ok(),
        }
    };
    let store = async {
        let pong = timeout(STORE_TIME, api.orders.ping()).await;
        CheckBody::new("database", matches!(pong, Ok(Ok(()))), asked.elapsed())
    };
    let (mut body, store) = join(beside, store).await;
    let is_up = store.is_up();
    body.checks.insert(0, store);
    if is_up {
        return Ok(render::ok(&body));
    }
    "down".clone_into(&mut body.status);
    Ok(render::json(StatusCode::SERVICE_UNAVAILABLE, &body))
}

async fn live() -> Answer {
    Ok(render::ok(&HealthBody::ok()))
}

async fn transitions() -> Answer {
    Ok(render::ok(&TransitionListBody::all()))
}

async fn stats(call: Call) -> Answer {
    Ok(render::ok(&stats_of(&call).await?))
}

/// The numbers that a call asks for.
pub(crate) async fn stats_of(call: &Call) -> Result<StatsBody, ApiError> {
    let by = match call.query.get(&["by"])? {
        None | Some("month") => StatsBy::Month,
        Some("country") => StatsBy::Country,
        Some("status") => StatsBy::Status,
        Some(_) => {
            let detail = "this must be month, country or status";
            return Err(refuse(&["by"], "query.word", detail));
        }
    };
    let (from, to) = (call.query.time(&["from"])?, call.query.time(&["to"])?);
    let report = call.orders.report(&call.who, StatsQuery { by, from, to }).await?;
    Ok(report.into())
}

/// The `limit` of a page that the use case does not check.
pub(super) fn limit_of(call: &Call, default: u32, max: u32) -> Result<u32, ApiError> {
    const CODE: &str = "page.limit_out_of_range";
    let limit = call.query.number(&["limit"], CODE)?.unwrap_or(default);
    if (1..=max).contains(&limit) {
        return Ok(limit);
    }
    Err(refuse(&["limit"], CODE, format!("the limit must be between 1 and {max}")))
}

async fn credit_notes(call: Call) -> Answer {
    Ok(render::ok(&credit_notes_of(&call).await?))
}

/// The page of credit notes that a call asks for.
pub(crate) async fn credit_notes_of(call: &Call) -> Result<CreditNoteListBody, ApiError> {
    let limit = limit_of(call, CREDIT_NOTES_MAX, CREDIT_NOTES_MAX)?;
    let after = call.query.text(&["after"])?;
    let credit_notes = call.orders.credit_notes(&call.who, after.as_ref(), limit).await?;
    let last = credit_notes.last().filter(|_| credit_notes.len() == limit as usize);
    let next = last.map(|note| note.id.clone());
    Ok(CreditNoteListBody { credit_notes, next })
}

async fn import(call: Call, Records(records): Records) -> Answer {
    Ok(render::ok(&ImportOutcomeListBody(outcomes_of(&call, records).await?)))
}

/// Takes records over, and says what became of each.
pub(crate) async fn outcomes_of(
    call: &Call,
    records: Vec<ImportRecord>,
) -> Result<Vec<ImportOutcome>, ApiError> {
    let mut outcomes = Vec::with_capacity(records.len());
    let done = take_over(call, records, &mut outcomes).await;
    let is_taken = |outcome: &&ImportOutcome| matches!(outcome, ImportOutcome::Taken);
    let taken = outcomes.iter().filter(is_taken).count() as u64;
    // Also of an import that ends half-way.
    let noted = call.orders.note_import(&call.who, taken).await;
    done.and(noted)?;
    Ok(outcomes)
}

/// Takes records over; those of one kind that follow each other at the same time.
async fn take_over(
    call: &Call,
    records: Vec<ImportRecord>,
    outcomes: &mut Vec<ImportOutcome>,
) -> Result<(), ServiceError> {
    let mut records = records.into_iter().peekable();
    while let Some(first) = records.next() {
        let kind = std::mem::discriminant(&first);
        let mut batch = vec![first];
        while batch.len() < IMPORT_AT_ONCE
            && let Some(next) =
                records.next_if(|record: &ImportRecord| std::mem::discriminant(record) == kind)
        {
            batch.push(next);
        }
        let taken = batch.into_iter().map(|record| call.orders.import(&call.who, record));
        outcomes.extend(try_join_all(taken).await?);
    }
    Ok(())
}

async fn verify(call: Call) -> Answer {
    Ok(render::ok(&verify_of(&call).await?))
}

/// What a verification of the orders that a call names finds.
pub(crate) async fn verify_of(call: &Call) -> Result<VerifyPage, ApiError> {
    let limit = limit_of(call, VERIFY_DEFAULT, VERIFY_PAGE_MAX)?;
    let after = call.query.text(&["after"])?;
    Ok(call.orders.verify(&call.who, after.as_ref(), limit).await?)
}

async fn doctor(call: Call) -> Answer {
    let findings = call.orders.doctor(&call.who).await?;
    Ok(render::ok(&DoctorBody { findings }))
}

async fn refused_rows(call: Call) -> Answer {
    let refused_rows = call.orders.refused_rows(&call.who).await?;
    Ok(render::ok(&RefusedRowListBody { refused_rows }))
}
