//! Who is to be forgotten.

use std::fmt;

use order_core::DataSubject;
use serde::Serialize;
use utoipa::ToSchema;

use super::Read;
use crate::extract::Fields;

const CUSTOMER: &[&str] = &["customerId", "customer_id"];
const ORDER: &[&str] = &["orderId", "order_id"];
const EMAIL: &[&str] = &["email"];

/// Who is to be forgotten: just one of `customerId`, `orderId` and `email`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EraseRequest {
    /// A customer: the personal data of all their orders, and their account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Whoever is behind one order, named by its id or its number: a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Whoever has this e-mail address, in any case: their account, its orders, and every order that
    /// carries the address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether to clean the files as well; so if absent. `false` for all but the last of many people:
    /// a SQLite file is written anew, which takes a while if it is large.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<bool>,
}

impl fmt::Debug for EraseRequest {
    /// Says nothing of the person: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EraseRequest").field("sweep", &self.sweep).finish_non_exhaustive()
    }
}

/// Who is to be forgotten, and whether to clean up at once.
#[derive(Debug)]
pub(crate) struct Erase {
    pub(crate) subject: DataSubject,
    pub(crate) sweep: bool,
}

impl Read for Erase {
    type Doc = EraseRequest;
    const OPTIONAL: bool = false;

    fn read(fields: Fields<'_>) -> Option<Self> {
        let sweep = fields.get(&["sweep"]).map_or(Some(true), |value| value.flag());
        let named = [CUSTOMER, ORDER, EMAIL].map(|names| fields.get(names));
        let [customer, order, email] = &named;
        if let Some(second) = named.iter().flatten().nth(1) {
            second.fault(
                "erase.one_person",
                "say customerId, orderId or email, and only one of them",
            );
            return None;
        }
        let subject = match (customer, order, email) {
            (Some(id), ..) => id.text().map(DataSubject::CustomerId),
            (_, Some(id), _) => id.text().map(DataSubject::OrderId),
            (.., Some(email)) => email.typed().map(DataSubject::Email),
            (None, None, None) => {
                fields.missing("customerId");
                None
            }
        };
        Some(Self { subject: subject?, sweep: sweep? })
    }
}
