//! The viewer's files. Which file answers which path, and under which policy, is the viewer crate's knowledge.

use crate::{
    Problem, State,
    conditional::{accepts_gzip, matches},
};
use axum::{
    body::Body,
    extract::{self, Path, rejection::PathRejection},
    response::{Html, IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
        CONTENT_TYPE, ETAG, VARY,
    },
};
use tokio_util::io::ReaderStream;
use viewer::{File, Policy, Site, ViewerConfig};

const NOT_INSTALLED_PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<title>Noctis</title>\n\
    <h1>The archive is running, but its viewer is not installed</h1>\n\
    <p>Install it with <code>noctis viewer install</code>, then start the archive again.\n\
    <p>DICOMweb is served at <code>/dicom-web</code>.\n</html>\n";

/// `/viewer/`.
pub(crate) async fn page(extract::State(state): extract::State<State>, headers: HeaderMap) -> Response {
    answer(&state, "", &headers).await
}

/// `/viewer/{*path}`.
pub(crate) async fn file(
    extract::State(state): extract::State<State>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    match path {
        Ok(Path(path)) => answer(&state, &path, &headers).await,
        Err(_) => Problem::not_found().into_response(),
    }
}

async fn answer(state: &State, path: &str, headers: &HeaderMap) -> Response {
    let Some(site) = state.viewer() else { return not_installed(headers) };
    if path == "app-config.js" {
        return configuration(site, headers);
    }
    match site.resolve(path) {
        Some(file) => send(site, &file, headers).await.unwrap_or_else(IntoResponse::into_response),
        None => Problem::not_found().into_response(),
    }
}

/// For people a page, for programs a problem.
fn not_installed(headers: &HeaderMap) -> Response {
    let accepts_pages =
        headers.get(ACCEPT).is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("text/html")));
    if accepts_pages {
        return (StatusCode::NOT_FOUND, Html(NOT_INSTALLED_PAGE)).into_response();
    }
    Problem::new(StatusCode::NOT_FOUND, "the viewer is not installed; run: noctis viewer install").into_response()
}

/// Made anew for each request: it follows the configuration of the server.
fn configuration(site: &Site, headers: &HeaderMap) -> Response {
    let file = viewer::app_config_js(&ViewerConfig::default());
    let mut response = match matches(headers, &file.etag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => file.text.into_response(),
    };
    let described =
        Described { content_type: file.content_type, etag: &file.etag, immutable: false, policy: file.policy };
    described.write(site, response.headers_mut());
    response
}

async fn send(site: &Site, file: &File, headers: &HeaderMap) -> Result<Response, Problem> {
    let gzip = file.gzip.as_ref().filter(|_| accepts_gzip(headers));
    let (path, length, etag) = match gzip {
        Some(gzip) => (&gzip.path, gzip.length, &gzip.etag),
        None => (&file.path, file.length, &file.etag),
    };
    let mut response = if matches(headers, etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let opened = tokio::fs::File::open(path).await.map_err(|error| {
            tracing::error!(%error, "a file of the viewer cannot be read");
            Problem::internal()
        })?;
        let mut response = Body::from_stream(ReaderStream::with_capacity(opened, 64 << 10)).into_response();
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        if gzip.is_some() {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    let described =
        Described { content_type: &file.content_type, etag, immutable: file.immutable, policy: file.policy };
    described.write(site, response.headers_mut());
    response.headers_mut().insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
    Ok(response)
}

/// What the headers of a file say.
struct Described<'a> {
    content_type: &'a str,
    etag: &'a str,
    immutable: bool,
    policy: Policy,
}

impl Described<'_> {
    fn write(&self, site: &Site, headers: &mut HeaderMap) {
        let caching = if self.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        let policy = site.content_security_policy(self.policy);
        for (name, text) in [(CONTENT_TYPE, self.content_type), (ETAG, self.etag), (CONTENT_SECURITY_POLICY, policy)] {
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        }
        for (name, value) in viewer::SECURITY_HEADERS {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        if self.policy == Policy::Page {
            headers.insert(http::header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
    }
}
