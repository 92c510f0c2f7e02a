//! What the catalog measures, and the spans of its operations. They name the operation; never a statement or a value.

use crate::Error;
use metrics::{Unit, describe_histogram, histogram};
use std::time::Instant;
use tracing::{Instrument as _, Span, field::Empty};

const OPERATION_SECONDS: &str = "noctis_catalog_operation_seconds";

/// Tells the recorder what the catalog's metrics mean; to be called once, after the recorder is installed.
pub fn describe_metrics() {
    describe_histogram!(
        OPERATION_SECONDS,
        Unit::Seconds,
        "Time of one operation of the catalog as its caller sees it, with the wait for its turn"
    );
    describe_histogram!(
        "noctis_catalog_commit_seconds",
        Unit::Seconds,
        "Time of one transaction of the catalog, with its way to the disk"
    );
    describe_histogram!("noctis_catalog_operations_per_commit", "Operations that shared one transaction");
}

/// Carries out an operation as a part of the trace that its caller is in.
pub(crate) async fn operation<T>(
    system: &'static str,
    name: &'static str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let began = Instant::now();
    let span = span(system, name);
    let result = work.instrument(span.clone()).await;
    let outcome = result.as_ref().err().map_or("ok", outcome);
    if matches!(outcome, "unavailable" | "failed") {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", outcome);
    }
    histogram!(OPERATION_SECONDS, "operation" => name, "outcome" => outcome).record(began.elapsed());
    result
}

/// Work in the background belongs to no trace, and begins none.
fn span(system: &'static str, name: &'static str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(
        target: "noctis::trace",
        "catalog",
        otel.name = name,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = system,
        db.operation.name = name,
        error.type = Empty,
    )
}

fn outcome(error: &Error) -> &'static str {
    match error {
        Error::Busy | Error::Unavailable { .. } | Error::WriterGone => "unavailable",
        Error::NotFound
        | Error::Ambiguous { .. }
        | Error::IntentGone
        | Error::ForeignKey
        | Error::Held
        | Error::NoSuchFrame => "refused",
        _ => "failed",
    }
}
