//! Accounts.

use async_graphql::{
    Context, ID, Object,
    connection::{Connection, Edge},
};
use order_core::Users;

use super::{FIRST_DEFAULT, page_cost};
use crate::{
    body::UserBody,
    error::ApiError,
    extract::user_cursor,
    graphql::{account::Account, caller::Caller},
    rest::users::{id_of, page},
};

/// Accounts.
#[derive(Debug, Default)]
pub(crate) struct AccountQueries;

#[Object]
impl AccountQueries {
    /// An account: one's own, or anybody's.
    async fn account(&self, ctx: &Context<'_>, id: ID) -> Option<Result<Account, ApiError>> {
        let answer = async {
            let (call, users) = Caller::call_to::<dyn Users>(ctx, &[("id", &id)], &[]).await?;
            Ok(UserBody::from(users.user(&call.who, &id_of(&call)?).await?).into())
        };
        Some(answer.await)
    }

    /// Accounts by id, a page at a time.
    #[graphql(complexity = "page_cost(first, FIRST_DEFAULT, child_complexity)")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The one with this e-mail address, in any case.")] email: Option<String>,
        #[graphql(desc = "How many: 1 to 200, 20 if absent.")] first: Option<u32>,
        #[graphql(desc = "The `endCursor` of the page before.")] after: Option<String>,
    ) -> Option<Result<Connection<String, Account>, ApiError>> {
        let answer = async {
            let is_first = after.is_none();
            let limit = first.map(|first| first.to_string());
            let asked = [("email", email), ("limit", limit), ("cursor", after)];
            let (call, users) = Caller::call_to::<dyn Users>(ctx, &[], &asked).await?;
            let body = page(&call, &*users).await?;
            let mut page = Connection::new(!is_first, body.has_more);
            let edge = |user: UserBody| Edge::new(user_cursor(&user.id), user.into());
            page.edges.extend(body.users.into_iter().map(edge));
            Ok(page)
        };
        Some(answer.await)
    }
}
