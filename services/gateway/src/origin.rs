//! The public address of the server, as the client of one request sees it: links in answers begin with it.

use crate::{
    Config, Problem, State,
    config::{is_plain, is_plain_path},
    host::requested_authority,
};
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use http::{Extensions, HeaderMap, Uri, header::FORWARDED, request::Parts, uri::Authority};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

/// The absolute address of the DICOMweb root that the request used, such as `https://pacs.example/dicom-web`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root(String);

impl Root {
    /// The address as text: no slash at its end, no character that needs an escape in JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a study, series or instance below the root; levels that are empty are not named.
    pub fn resource(&self, study: &str, series: &str, instance: &str) -> String {
        let mut address = format!("{}/studies/{study}", self.0);
        for (level, uid) in [("series", series), ("instances", instance)].into_iter().filter(|(_, uid)| !uid.is_empty())
        {
            address.extend(["/", level, "/", uid]);
        }
        address
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromRequestParts<State> for Root {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let origin = public_origin(&parts.uri, &parts.headers, &parts.extensions, state.config());
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let facility = params.iter().find(|(name, _)| *name == "facility").map(|(_, value)| value);
        Ok(Self(match facility {
            Some(facility) => format!("{origin}/facilities/{facility}/dicom-web"),
            None => format!("{origin}/dicom-web"),
        }))
    }
}

/// Scheme, host and path prefix under which the client sees the server, without a slash at the end: as configured,
/// else as a trusted proxy says, else as the client asked. Where none of them can be read it is empty, so that links
/// are relative to the host.
pub(crate) fn public_origin(uri: &Uri, headers: &HeaderMap, extensions: &Extensions, config: &Config) -> String {
    if let Some(url) = &config.public_url {
        return url.to_string();
    }
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let forwarded =
        if peer.is_some_and(|peer| is_trusted(peer, config)) { forwarded(headers) } else { Seen::default() };
    let scheme = forwarded.scheme.unwrap_or("http");
    let prefix = forwarded.prefix.unwrap_or_default();
    match forwarded.host.or_else(|| requested_authority(uri, headers)) {
        Some(host) => format!("{scheme}://{host}{prefix}"),
        None => prefix.to_owned(),
    }
}

fn is_trusted(peer: IpAddr, config: &Config) -> bool {
    config.trusted_proxies.iter().any(|network| network.contains(peer))
}

/// What a proxy saw of the request.
#[derive(Default)]
struct Seen<'a> {
    scheme: Option<&'static str>,
    host: Option<Authority>,
    prefix: Option<&'a str>,
}

/// `Forwarded` (RFC 7239) where it is there, else the `X-Forwarded-*` family. Of several values the last one counts:
/// the trusted proxy wrote it itself, while earlier ones may be the client's own.
fn forwarded(headers: &HeaderMap) -> Seen<'_> {
    let prefix = last(headers, "x-forwarded-prefix")
        .map(|prefix| prefix.trim_end_matches('/'))
        .filter(|prefix| is_plain_path(prefix));
    let Some(element) = last(headers, FORWARDED.as_str()) else {
        let scheme = last(headers, "x-forwarded-proto").and_then(scheme);
        return Seen { scheme, host: last(headers, "x-forwarded-host").and_then(host), prefix };
    };
    let parameter = |wanted: &str| {
        element
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"')))
    };
    Seen { scheme: parameter("proto").and_then(scheme), host: parameter("host").and_then(host), prefix }
}

/// The last value of a header that is a comma-separated list, over all its lines.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme))
}

fn host(text: &str) -> Option<Authority> {
    text.parse().ok().filter(is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::public_origin;
    use crate::Config;
    use axum::extract::ConnectInfo;
    use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Uri};
    use std::net::SocketAddr;

    fn origin(config: &Config, peer: &str, headers: &[(&str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        public_origin(&Uri::from_static("/dicom-web/studies"), &map, &extensions, config)
    }

    fn behind_proxy() -> Config {
        Config { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Config::default() }
    }

    #[test]
    fn the_host_header_is_the_last_resort() {
        let config = Config::default();
        assert_eq!(origin(&config, "10.0.0.1:5", &[("host", "localhost:8080")]), "http://localhost:8080");
        assert_eq!(origin(&config, "10.0.0.1:5", &[("host", "a\"b")]), "");
        assert_eq!(origin(&config, "10.0.0.1:5", &[("host", "[::1]:8080")]), "http://[::1]:8080");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let headers = [("host", "inner"), ("x-forwarded-host", "pacs.example"), ("x-forwarded-proto", "https")];
        assert_eq!(origin(&behind_proxy(), "10.9.0.1:5", &headers), "https://pacs.example");
        assert_eq!(origin(&behind_proxy(), "192.0.2.1:5", &headers), "http://inner");
        assert_eq!(origin(&Config::default(), "10.9.0.1:5", &headers), "http://inner");
    }

    #[test]
    fn the_last_value_counts_and_the_standard_header_wins() {
        let headers = [
            ("host", "inner"),
            (
                "forwarded",
                "for=1.2.3.4;host=evil.example;proto=http, for=5.6.7.8;host=\"pacs.example:444\";proto=https",
            ),
            ("x-forwarded-host", "other.example"),
            ("x-forwarded-prefix", "/pacs/"),
        ];
        assert_eq!(origin(&behind_proxy(), "10.9.0.1:5", &headers), "https://pacs.example:444/pacs");
    }

    #[test]
    fn the_configured_address_beats_all() {
        let config = Config { public_url: Some("https://fixed.example/x/".parse().unwrap()), ..behind_proxy() };
        let headers = [("host", "inner"), ("x-forwarded-host", "pacs.example")];
        assert_eq!(origin(&config, "10.9.0.1:5", &headers), "https://fixed.example/x");
    }
}
