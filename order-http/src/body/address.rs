//! A postal address as clients write and see it.

use serde::Serialize;
use utoipa::ToSchema;

/// A postal address; every part is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddressBody {
    /// Whom it is addressed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Street and house number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123 Main St")]
    pub street: Option<String>,
    /// A second line for the street.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    /// The town.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Boston")]
    pub city: Option<String>,
    /// State, province or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The postal code; also read as `zip_code`, `zip`, `postalCode` or `postal_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "02108")]
    pub zip_code: Option<String>,
    /// The country, as the client writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// A telephone number for the carrier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}
