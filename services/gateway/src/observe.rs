//! What is known of each request afterwards: its id, one log line and its metrics. Logs and metrics carry the route's
//! template, never a path, a query string or a UID.

use crate::{Problem, State, origin::public_origin, trace};
use axum::{
    body::Body,
    extract::{self, MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_LENGTH};
use http_body::{Frame, SizeHint};
use rpc::Trace;
use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};
use tracing::{Instrument as _, Span};
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID: usize = 64;

/// The id of a request: the client's own where it sent a well-formed one, else a new UUID in order of time.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_well_formed(text));
        Self(sent.map_or_else(|| Uuid::now_v7().to_string().into(), Into::into))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Only what can stand in logs and in JSON as it is. A UID could too, and must not: hence not digits and dots alone.
fn is_well_formed(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (8..=MAX_ID).contains(&text.len()) && text.bytes().all(allowed)
}

/// Says what the metrics of the gateway mean. To be called once, when the recorder is installed.
pub fn describe_metrics() {
    metrics::describe_counter!("noctis_http_requests_total", "Requests, by route, method and status.");
    metrics::describe_histogram!(
        "noctis_http_request_duration_seconds",
        metrics::Unit::Seconds,
        "Time from the head of a request to the last byte of its answer."
    );
    metrics::describe_gauge!("noctis_http_requests_in_flight", "Requests that are not answered in full yet.");
    metrics::describe_counter!(
        "noctis_http_response_bytes_total",
        metrics::Unit::Bytes,
        "Bytes of the bodies of answers, as sent."
    );
}

/// Gives the request its id, finishes problems with it, and records how the request ended.
pub(crate) async fn observe(
    extract::State(state): extract::State<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let origin = public_origin(request.uri(), request.headers(), request.extensions(), state.config());
    let mut record = Record::begin(id.clone(), &request);
    let is_head = request.method() == Method::HEAD;

    let mut response = next.run(request).instrument(record.span.clone()).await;

    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        write_problem(&mut response, problem.body(&id.0, &origin), is_head);
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    record.status = Some(response.status());
    response.map(|body| {
        record.expected = http_body::Body::size_hint(&body).exact();
        Body::new(Observed { inner: body, record })
    })
}

fn write_problem(response: &mut Response, body: Vec<u8>, is_head: bool) {
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    if !is_head {
        *response.body_mut() = Body::from(body);
    }
}

/// What the log line and the metrics say. Written when the body has been sent or given up, or the client has gone.
struct Record {
    id: RequestId,
    method: &'static str,
    route: Arc<str>,
    started: Instant,
    status: Option<StatusCode>,
    bytes: u64,
    /// How long the body is, where it says so: it is not asked for its end then.
    expected: Option<u64>,
    complete: bool,
    span: Span,
}

impl Record {
    fn begin(id: RequestId, request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
        metrics::gauge!("noctis_http_requests_in_flight").increment(1.0);
        let method = method_name(request.method());
        Self {
            id,
            method,
            span: trace::span(method, route, request.headers()),
            route: route.into(),
            started: Instant::now(),
            status: None,
            bytes: 0,
            expected: None,
            complete: false,
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        // 499: the client went away before there was a status, a word that nginx made common.
        let status = self.status.map_or(499, |status| status.as_u16());
        metrics::gauge!("noctis_http_requests_in_flight").decrement(1.0);
        let labels =
            [("route", self.route.to_string()), ("method", self.method.to_owned()), ("status", status.to_string())];
        metrics::counter!("noctis_http_requests_total", &labels).increment(1);
        metrics::histogram!("noctis_http_request_duration_seconds", &labels).record(elapsed);
        metrics::counter!("noctis_http_response_bytes_total").increment(self.bytes);
        trace::ended(&self.span, status);
        let trace = Trace::of_span(&self.span);
        tracing::info!(
            request_id = %self.id,
            trace_id = trace.as_ref().map(Trace::trace_id),
            method = self.method,
            route = &*self.route,
            status,
            duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            bytes = self.bytes,
            complete = self.complete,
            "request"
        );
    }
}

/// The methods that routes know by name; anything else a client makes up must not become a label.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The answer's body, counted.
struct Observed {
    // Dropped before the record, so that what it holds ends within the request.
    inner: Body,
    record: Record,
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let span = self.record.span.clone();
        let polled = span.in_scope(|| Pin::new(&mut self.inner).poll_frame(cx));
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.record.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                self.record.complete =
                    http_body::Body::is_end_stream(&self.inner) || self.record.expected == Some(self.record.bytes);
            }
            Poll::Ready(None) => self.record.complete = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn ids_of_clients_are_short_and_plain_and_no_uids() {
        assert!(is_well_formed("0191f0a2-7c1e-7b3a-9d6f-2f7f3c1c0001"));
        for bad in ["", "short", "1.2.840.10008.1.2", "abcdefg\n", "abc defgh", &"a".repeat(65)] {
            assert!(!is_well_formed(bad), "{bad:?}");
        }
    }
}
