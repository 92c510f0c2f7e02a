//! Where a service is: names and ports, and the addresses behind them at the moment.

use futures::future::join_all;
use http::uri::Authority;
use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
    time::Duration,
};

/// How long a look-up of names may take.
const LOOK_UP: Duration = Duration::from_secs(5);
/// More addresses of one service than this are left out.
const ADDRESSES: usize = 256;

/// What names stood for when they could be looked up last.
pub(super) type Found = BTreeMap<String, Vec<SocketAddr>>;

/// The places of a service: `host:port`, or several separated by commas. A name stands for all its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(Vec<Authority>);

/// A text that is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not HOST:PORT, or several of them separated by commas")]
pub struct InvalidEndpoint(String);

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let place = |part: &str| -> Option<Authority> {
            let authority: Authority = part.trim().parse().ok()?;
            let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
            (plain && authority.port_u16().is_some_and(|port| port != 0)).then_some(authority)
        };
        let places: Option<Vec<_>> = text.split(',').map(place).collect();
        places.map(Self).ok_or_else(|| InvalidEndpoint(text.to_owned()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<&str> = self.0.iter().map(Authority::as_str).collect();
        f.write_str(&places.join(","))
    }
}

impl Endpoint {
    /// Whether all of it is on this machine, as far as its text tells.
    #[must_use]
    pub fn is_on_this_machine(&self) -> bool {
        let is_loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let hosts = self.0.iter().map(|place| place.host().trim_matches(['[', ']']));
        hosts.into_iter().all(|host| host == "localhost" || is_loopback(host))
    }

    /// All addresses, each with the name under which it was found; nothing where no name was ever found. A name that cannot
    /// be looked up now stands for what it stood for `last`, where this look-up is noted.
    pub(super) async fn look_up(&self, last: &mut Found) -> Option<BTreeMap<SocketAddr, Authority>> {
        // At the same time, so that one that takes long does not hold up the others.
        let looked_up = join_all(self.0.iter().map(addresses)).await;
        for (place, addresses) in self.0.iter().zip(looked_up) {
            if let Some(addresses) = addresses {
                last.insert(place.to_string(), addresses);
            }
        }
        let of_place = |place: &Authority| last.get(place.as_str()).cloned().unwrap_or_default();
        let found: BTreeMap<SocketAddr, Authority> = self
            .0
            .iter()
            .flat_map(|place| of_place(place).into_iter().map(|address| (address, place.clone())))
            .collect();
        (!found.is_empty()).then_some(found)
    }
}

async fn addresses(place: &Authority) -> Option<Vec<SocketAddr>> {
    match tokio::time::timeout(LOOK_UP, tokio::net::lookup_host(place.as_str())).await {
        Ok(Ok(addresses)) => return Some(addresses.take(ADDRESSES).collect()),
        Ok(Err(error)) => tracing::debug!(%place, %error, "a service's name cannot be looked up"),
        Err(_elapsed) => tracing::debug!(%place, "the look-up of a service's name takes too long"),
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Endpoint, Found};

    #[test]
    fn places_are_hosts_with_ports() {
        for good in ["ingest:7443", "10.0.0.7:1", "[::1]:7443", "a.svc:1, b.svc:2"] {
            let endpoint: Endpoint = good.parse().unwrap();
            assert_eq!(endpoint.to_string(), good.replace(' ', ""));
        }
        for bad in ["", "ingest", "ingest:0", "ingest:x", "http://ingest:1", "me@ingest:1", ":1", "a:1,", "a:1/b"] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (text, here) in
            [("localhost:1,127.0.0.1:2,[::1]:3", true), ("localhost:1,ingest:2", false), ("10.0.0.7:1", false)]
        {
            assert_eq!(text.parse::<Endpoint>().unwrap().is_on_this_machine(), here, "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_stands_for_its_addresses() {
        let endpoint: Endpoint = "127.0.0.1:7,127.0.0.2:7,[::1]:7".parse().unwrap();
        let found = endpoint.look_up(&mut Found::new()).await.unwrap();
        let addresses: Vec<String> = found.keys().map(ToString::to_string).collect();
        assert_eq!(addresses, ["127.0.0.1:7", "127.0.0.2:7", "[::1]:7"]);
        let nowhere: Endpoint = "no-such-name.invalid:7".parse().unwrap();
        assert_eq!(nowhere.look_up(&mut Found::new()).await, None);
    }

    #[tokio::test]
    async fn a_name_that_cannot_be_looked_up_stands_for_what_it_stood_for() {
        let endpoint: Endpoint = "127.0.0.1:7,no-such-name.invalid:7".parse().unwrap();
        let mut last = Found::from([("no-such-name.invalid:7".to_owned(), vec!["127.0.0.2:7".parse().unwrap()])]);
        for _ in 0..2 {
            let found = endpoint.look_up(&mut last).await.unwrap();
            let addresses: Vec<String> = found.keys().map(ToString::to_string).collect();
            assert_eq!(addresses, ["127.0.0.1:7", "127.0.0.2:7"]);
        }
        last.clear();
        assert_eq!(endpoint.look_up(&mut last).await.unwrap().len(), 1);
    }
}
