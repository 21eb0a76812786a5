//! What the books say.

use async_graphql::{Context, ID, Object};

use super::page_cost;
use crate::{
    error::ApiError,
    graphql::{
        books::{CreditNotePage, OrderReport, RefusedRow},
        caller::Caller,
        word::{ReportBy, in_rest},
    },
    rest::admin::{credit_notes_of, stats_of},
};

/// How many credit notes are on a page if the caller does not say.
const CREDIT_NOTES_DEFAULT: u32 = 200;

/// What the books say.
#[derive(Debug, Default)]
pub(crate) struct BookQueries;

#[Object]
impl BookQueries {
    /// Numbers by month, country or status.
    #[graphql(complexity = "100 + child_complexity")]
    async fn order_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Months if absent.")] by: Option<ReportBy>,
        #[graphql(desc = "From this time on: RFC 3339, or a day.")] from: Option<String>,
        #[graphql(desc = "Before this time.")] to: Option<String>,
    ) -> Option<Result<OrderReport, ApiError>> {
        let answer = async {
            let asked = [("by", by.and_then(in_rest)), ("from", from), ("to", to)];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(stats_of(&call).await?.into())
        };
        Some(answer.await)
    }

    /// Credit notes that belong to no order, a page at a time.
    #[graphql(complexity = "page_cost(first, CREDIT_NOTES_DEFAULT, child_complexity)")]
    async fn credit_notes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 200, 200 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `next` of the page before.")] after: Option<ID>,
    ) -> Option<Result<CreditNotePage, ApiError>> {
        let answer = async {
            let limit = first.map(|first| first.to_string());
            let asked = [("limit", limit), ("after", after.map(|id| id.0))];
            let call = Caller::call_about(ctx, &[], &asked).await?;
            Ok(credit_notes_of(&call).await?.into())
        };
        Some(answer.await)
    }

    /// The rows that imports refused, by source and line.
    #[graphql(complexity = "100 + child_complexity")]
    async fn refused_rows(&self, ctx: &Context<'_>) -> Option<Result<Vec<RefusedRow>, ApiError>> {
        let answer = async {
            let call = Caller::call(ctx).await?;
            Caller::listed(ctx, &call.orders.refused_rows(&call.who).await?)
        };
        Some(answer.await)
    }
}
