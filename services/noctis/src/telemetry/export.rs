//! The way of spans to the collector: what is in them, how many may wait, and what becomes of them.

use metrics::{Unit, counter, describe_counter};
use opentelemetry::{Context, trace::Status};
use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

const SPANS: &str = "noctis_trace_spans_total";

/// All that a span may say besides its name, kind and times. Whatever else a span of this program has is for logs, or a
/// mistake that must not leave the machine.
const ATTRIBUTES: [&str; 12] = [
    "archive.kind",
    "archive.operation",
    "db.operation.name",
    "db.system.name",
    "error.type",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "rpc.grpc.status_code",
    "rpc.method",
    "rpc.service",
    "rpc.system",
];

pub(super) fn describe_metrics() {
    describe_counter!(
        SPANS,
        Unit::Count,
        "Spans of traces, by what became of them: exported, dropped because too many waited, or failed to be exported."
    );
}

fn count(outcome: &'static str, spans: usize) {
    counter!(SPANS, "outcome" => outcome).increment(spans as u64);
}

/// How many spans wait to be sent.
#[derive(Debug)]
pub(super) struct Waiting {
    spans: AtomicUsize,
    most: usize,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Self {
        Self { spans: AtomicUsize::new(0), most }
    }

    fn enter(&self) -> bool {
        let entered = self.spans.fetch_add(1, Ordering::AcqRel) < self.most;
        if !entered {
            self.leave(1);
        }
        entered
    }

    fn leave(&self, spans: usize) {
        self.spans.fetch_sub(spans, Ordering::AcqRel);
    }
}

/// Takes spans that have ended. It never waits: those that find no place are dropped.
#[derive(Debug)]
pub(super) struct Gate {
    sending: BatchSpanProcessor,
    waiting: Arc<Waiting>,
}

impl Gate {
    pub(super) fn new(sending: BatchSpanProcessor, waiting: Arc<Waiting>) -> Self {
        Self { sending, waiting }
    }
}

impl SpanProcessor for Gate {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.waiting.enter() {
            self.sending.on_end(reduced(span));
        } else {
            count("dropped", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.sending.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.sending.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.sending.set_resource(resource);
    }
}

/// A span without anything that is not known to be harmless.
fn reduced(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| ATTRIBUTES.contains(&attribute.key.as_str()));
    span.events.events.clear();
    span.links.links.clear();
    if let Status::Error { description } = &mut span.status {
        *description = "".into();
    }
    span
}

/// Sends spans, and tells what became of them.
#[derive(Debug)]
pub(super) struct Export {
    otlp: Otlp,
    waiting: Arc<Waiting>,
    away: AtomicBool,
}

impl Export {
    pub(super) fn new(otlp: Otlp, waiting: Arc<Waiting>) -> Self {
        Self { otlp, waiting, away: AtomicBool::new(false) }
    }

    /// Once when it goes away, and once when it is back.
    fn tell(&self, sent: &OTelSdkResult) {
        let was_away = self.away.swap(sent.is_err(), Ordering::AcqRel);
        match sent {
            Err(error) if !was_away => tracing::warn!(%error, "spans cannot be sent to the collector and are dropped"),
            Ok(()) if was_away => tracing::info!("spans can be sent to the collector again"),
            _ => {}
        }
    }
}

impl SpanExporter for Export {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.otlp.export(batch).await;
        self.waiting.leave(spans);
        count(if sent.is_ok() { "exported" } else { "failed" }, spans);
        self.tell(&sent);
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.otlp.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.otlp.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::Waiting;

    #[test]
    fn so_many_wait_and_no_more() {
        let waiting = Waiting::new(2);
        assert!(waiting.enter() && waiting.enter() && !waiting.enter() && !waiting.enter());
        waiting.leave(1);
        assert!(waiting.enter() && !waiting.enter());
    }
}
