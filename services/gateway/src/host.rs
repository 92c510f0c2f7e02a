//! The names under which the server answers. While identity is off, whoever reaches the server is trusted, so a web
//! page must not reach it under a name of its own (DNS rebinding).

use crate::{Config, Problem, State, config::is_plain};
use axum::{
    extract::{self, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header::HOST, uri::Authority};

/// Lets only requests pass that ask for a name of this server, with a head within bounds.
pub(crate) async fn check(extract::State(state): extract::State<State>, request: Request, next: Next) -> Response {
    match verdict(request.uri(), request.headers(), state.config()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn verdict(uri: &Uri, headers: &HeaderMap, config: &Config) -> Result<(), Problem> {
    let head: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head > config.serve.max_head_bytes {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(Problem::new(status, "the headers of the request are too long"));
    }
    let Some(authority) = requested_authority(uri, headers) else {
        return Err(Problem::bad_request("the request names no host, or not in a form that can be read"));
    };
    if is_ours(authority.host(), config) {
        return Ok(());
    }
    let detail = "this server does not answer under the name that was asked for; see public_url and allowed_hosts";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

fn is_ours(host: &str, config: &Config) -> bool {
    let configured = config.allowed_hosts.iter().map(String::as_str);
    let public = config.public_url.as_ref().map(|url| url.host());
    ["localhost", "127.0.0.1", "[::1]"]
        .into_iter()
        .chain(configured)
        .chain(public)
        .any(|name| name.eq_ignore_ascii_case(host))
}

/// The host, and perhaps port, that the client asked for: in the request target (HTTP/2), else in `Host`.
pub(crate) fn requested_authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let authority = match uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => headers.get(HOST).and_then(|value| value.to_str().ok()?.parse().ok()),
    };
    authority.filter(is_plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::verdict;
    use crate::Config;
    use http::{HeaderMap, HeaderValue, Uri, header::HOST};

    fn status(host: &str, config: &Config) -> u16 {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        match verdict(&Uri::from_static("/"), &headers, config) {
            Ok(()) => 200,
            Err(problem) => problem.status().as_u16(),
        }
    }

    #[test]
    fn only_names_of_this_server_are_answered() {
        let config = Config { allowed_hosts: vec!["pacs".into()], ..Config::default() };
        for good in ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:1", "[::1]:8080", "pacs:80"] {
            assert_eq!(status(good, &config), 200, "{good}");
        }
        for foreign in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8080", "192.168.0.5", "::1"] {
            assert_ne!(status(foreign, &config), 200, "{foreign}");
        }
        assert_eq!(status("evil.example", &config), 421);
        assert_eq!(status("a b", &config), 400);
    }

    #[test]
    fn a_head_beyond_the_bound_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        headers.insert("x-long", HeaderValue::from_str(&"a".repeat(70_000)).unwrap());
        let problem = verdict(&Uri::from_static("/"), &headers, &Config::default()).err().unwrap();
        assert_eq!(problem.status().as_u16(), 431);
    }
}
