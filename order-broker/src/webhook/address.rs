//! Where requests may go: not to our own network, whatever an endpoint is called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use thiserror::Error;

use crate::error::SettingsError;

/// Which addresses are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reach {
    /// Public ones, over https.
    #[default]
    Public,
    /// All, over http too: for trials, and for networks where every endpoint is one's own.
    Everywhere,
}

/// The address of an endpoint, of which only the form has been looked at: where it leads is looked at
/// anew for every request, for a name can lead elsewhere at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
}

/// Why an endpoint is not reached.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Its name leads nowhere.
    #[error("the name of the endpoint cannot be looked up")]
    Unknown(#[source] std::io::Error),
    /// Its name leads, perhaps among others, to an address that is not public.
    #[error("the endpoint has the address {0}, which is not public")]
    Private(IpAddr),
}

impl Target {
    /// An absolute https address; http too if requests may go everywhere.
    ///
    /// # Errors
    /// [`SettingsError::Address`].
    pub fn new(url: &str, reach: Reach) -> Result<Self, SettingsError> {
        let url = Url::parse(url).map_err(|_| SettingsError::Address("is not an absolute URL"))?;
        match (url.scheme(), reach) {
            ("https", _) | ("http", Reach::Everywhere) => {}
            _ => return Err(SettingsError::Address("is not an https URL")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::Address("has credentials in it"));
        }
        if url.fragment().is_some() {
            return Err(SettingsError::Address("has a fragment"));
        }
        let literal: Option<IpAddr> = host_of(&url).parse().ok();
        if reach == Reach::Public && literal.is_some_and(|address| !is_public(address)) {
            return Err(SettingsError::Address("is not public"));
        }
        Ok(Self { url })
    }

    /// The whole address.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// Looks names up for connections, and gives the addresses only if every one of them is allowed. What is
/// connected to is then one of these, whatever the name leads to a moment later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard(pub(super) Reach);

impl Guard {
    async fn look_up(self, host: &str) -> Result<Vec<SocketAddr>, AddressError> {
        // The port is that of the URL.
        let found = tokio::net::lookup_host((host, 0)).await.map_err(AddressError::Unknown)?;
        self.check(found.collect())
    }

    /// All of them, if there are some and every one of them is allowed.
    fn check(self, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, AddressError> {
        let private = found.iter().map(SocketAddr::ip).find(|address| !is_public(*address));
        match private {
            Some(address) if self.0 == Reach::Public => Err(AddressError::Private(address)),
            _ if found.is_empty() => {
                Err(AddressError::Unknown(std::io::ErrorKind::NotFound.into()))
            }
            _ => Ok(found),
        }
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let found = guard.look_up(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The name, or the address without its brackets.
fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}

/// Whether an address is one of the public internet: not of this machine, of a private network, of a
/// cloud's metadata, of documentation, nor one that leads to such an address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        0 | 10 | 127 | 224..=255 => true,
        100 => (64..=127).contains(&b),
        169 => b == 254,
        172 => (16..=31).contains(&b),
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113),
        _ => false,
    };
    !special
}

/// Of IPv6 only what is given out for the internet (`2000::/3`), without what carries an IPv4 address
/// inside or is set aside.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let special = matches!(
        (segments[0], segments[1]),
        (0x2001, 0x0000..=0x01ff | 0x0db8) | (0x2002 | 0x3fff, _)
    );
    segments[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_of_the_internet_are_known() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn targets_are_absolute_https_urls_without_secrets() {
        for url in [
            "",
            "/hook",
            "http://example.com/",
            "ftp://example.com/",
            "https://u:p@example.com/",
            "https://example.com/#x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
        ] {
            assert!(Target::new(url, Reach::Public).is_err(), "{url}");
        }
        assert!(Target::new("https://example.com/hook?of=orders", Reach::Public).is_ok());
        assert!(Target::new("http://127.0.0.1:8080/", Reach::Everywhere).is_ok());
    }

    #[test]
    fn one_private_address_among_others_is_one_too_many() {
        let found =
            ["93.184.215.14:0", "[2606:4700::1]:0", "10.0.0.1:0"].map(|it| it.parse().unwrap());
        for place in 0..found.len() {
            let mut found = found.to_vec();
            found.rotate_left(place);
            let refused = Guard(Reach::Public).check(found.clone()).unwrap_err();
            assert!(
                matches!(refused, AddressError::Private(address) if address.to_string() == "10.0.0.1")
            );
            assert_eq!(Guard(Reach::Everywhere).check(found.clone()).unwrap(), found);
        }
        assert_eq!(Guard(Reach::Public).check(found[..2].to_vec()).unwrap(), found[..2]);
        for reach in [Reach::Public, Reach::Everywhere] {
            let nowhere = Guard(reach).check(Vec::new()).unwrap_err();
            assert!(matches!(nowhere, AddressError::Unknown(_)));
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_to_our_own_network_is_found_out_when_it_is_used() {
        assert!(Target::new("https://localhost/hook", Reach::Public).is_ok(), "a name is a name");
        let refused = Guard(Reach::Public).look_up("localhost").await.unwrap_err();
        assert!(matches!(refused, AddressError::Private(address) if address.is_loopback()));
        assert!(Guard(Reach::Everywhere).look_up("localhost").await.is_ok());
    }
}
