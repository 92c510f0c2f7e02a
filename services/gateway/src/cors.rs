//! Cross-origin use by web pages elsewhere (CORS), for the origins that the configuration names: none by default.

use crate::{Config, State, origin::Root};
use axum::{
    extract::{self, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};

/// Answers preflights of allowed origins and lets them read every other answer, errors included.
pub(crate) async fn allow(extract::State(state): extract::State<State>, request: Request, next: Next) -> Response {
    let allowed = &state.config().allowed_origins;
    if allowed.is_empty() {
        return next.run(request).await;
    }
    let origin = request.headers().get(ORIGIN).filter(|origin| allowed.iter().any(|name| name == *origin)).cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (&origin, is_preflight) {
        (Some(_), true) => preflight(),
        _ => next.run(request).await,
    };
    mark(response.headers_mut(), origin);
    response
}

/// Whether a web page of an origin that is neither the server's own nor allowed made the request. Browsers say so with
/// every `POST`, also where they do not ask beforehand; other clients say nothing.
pub(crate) fn is_foreign(headers: &HeaderMap, root: &Root, config: &Config) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let page = Uri::try_from(origin.as_bytes()).ok();
    let own = root.as_str().parse::<Uri>().ok();
    let is_own = page.zip(own).is_some_and(|(page, own)| {
        page.scheme().is_some() && page.scheme() == own.scheme() && page.authority() == own.authority()
    });
    !is_own && !config.allowed_origins.iter().any(|name| name == origin)
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, DELETE"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("accept, authorization, content-type, if-none-match, if-range, range, x-request-id"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

fn mark(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "accept-ranges, content-encoding, content-length, content-location, content-range, etag, retry-after, \
             warning, x-request-id, x-total-count",
        ),
    );
}
