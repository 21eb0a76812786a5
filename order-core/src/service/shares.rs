//! What callers hold of something that there is only so much of.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::principal::Principal;
use crate::Actor;

/// What callers hold of something that there is only so much of, such as places of streams. No customer may
/// have all of it; staff, services and administrators may.
#[derive(Debug)]
pub struct Shares {
    max: usize,
    each_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    customers: HashMap<Actor, usize>,
}

/// What somebody holds, until it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    /// None of who may have all.
    customer: Option<Actor>,
}

impl Shares {
    /// There are so many, of which a customer may hold so many, and nobody holds any.
    pub fn new(max: usize, each_max: usize) -> Arc<Self> {
        Arc::new(Self { max, each_max, held: Mutex::default() })
    }

    /// One for this caller; none if there is none left, or they have as many as they may.
    pub fn take(self: &Arc<Self>, who: &Principal) -> Option<Share> {
        let customer = who.scope().map(|_| who.subject.clone());
        let mut held = self.held();
        if held.all >= self.max {
            return None;
        }
        if let Some(customer) = &customer {
            let count = held.customers.get(customer).copied().unwrap_or_default();
            if count >= self.each_max {
                return None;
            }
            held.customers.insert(customer.clone(), count + 1);
        }
        held.all += 1;
        Some(Share { shares: self.clone(), customer })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        held.all -= 1;
        let Some(customer) = &self.customer else { return };
        if let Some(count) = held.customers.get_mut(customer) {
            *count -= 1;
            if *count == 0 {
                held.customers.remove(customer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CustomerId;

    #[test]
    fn a_customer_holds_so_much_and_no_more() {
        let customer = |id: &str| Principal::customer(CustomerId::try_from(id).unwrap());
        let (ann, bob) = (customer("ann"), customer("bob"));
        let shares = Shares::new(10, 2);
        let first = shares.take(&ann).unwrap();
        let _second = shares.take(&ann).unwrap();
        assert!(shares.take(&ann).is_none());
        assert!(shares.take(&bob).is_some());
        drop(first);
        assert!(shares.take(&ann).is_some());
        assert_eq!(shares.held().customers.len(), 1, "nothing is kept of who holds nothing");
    }

    #[test]
    fn there_is_only_so_much_for_all() {
        let shares = Shares::new(3, 1);
        let admin = Principal::admin(Actor::clean("me").unwrap());
        let mut held: Vec<_> = (0..3).map(|_| shares.take(&admin).unwrap()).collect();
        assert!(shares.take(&admin).is_none());
        held.pop();
        assert!(shares.take(&admin).is_some());
    }
}
