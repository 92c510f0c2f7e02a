//! What the retrieve service measures.

use metrics::{Unit, counter, describe_counter};

const REQUESTS: &str = "noctis_retrieve_requests_total";
const BYTES: &str = "noctis_retrieve_bytes_total";

/// Says what the metrics of the service mean. To be called once, when the recorder is installed.
pub fn describe_metrics() {
    describe_counter!(REQUESTS, "Calls for instances, frames, bulk data and metadata, by resource and how they ended");
    describe_counter!(BYTES, Unit::Bytes, "Bytes sent for calls, or named in their answers, by resource");
}

pub(crate) fn ended(resource: &'static str, outcome: &'static str) {
    counter!(REQUESTS, "resource" => resource, "outcome" => outcome).increment(1);
}

pub(crate) fn sent(resource: &'static str, bytes: u64) {
    counter!(BYTES, "resource" => resource).increment(bytes);
}
