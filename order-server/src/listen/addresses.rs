//! How many connections each address has.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Whose an address is: of IPv6, its /64, all of which any subscriber has (RFC 6177).
pub(crate) fn holder(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            Ipv6Addr::from_bits(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// How many connections each address has, and how many it may have.
#[derive(Debug)]
pub(crate) struct Addresses {
    max: Option<usize>,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection of an address, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    addresses: Arc<Addresses>,
    /// None where nobody counts.
    address: Option<IpAddr>,
}

impl Addresses {
    pub(crate) fn new(max: Option<usize>) -> Arc<Self> {
        Arc::new(Self { max, counts: Mutex::default() })
    }

    /// Counts a connection, unless there are too many of its address.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let Some(max) = self.max else {
            return Some(Counted { addresses: self.clone(), address: None });
        };
        let address = holder(address);
        let mut counts = self.counts();
        let count = counts.entry(address).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Counted { addresses: self.clone(), address: Some(address) })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_no_more() {
        let addresses = Addresses::new(Some(2));
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|it| it.parse().unwrap());
        let first = addresses.admit(one).unwrap();
        let _second = addresses.admit(one).unwrap();
        assert!(addresses.admit(one).is_none());
        assert!(addresses.admit(other).is_some());
        drop(first);
        assert!(addresses.admit(one).is_some());
        assert_eq!(addresses.counts().len(), 1, "nothing is kept of who is gone");
    }

    #[test]
    fn all_of_a_subscribers_addresses_are_one() {
        let holder = |address: &str| holder(address.parse().unwrap()).to_string();
        assert_eq!(holder("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(holder("2001:db8:1:2::9"), "2001:db8:1:2::");
        assert_eq!(holder("2001:db8:1:3::9"), "2001:db8:1:3::");
        assert_eq!(holder("192.0.2.1"), "192.0.2.1");
        assert_eq!(holder("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
