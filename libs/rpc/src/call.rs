//! A call as it is seen from outside, by its caller or by its callee: its span in the trace, and what is measured of it.

use crate::{Trace, Transport, telemetry};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};
use tonic::{Code, Status, body::Body};
use tower::{ServiceExt as _, util::BoxCloneSyncService};
use tracing::{Instrument as _, Span, field::Empty};

/// Longer names of methods are none of ours.
const LONGEST_NAME: usize = 64;

/// The same transport for a caller that is part of a trace: each call is a span there, and is measured. Not for what only
/// passes calls on.
#[must_use]
pub fn traced(transport: Transport) -> Transport {
    let service = tower::service_fn(move |mut request: Request<Body>| {
        let transport = transport.clone();
        let mut call = Call::outgoing(&mut request);
        async move {
            match transport.oneshot(request).instrument(call.span.clone()).await {
                Ok(response) => Ok(call.watch(response)),
                Err(status) => {
                    call.ended(status.code());
                    Err(status)
                }
            }
        }
    });
    BoxCloneSyncService::new(service)
}

/// A call from its begin to the last message of its answer. What is known of it is told when it is dropped.
#[derive(Debug)]
pub(crate) struct Call {
    side: &'static str,
    method: Method,
    began: Instant,
    span: Span,
    /// None until the callee has said; if it never does, the caller went away or was cut off.
    code: Option<Code>,
}

/// Service and method as in the path of a call, or "unknown".
#[derive(Debug)]
struct Method {
    service: String,
    method: String,
}

impl Call {
    /// A call that this process makes; it carries its own span on from here.
    fn outgoing(request: &mut Request<Body>) -> Self {
        let method = Method::of(request.uri().path());
        // Nothing begins a trace here: questions about health would be the most frequent ones.
        let span = if Span::current().is_none() { Span::none() } else { caller_span(&method) };
        if let Some(trace) = Trace::of_span(&span) {
            trace.replace(request.headers_mut());
        }
        Self::begin("caller", method, span)
    }

    /// A call that this process answers. What is logged during it can be found by the trace that it belongs to.
    pub(crate) fn incoming(request: &Request<Body>) -> Self {
        let method = Method::of(request.uri().path());
        let span = match Trace::of_headers(request.headers()) {
            Some(trace) => callee_span(&method, &trace),
            None => Span::none(),
        };
        Self::begin("callee", method, span)
    }

    fn begin(side: &'static str, method: Method, span: Span) -> Self {
        Self { side, method, began: Instant::now(), span, code: None }
    }

    /// In which the work of the call is done.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Watches the answer for its status.
    pub(crate) fn watch(mut self, response: Response<Body>) -> Response<Body> {
        self.note(response.headers());
        response.map(|inner| Body::new(Watched { inner, call: self }))
    }

    fn ended(&mut self, code: Code) {
        self.code = Some(code);
    }

    fn note(&mut self, headers: &HeaderMap) {
        if let Some(status) = headers.get(Status::GRPC_STATUS) {
            self.ended(Code::from_bytes(status.as_bytes()));
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        self.span.record("rpc.grpc.status_code", i64::from(i32::from(code)));
        if telemetry::is_fault(code) {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", telemetry::code_name(code));
        }
        // Callers could make up any number of methods that there are not.
        let is_known = code != Code::Unimplemented;
        let Method { service, method } = if is_known { std::mem::take(&mut self.method) } else { Method::default() };
        telemetry::called(self.side, service, method, code, self.began.elapsed());
    }
}

fn caller_span(method: &Method) -> Span {
    tracing::info_span!(
        target: "noctis::trace",
        "call",
        otel.name = %format_args!("{}/{}", method.service, method.method),
        otel.kind = "client",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = method.service,
        rpc.method = method.method,
        rpc.grpc.status_code = Empty,
        error.type = Empty,
    )
}

/// For logs too, which show its `trace_id` and nothing else of it.
fn callee_span(method: &Method, trace: &Trace) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "call",
        trace_id = trace.trace_id(),
        otel.name = %format_args!("{}/{}", method.service, method.method),
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system = "grpc",
        rpc.service = method.service,
        rpc.method = method.method,
        rpc.grpc.status_code = Empty,
        error.type = Empty,
    );
    trace.continue_in(&span);
    span
}

impl Default for Method {
    fn default() -> Self {
        Self { service: "unknown".to_owned(), method: "unknown".to_owned() }
    }
}

impl Method {
    fn of(path: &str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        let is_name = |text: &str| (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(allowed);
        match path.strip_prefix('/').and_then(|path| path.split_once('/')) {
            Some((service, method)) if is_name(service) && is_name(method) => {
                Self { service: service.to_owned(), method: method.to_owned() }
            }
            _ => Self::default(),
        }
    }
}

/// The messages of an answer, and the call that they end.
#[derive(Debug)]
struct Watched {
    // Dropped before the call, so that what it holds ends within it.
    inner: Body,
    call: Call,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.call.note(trailers);
                }
            }
            Some(Err(status)) => self.call.ended(status.code()),
            None => {}
        }
        Poll::Ready(frame)
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
    use super::Method;

    #[test]
    fn methods_are_names_or_unknown() {
        let method = Method::of("/noctis.ingest.v1.Ingest/Store");
        assert_eq!((method.service.as_str(), method.method.as_str()), ("noctis.ingest.v1.Ingest", "Store"));
        for odd in ["", "/", "/a", "/a/", "//b", "/a/b/c", "/a/b?c", "/a/Doe^Jane", &format!("/a/{}", "b".repeat(65))] {
            assert_eq!(Method::of(odd).method, "unknown", "{odd}");
        }
    }
}
