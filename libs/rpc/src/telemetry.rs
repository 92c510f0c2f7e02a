//! What is measured of calls, and of connections between processes.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::time::Duration;
use tonic::Code;

const CONNECTIONS: &str = "noctis_rpc_connections";
const REPEATED: &str = "noctis_rpc_repeated_total";
const CALL_SECONDS: &str = "noctis_rpc_call_seconds";

/// Says what the metrics of this crate mean. To be called once, when the recorder is installed.
pub fn describe_metrics() {
    describe_gauge!(
        CONNECTIONS,
        "Open connections to other processes (side=\"caller\") and from them (side=\"callee\")."
    );
    describe_histogram!(
        CALL_SECONDS,
        Unit::Seconds,
        "Time of a call between services to the end of its answer, as seen from side=\"caller\" or side=\"callee\"."
    );
    describe_counter!(REPEATED, Unit::Count, "Calls sent again since the first process certainly had not begun them.");
}

/// Counts a connection for as long as it lives.
#[derive(Debug)]
pub(crate) struct Counted(&'static str);

impl Counted {
    pub(crate) fn caller() -> Self {
        Self::new("caller")
    }

    pub(crate) fn callee() -> Self {
        Self::new("callee")
    }

    fn new(side: &'static str) -> Self {
        gauge!(CONNECTIONS, "side" => side).increment(1.0);
        Self(side)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(CONNECTIONS, "side" => self.0).decrement(1.0);
    }
}

pub(crate) fn repeated() {
    counter!(REPEATED).increment(1);
}

pub(crate) fn called(side: &'static str, service: String, method: String, code: Code, took: Duration) {
    let code = code_name(code);
    histogram!(CALL_SECONDS, "side" => side, "service" => service, "method" => method, "code" => code).record(took);
}

/// Whether a call that ended so failed by the fault of the callee or of what it depends on.
pub(crate) fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

/// As the protocol writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
