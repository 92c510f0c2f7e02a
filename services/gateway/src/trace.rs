//! The span of a request in its trace, by the semantic conventions of OpenTelemetry. It knows the template of the route;
//! never a path, a query string or a header.

use http::HeaderMap;
use rpc::Trace;
use tracing::{Span, field::Empty};

/// What watches the program asks these all the time.
const UNTRACED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The span of a request that has just come. It continues the trace that its client names (`traceparent`), with what that
/// says about sampling; else it begins one.
pub(crate) fn span(method: &'static str, route: &str, headers: &HeaderMap) -> Span {
    if UNTRACED.contains(&route) {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: "noctis::trace",
        parent: None,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = if method == "OTHER" { "_OTHER" } else { method },
        http.route = route,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    if let Some(trace) = Trace::of_headers(headers) {
        trace.continue_in(&span);
    }
    span
}

/// Notes how the request ended.
pub(crate) fn ended(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", status.to_string());
    }
}
