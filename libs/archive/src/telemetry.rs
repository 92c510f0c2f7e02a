//! What the archive measures, and the spans of its operations. They name the operation; never a key.

use crate::Error;
use bytes::Bytes;
use futures::Stream;
use metrics::{Unit, describe_histogram, histogram};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};
use tracing::{Instrument as _, Span, field::Empty};

const OPERATION_SECONDS: &str = "noctis_archive_operation_seconds";

/// Tells the recorder what the archive's metrics mean; to be called once, after the recorder is installed.
pub fn describe_metrics() {
    describe_histogram!(
        OPERATION_SECONDS,
        Unit::Seconds,
        "Time of one operation of the archive; of a stream, until its first bytes"
    );
}

/// An operation under way, as a part of the trace that its caller is in.
pub(crate) struct Operation {
    name: &'static str,
    began: Instant,
    span: Span,
}

impl Operation {
    /// Begins one on a place of this kind. Work in the background belongs to no trace, and begins none.
    pub(crate) fn begin(kind: &'static str, name: &'static str) -> Self {
        let span = if Span::current().is_none() { Span::none() } else { span(kind, name) };
        Self { name, began: Instant::now(), span }
    }

    /// The whole of it.
    pub(crate) async fn run<T>(self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let result = work.instrument(self.span.clone()).await;
        self.ended(result.as_ref().err());
        result
    }

    /// A part of it, which does not end it unless it fails.
    pub(crate) async fn step<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let result = work.instrument(self.span.clone()).await;
        if let Err(error) = &result {
            self.ended(Some(error));
        }
        result
    }

    fn ended(&self, error: Option<&Error>) {
        let outcome = error.map_or("ok", outcome);
        if error.is_some() {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", outcome);
        }
        histogram!(OPERATION_SECONDS, "operation" => self.name, "outcome" => outcome).record(self.began.elapsed());
    }
}

fn span(kind: &'static str, name: &'static str) -> Span {
    tracing::info_span!(
        target: "noctis::trace",
        "archive",
        otel.name = %format_args!("archive {name}"),
        otel.kind = "client",
        otel.status_code = Empty,
        archive.kind = kind,
        archive.operation = name,
        error.type = Empty,
    )
}

fn outcome(error: &Error) -> &'static str {
    match error {
        Error::Full => "full",
        Error::Absent => "absent",
        Error::Short => "short",
        Error::Exists => "exists",
        Error::Unavailable { .. } => "unavailable",
        Error::Settings { .. } => "settings",
    }
}

/// A stream as an operation: measured until its first bytes, a span until its last.
pub(crate) struct Streaming<S> {
    // Dropped before the operation, so that what it holds ends within it.
    inner: S,
    operation: Operation,
    has_begun: bool,
}

impl<S> Streaming<S> {
    pub(crate) fn new(operation: Operation, inner: S) -> Self {
        Self { inner, operation, has_begun: false }
    }
}

impl<S: Stream<Item = Result<Bytes, Error>> + Unpin> Stream for Streaming<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let span = self.operation.span.clone();
        let _entered = span.enter();
        let item = ready!(Pin::new(&mut self.inner).poll_next(cx));
        let error = item.as_ref().and_then(|item| item.as_ref().err());
        if !self.has_begun || error.is_some() {
            self.operation.ended(error);
        }
        self.has_begun = true;
        Poll::Ready(item)
    }
}
