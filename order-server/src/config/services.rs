//! Services beside this one, and what happens to orders by itself.

use std::{fmt, time::Duration};

use order_core::{Collection, Plan};

use super::{ConfigError, Redacted, parse, settings, sources::Sources};

/// How long an order waits to be paid where a payment service is asked.
const EXPIRE_AFTER: Duration = Duration::from_mins(30);

/// One service beside this one. Shown without its token, also by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    /// Where it answers.
    pub url: String,
    /// What shows it who asks.
    pub token: Option<String>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("url", &Redacted(&self.url)).finish_non_exhaustive()
    }
}

/// Secrets that sign callbacks. Not shown.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CallbackSecrets(pub Vec<String>);

impl fmt::Debug for CallbackSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackSecrets({})", self.0.len())
    }
}

/// Services beside this one. Without any, the server is complete on its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Services {
    /// Moves money.
    pub payments: Option<Service>,
    /// Signs what it tells by itself; without one its callbacks are not taken.
    pub callbacks: CallbackSecrets,
    /// Knows what is sold, and holds its stock.
    pub products: Option<Service>,
    /// Knows who is a customer.
    pub customers: Option<Service>,
}

impl Services {
    pub(super) fn read(from: &mut Sources<'_>) -> Result<Self, ConfigError> {
        let mut service = |url, token| {
            let url = from.take_optional(url, parse::service)?;
            let token = from.take_optional(token, parse::token)?;
            Ok::<_, ConfigError>(url.map(|url| Service { url, token }))
        };
        let payments = service(&settings::PAYMENT_SERVICE_URL, &settings::PAYMENT_SERVICE_TOKEN)?;
        let products = service(&settings::PRODUCT_SERVICE_URL, &settings::PRODUCT_SERVICE_TOKEN)?;
        let customers = service(&settings::USER_SERVICE_URL, &settings::USER_SERVICE_TOKEN)?;
        let secrets = &settings::PAYMENT_CALLBACK_SECRETS;
        let callbacks = from.take_optional(secrets, parse::callback_secrets)?.unwrap_or_default();
        Ok(Self { payments, callbacks, products, customers })
    }
}

/// How events are delivered to webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Webhooks {
    /// Whether endpoints may have private addresses, and be reached over plain http.
    pub allow_private: bool,
}

/// What happens to orders by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timing {
    /// When the payment service is asked.
    pub collect: Collection,
    /// After which time an order that is neither paid nor confirmed is cancelled.
    pub expire_after: Option<Duration>,
    /// After which time a delivered and paid order is completed.
    pub complete_after: Option<Duration>,
}

impl Timing {
    pub(super) fn read(from: &mut Sources<'_>, pays: bool) -> Result<Self, ConfigError> {
        let expire_after = from.take_optional(&settings::EXPIRE_AFTER, parse::delay)?;
        Ok(Self {
            collect: from.take(&settings::COLLECT, parse::collection)?,
            expire_after: expire_after.or_else(|| pays.then_some(EXPIRE_AFTER)),
            complete_after: from.take_optional(&settings::COMPLETE_AFTER, parse::delay)?,
        })
    }

    /// The plan of every new order. Whether it is confirmed by itself is said elsewhere.
    pub(crate) fn plan(&self, services: &Services) -> Plan {
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let pays = services.payments.is_some();
        Plan {
            collect: if pays { self.collect } else { Collection::OnInvoice },
            hold: services.products.is_some(),
            confirm: false,
            expire_after_ms: self.expire_after.map(millis),
            complete_after_ms: self.complete_after.map(millis),
        }
    }
}
