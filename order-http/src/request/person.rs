//! Personal data.

use order_core::{Address, Person};

use crate::extract::{Fields, Value};

pub(super) const EMAIL: &[&str] = &["email"];
pub(super) const NAME: &[&str] = &["name"];
pub(super) const PHONE: &[&str] = &["phone"];
pub(super) const SHIPPING_ADDRESS: &[&str] = &["shippingAddress", "shipping_address"];
pub(super) const BILLING_ADDRESS: &[&str] = &["billingAddress", "billing_address"];
const ZIP_CODE: &[&str] = &["zipCode", "zip_code", "zip", "postalCode", "postal_code"];

pub(super) fn read_person(fields: Fields<'_>) -> Person {
    let address = |names| fields.get(names).and_then(|value| read_address(&value));
    Person {
        email: fields.typed(EMAIL),
        name: fields.typed(NAME),
        phone: fields.typed(PHONE),
        shipping_address: address(SHIPPING_ADDRESS),
        billing_address: address(BILLING_ADDRESS),
    }
}

pub(super) fn read_address(value: &Value<'_>) -> Option<Address> {
    let fields = value.object()?;
    Some(Address {
        name: fields.typed(&["name"]),
        company: fields.typed(&["company"]),
        street: fields.typed(&["street"]),
        street2: fields.typed(&["street2"]),
        city: fields.typed(&["city"]),
        state: fields.typed(&["state"]),
        zip_code: fields.typed(ZIP_CODE),
        country: fields.typed(&["country"]),
        phone: fields.typed(&["phone"]),
    })
}
