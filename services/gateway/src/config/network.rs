//! Addresses in the configuration: the networks of proxies and the public address of the server.

use http::{Uri, uri::Authority};
use serde::Deserialize;
use std::{fmt, net::IpAddr, str::FromStr};

/// A network such as `10.0.0.0/8` or `fd00::/8`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

/// Text that names no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a network is written as an IP address, or as one with '/' and the length of its prefix")]
pub struct InvalidCidr;

impl Cidr {
    /// Whether the address lies in the network. An IPv4 address in IPv6 form counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = u32::from(self.prefix);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                u32::from(network) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                u128::from(network) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidCidr)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(most), |prefix| prefix.parse().map_err(|_| InvalidCidr))?;
        if prefix > most {
            return Err(InvalidCidr);
        }
        Ok(Self { address, prefix })
    }
}

impl TryFrom<String> for Cidr {
    type Error = InvalidCidr;

    fn try_from(text: String) -> Result<Self, InvalidCidr> {
        text.parse()
    }
}

/// An absolute `http` or `https` address without query and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    text: String,
    host: String,
}

/// Text that cannot be the public address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the public address is written as http://host or https://host, with a port and a path where needed")]
pub struct InvalidOrigin;

impl PublicUrl {
    /// The address as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in it, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or(InvalidOrigin)?;
        let authority = uri.authority().filter(|authority| is_plain(authority)).ok_or(InvalidOrigin)?;
        let path = uri.path().trim_end_matches('/');
        if uri.query().is_some() || !is_plain_path(path) {
            return Err(InvalidOrigin);
        }
        Ok(Self { text: format!("{scheme}://{authority}{path}"), host: authority.host().to_owned() })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = InvalidOrigin;

    fn try_from(text: String) -> Result<Self, InvalidOrigin> {
        text.parse()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether an authority is a host with at most a port, of characters that need no escape in JSON or headers.
pub(crate) fn is_plain(authority: &Authority) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !authority.host().is_empty() && authority.as_str().bytes().all(allowed)
}

/// Whether a path prefix is empty or begins with a slash, and is made of characters that need no escape.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~".contains(&byte);
    (path.is_empty() || path.starts_with('/')) && path.bytes().all(allowed) && !path.contains("//")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Cidr, InvalidCidr, InvalidOrigin, PublicUrl};

    #[test]
    fn networks_hold_their_addresses() {
        let network: Cidr = "10.1.0.0/16".parse().unwrap();
        assert!(network.contains("10.1.255.3".parse().unwrap()));
        assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!network.contains("10.2.0.1".parse().unwrap()));
        assert!(!network.contains("fd00::1".parse().unwrap()));
        let all: Cidr = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()));
        let six: Cidr = "fd00::/8".parse().unwrap();
        assert!(six.contains("fd12::1".parse().unwrap()) && !six.contains("fe80::1".parse().unwrap()));
        let one: Cidr = "127.0.0.1".parse().unwrap();
        assert!(one.contains("127.0.0.1".parse().unwrap()) && !one.contains("127.0.0.2".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/-1", "x/8"] {
            assert_eq!(bad.parse::<Cidr>(), Err(InvalidCidr));
        }
    }

    #[test]
    fn public_addresses_are_absolute_and_plain() {
        for (text, stored) in [
            ("https://pacs.example/", "https://pacs.example"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://example.org/a/b/", "https://example.org/a/b"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), stored);
        }
        for bad in ["pacs.example", "/x", "ftp://x", "https://x/?q=1", "https://u@x", "https://x/\"", "https://x//y"] {
            assert_eq!(bad.parse::<PublicUrl>(), Err(InvalidOrigin), "{bad}");
        }
    }
}
