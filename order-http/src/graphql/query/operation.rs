//! What operators look at.

use async_graphql::{Context, ID, Object};

use super::page_cost;
use crate::{
    error::ApiError,
    graphql::{
        caller::Caller,
        operation::{AuditPage, Finding, OrderVerification, Outbox, PaymentNotice, ProcessPage},
        scalar::Long,
    },
    rest::{admin::verify_of, audit, outbox, processes},
};

/// How many are on a page if the caller does not say.
const PAGE_DEFAULT: u32 = 200;
/// The same of the audit log.
const AUDIT_DEFAULT: u32 = 50;
/// What it costs to examine a store, which looks at all of its indexes.
const FINDINGS_COST: usize = 1_000;

/// What operators look at.
#[derive(Debug, Default)]
pub(crate) struct OperationQueries;

#[Object]
impl OperationQueries {
    /// Orders that something is to happen to by itself, a page at a time.
    #[graphql(complexity = "page_cost(first, PAGE_DEFAULT, child_complexity)")]
    async fn processes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those that somebody has to look at.", default)] attention: bool,
        #[graphql(desc = "How many: 1 to 200, 200 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `next` of the page before.")] after: Option<ID>,
    ) -> Option<Result<ProcessPage, ApiError>> {
        let answer = async {
            let limit = first.map(|first| first.to_string());
            let asked = [
                ("attention", Some(attention.to_string())),
                ("limit", limit),
                ("after", after.map(|id| id.0)),
            ];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(processes::page(&call).await?.into())
        };
        Some(answer.await)
    }

    /// Notices of payment providers that are in no order, the oldest first.
    #[graphql(complexity = "page_cost(first, PAGE_DEFAULT, child_complexity)")]
    async fn payment_notices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 200, 200 if absent.")] first: Option<u32>,
    ) -> Option<Result<Vec<PaymentNotice>, ApiError>> {
        let answer = async {
            let limit = first.map(|first| first.to_string());
            let call = Caller::call_about(ctx, &[], &[("limit", limit)]).await?;
            let notices = processes::notices_of(&call).await?.notices;
            Ok(notices.into_iter().map(Into::into).collect())
        };
        Some(answer.await)
    }

    /// How relays are doing, and the orders that they hold, a page of them at a time.
    #[graphql(complexity = "page_cost(first, PAGE_DEFAULT, child_complexity)")]
    async fn outbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Held orders of this relay; of all if absent.")] relay: Option<ID>,
        #[graphql(desc = "Only orders that wait for somebody.", default)] parked: bool,
        #[graphql(desc = "How many held orders: 1 to 200, 200 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `next` of the page before, with `relay`.")] after: Option<ID>,
    ) -> Option<Result<Outbox, ApiError>> {
        let answer = async {
            let asked = [
                ("relay", relay.map(|id| id.0)),
                ("parked", Some(parked.to_string())),
                ("limit", first.map(|first| first.to_string())),
                ("after", after.map(|id| id.0)),
            ];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(outbox::page(&call).await?.into())
        };
        Some(answer.await)
    }

    /// What people did that is in no order's history, the newest first, a page at a time.
    #[graphql(complexity = "page_cost(first, AUDIT_DEFAULT, child_complexity)")]
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What this one did.")] actor: Option<String>,
        #[graphql(desc = "One action, such as `user.role_changed`.")] action: Option<String>,
        #[graphql(desc = "How many: 1 to 200, 50 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `next` of the page before.")] after: Option<Long>,
    ) -> Option<Result<AuditPage, ApiError>> {
        let answer = async {
            let asked = [
                ("actor", actor),
                ("action", action),
                ("limit", first.map(|first| first.to_string())),
                ("after", after.map(|after| after.0.to_string())),
            ];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(audit::page(&call).await?.into())
        };
        Some(answer.await)
    }

    /// Folds histories and compares them with what serves reads, a page of orders at a time.
    #[graphql(complexity = "page_cost(first, PAGE_DEFAULT, 1).saturating_add(child_complexity)")]
    async fn verify_orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 1000, 200 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `next` of the page before.")] after: Option<ID>,
    ) -> Option<Result<OrderVerification, ApiError>> {
        let answer = async {
            let limit = first.map(|first| first.to_string());
            let asked = [("limit", limit), ("after", after.map(|id| id.0))];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(verify_of(&call).await?.into())
        };
        Some(answer.await)
    }

    /// What an operator should know of the store: settings that endanger durability, missing indexes,
    /// stuck orders.
    #[graphql(complexity = "FINDINGS_COST + child_complexity")]
    async fn store_findings(&self, ctx: &Context<'_>) -> Option<Result<Vec<Finding>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            Caller::listed(ctx, &call.orders.doctor(&call.who).await?)
        };
        Some(answer.await)
    }
}
