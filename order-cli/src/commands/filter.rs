//! Which orders.

use clap::Args;
use order_core::{FulfillmentStatus, PaymentStatus, Status, Timestamp};

use super::times::moment;
use crate::client::Call;

/// Which orders a command is about.
#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only a customer's.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only with this product.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// Only in this status.
    #[arg(long)]
    status: Option<Status>,
    /// Only in this payment status.
    #[arg(long, value_name = "STATUS")]
    payment_status: Option<PaymentStatus>,
    /// Only in this fulfillment status.
    #[arg(long, value_name = "STATUS")]
    fulfillment_status: Option<FulfillmentStatus>,
    /// Only placed at this time or later: a month, a date or an RFC 3339 time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Only placed before this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
}

impl Filter {
    /// Adds it to the query.
    pub(super) fn ask<'a>(&self, call: Call<'a>) -> Call<'a> {
        call.query("customerId", self.customer.as_deref())
            .query("productId", self.product.as_deref())
            .query("status", self.status)
            .query("paymentStatus", self.payment_status)
            .query("fulfillmentStatus", self.fulfillment_status)
            .query("placedFrom", self.from)
            .query("placedTo", self.to)
    }
}
