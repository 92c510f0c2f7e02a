//! What is measured of connections between processes.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const CONNECTIONS: &str = "noctis_rpc_connections";
const REPEATED: &str = "noctis_rpc_repeated_total";

/// Says what the metrics of this crate mean. To be called once, when the recorder is installed.
pub fn describe_metrics() {
    describe_gauge!(
        CONNECTIONS,
        "Open connections to other processes (side=\"caller\") and from them (side=\"callee\")."
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
