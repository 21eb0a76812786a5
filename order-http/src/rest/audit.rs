//! Forgetting people, and the log of administrative acts.

use order_core::ports::AuditQuery;

use super::{Answer, render};
use crate::{
    body::{AuditBody, ErasureBody},
    error::ApiError,
    extract::{Call, Payload},
    openapi::{Doc, Routes},
    request::{Erase, EraseRequest},
};

/// How many entries on a page if the caller does not say.
const LIMIT_DEFAULT: u32 = 50;

pub(super) fn routes(routes: Routes) -> Routes {
    let doc = |id, summary| Doc::new(id, "administration", summary);
    routes
        .post(
            "/admin/erase",
            erase,
            doc("erasePerson", "Forget a person")
                .about(
                    "The personal data of their orders goes, that of up to 200 orders a request, and \
                     then their account. Events, totals and products stay. Asking again is harmless; \
                     while `more` is true, ask again. What is written later is new data.",
                )
                .takes::<EraseRequest>(true)
                .conflicts()
                .answers::<ErasureBody>(200, "What was forgotten now."),
        )
        .get(
            "/admin/audit",
            audit,
            doc("listAudit", "List what people did that is in no order's history")
                .query(&[
                    ("actor", "What this one did."),
                    ("action", "One action, such as `user.role_changed`."),
                    ("after", "The last entry seen: the `next` of the page before."),
                    ("limit", "How many on a page: 1 to 200, 50 if absent."),
                ])
                .answers::<AuditBody>(200, "A page of entries, the newest first."),
        )
}

async fn erase(call: Call, Payload(Erase { subject, sweep }): Payload<Erase>) -> Answer {
    let erasure = call.orders.erase(&call.who, subject, sweep).await?;
    Ok(render::ok(&ErasureBody::from(erasure)))
}

async fn audit(call: Call) -> Answer {
    Ok(render::ok(&page(&call).await?))
}

/// The page of entries that a call asks for.
pub(crate) async fn page(call: &Call) -> Result<AuditBody, ApiError> {
    let asked = &call.query;
    let query = AuditQuery {
        actor: asked.text(&["actor"])?,
        act: asked.word(&["action"], "audit.action_unknown")?,
        after: asked.number(&["after"], "page.after_invalid")?,
        limit: asked.number(&["limit"], "page.limit_out_of_range")?.unwrap_or(LIMIT_DEFAULT),
    };
    let page = call.orders.audit_log(&call.who, query).await?;
    Ok(page.into())
}
