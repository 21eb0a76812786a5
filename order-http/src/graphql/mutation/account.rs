//! Accounts.

use async_graphql::{Context, ID, Object};
use order_core::{NewUser, UserChange, Users};

use super::COST;
use crate::{
    body::{SignedInBody, UserBody},
    error::ApiError,
    extract::reread,
    graphql::{
        account::{Account, AccountInput, SignInInput, SignedIn, UpdateAccountInput},
        caller::Caller,
    },
    request::SignIn,
    rest::users::id_of,
};

/// What it costs to keep or to check a password: it is hashed, which is made to be slow.
const HASH_COST: usize = 5_000;

/// Accounts.
#[derive(Debug, Default)]
pub(crate) struct Accounts;

#[Object]
impl Accounts {
    /// Gives a token for an e-mail address and a password. Nobody need be signed in.
    #[graphql(complexity = "HASH_COST + child_complexity")]
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        input: SignInInput,
    ) -> Option<Result<SignedIn, ApiError>> {
        let answer = async {
            let (_, users) = Caller::visit::<dyn Users>(ctx).await?;
            let SignIn { email, password } = reread(&input)?;
            Caller::of(ctx)?.count_attempt()?;
            Ok(SignedInBody::from(users.sign_in(&email, &password).await?).into())
        };
        Some(answer.await)
    }

    /// Makes an account: a customer's, also if nobody is signed in, or as an administrator any.
    #[graphql(complexity = "HASH_COST + child_complexity")]
    async fn add_account(
        &self,
        ctx: &Context<'_>,
        input: AccountInput,
    ) -> Option<Result<Account, ApiError>> {
        let answer = async {
            let (who, users) = Caller::visit::<dyn Users>(ctx).await?;
            let user = reread::<NewUser>(&input)?;
            if who.is_none() {
                Caller::of(ctx)?.count_attempt()?;
            }
            let user = users.register(who.as_ref(), user).await?;
            Ok(UserBody::from(user).into())
        };
        Some(answer.await)
    }

    /// Changes an account: one's own, or as an administrator anybody's.
    #[graphql(complexity = "HASH_COST + child_complexity")]
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateAccountInput,
        expected_version: Option<u64>,
    ) -> Option<Result<Account, ApiError>> {
        let answer = async {
            let (call, users) = Caller::call_to::<dyn Users>(ctx, &[("id", &id)], &[]).await?;
            let (id, change) = (id_of(&call)?, reread::<UserChange>(&input)?);
            let user = users.change_user(&call.who, &id, change, expected_version).await?;
            Ok(UserBody::from(user).into())
        };
        Some(answer.await)
    }

    /// Removes an account, and what is known of the person through it. Orders stay.
    #[graphql(complexity = "COST + child_complexity")]
    async fn remove_account(
        &self,
        ctx: &Context<'_>,
        id: ID,
        expected_version: Option<u64>,
    ) -> Option<Result<ID, ApiError>> {
        let answer = async {
            let (call, users) = Caller::call_to::<dyn Users>(ctx, &[("id", &id)], &[]).await?;
            users.remove_user(&call.who, &id_of(&call)?, expected_version).await?;
            Ok(id)
        };
        Some(answer.await)
    }
}
