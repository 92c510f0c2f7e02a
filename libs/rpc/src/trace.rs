//! To which trace a call belongs: the W3C Trace Context header `traceparent`, carried beside the principal. Where spans are
//! exported, each span names itself in it; else it is carried as the client sent it.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState},
};
use tonic::{Request, metadata::MetadataValue};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

const NAME: &str = "traceparent";
const HEADER: HeaderName = HeaderName::from_static(NAME);
/// Version 00: `00-` trace id `-` parent id `-` flags.
const LENGTH: usize = 55;

/// The place of a request in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace(HeaderValue);

impl Trace {
    /// The trace that an HTTP request or a call belongs to; none where its header is missing or malformed.
    #[must_use]
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(HEADER)?;
        is_well_formed(value.as_bytes()).then(|| Self(value.clone()))
    }

    /// The trace that an incoming call belongs to.
    #[must_use]
    pub fn read<T>(request: &Request<T>) -> Option<Self> {
        Self::of_headers(request.metadata().as_ref())
    }

    /// The place of a span of this process; none where spans are not exported.
    #[must_use]
    pub fn of_span(span: &Span) -> Option<Self> {
        let context = span.context();
        let place = context.span().span_context().clone();
        let sampled = u8::from(place.is_sampled());
        let header = || HeaderValue::try_from(format!("00-{}-{}-{sampled:02x}", place.trace_id(), place.span_id()));
        if place.is_valid() { header().ok().map(Self) } else { None }
    }

    /// Makes a span that has not been entered yet the next one of this trace.
    pub fn continue_in(&self, span: &Span) {
        let Some(place) = self.place() else { return };
        if let Err(error) = span.set_parent(Context::new().with_remote_span_context(place)) {
            // It is not exported, or logs alone want it.
            tracing::trace!(%error, "a span does not continue the trace of its caller");
        }
    }

    fn place(&self) -> Option<SpanContext> {
        let text = self.0.to_str().ok()?;
        let trace = TraceId::from_hex(text.get(3..35)?).ok()?;
        let span = SpanId::from_hex(text.get(36..52)?).ok()?;
        let flags = u8::from_str_radix(text.get(53..55)?, 16).ok()?;
        let flags = TraceFlags::new(flags) & TraceFlags::SAMPLED;
        Some(SpanContext::new(trace, span, flags, true, TraceState::default()))
    }

    /// Puts the trace on an outgoing call, in place of any other.
    pub(crate) fn replace(self, headers: &mut HeaderMap) {
        headers.insert(HEADER, self.0);
    }

    /// Puts the trace on an outgoing call.
    pub fn attach<T>(&self, request: &mut Request<T>) {
        if let Some(value) = self.0.to_str().ok().and_then(|text| MetadataValue::try_from(text).ok()) {
            request.metadata_mut().insert(NAME, value);
        }
    }

    /// The id of the whole trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.get(3..35)).unwrap_or_default()
    }
}

fn is_well_formed(value: &[u8]) -> bool {
    let hexadecimal = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let id = |digits: &[u8]| digits.iter().all(hexadecimal) && digits.iter().any(|digit| *digit != b'0');
    let mut parts = value.split(|byte| *byte == b'-');
    let (version, trace, parent, flags) = (parts.next(), parts.next(), parts.next(), parts.next());
    value.len() == LENGTH
        && version == Some(b"00")
        && trace.is_some_and(|trace| trace.len() == 32 && id(trace))
        && parent.is_some_and(|parent| parent.len() == 16 && id(parent))
        && flags.is_some_and(|flags| flags.len() == 2 && flags.iter().all(hexadecimal))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{HEADER, Trace};
    use http::{HeaderMap, HeaderValue};
    use tonic::Request;

    fn trace(text: &'static str) -> Option<Trace> {
        Trace::of_headers(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(text))]))
    }

    #[test]
    fn a_trace_crosses_unchanged() {
        let sent = trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let mut request = Request::new(());
        sent.iter().for_each(|trace| trace.attach(&mut request));
        let read = Trace::read(&request);
        assert!(read.is_some());
        assert_eq!(read, sent);
        assert_eq!(read.as_ref().map(Trace::trace_id), Some("0af7651916cd43dd8448eb211c80319c"));
    }

    #[test]
    fn what_a_trace_says_is_what_spans_continue() {
        let sampled = trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03").and_then(|trace| trace.place());
        assert!(sampled.as_ref().is_some_and(|place| place.is_sampled() && place.is_remote()));
        assert_eq!(sampled.map(|place| place.span_id().to_string()).as_deref(), Some("b7ad6b7169203331"));
        let other = trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02").and_then(|trace| trace.place());
        assert!(other.is_some_and(|place| !place.is_sampled()));
    }

    #[test]
    fn without_spans_there_is_nothing_to_name() {
        assert_eq!(Trace::of_span(&tracing::Span::none()), None);
    }

    #[test]
    fn what_is_no_trace_is_dropped() {
        for bad in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        ] {
            assert_eq!(trace(bad), None, "{bad}");
        }
    }
}
