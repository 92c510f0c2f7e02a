//! Whether addresses and names in the configuration can be meant.

use super::Config;
use crate::targets::Target;

impl Config {
    /// Whether ports are told apart, and names are names.
    pub(super) fn check_addresses(&self) -> anyhow::Result<()> {
        let http = if self.targets().has(Target::Gateway) { "server.listen" } else { "server.operations_listen" };
        if let Some(listen) = self.rpc.listen {
            anyhow::ensure!(
                listen.port() == 0 || listen != self.http_listen(),
                "rpc.listen = {listen} is also {http}: give one of them another port"
            );
        }
        for host in &self.gateway.allowed_hosts {
            anyhow::ensure!(
                is_host(host),
                "gateway.allowed_hosts has \"{host}\": it is a name alone, without scheme and port, such as \"pacs.example\""
            );
        }
        for origin in &self.gateway.allowed_origins {
            anyhow::ensure!(
                is_origin(origin),
                "gateway.allowed_origins has \"{origin}\": it is what browsers send as Origin, in lower case and without a \
                 slash at its end, such as \"https://viewer.example\""
            );
        }
        Ok(())
    }
}

/// As in `Host`, but for the port.
fn is_host(text: &str) -> bool {
    let authority = text.parse::<http::uri::Authority>();
    !text.contains('@') && authority.is_ok_and(|authority| authority.host() == text)
}

/// As browsers write it (RFC 6454 6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let is_place = authority.parse::<http::uri::Authority>().is_ok_and(|place| place.as_str() == authority);
    matches!(scheme, "http" | "https") && is_place && !authority.contains('@') && text.to_lowercase() == text
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_origin};

    #[test]
    fn hosts_are_names_alone() {
        for good in ["pacs.example", "localhost", "10.0.0.7", "[::1]"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "https://pacs.example", "pacs.example:8080", "me@pacs.example", "pacs.example/x", "a b"] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn origins_are_as_browsers_write_them() {
        for good in ["https://viewer.example", "http://localhost:3000", "https://[::1]:8443"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in ["*", "null", "", "viewer.example", "https://", "https://viewer.example/", "HTTPS://viewer.example"]
        {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
