//! What the service measures. Labels hold neither UIDs nor names.

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};
use std::time::Duration;

const INSTANCES: &str = "noctis_store_instances_total";
const BYTES: &str = "noctis_store_bytes_total";
const REQUESTS: &str = "noctis_store_requests_total";
const COMMIT_SECONDS: &str = "noctis_store_commit_seconds";
const COMMIT_INSTANCES: &str = "noctis_store_commit_instances";
const WRITE_SECONDS: &str = "noctis_store_write_seconds";
const DELETED: &str = "noctis_delete_instances_total";
const REMOVED: &str = "noctis_sweep_removed_objects_total";
const ABANDONED: &str = "noctis_sweep_abandoned_intents_total";

/// Tells the recorder what the service's metrics mean; to be called once, after the recorder is installed.
pub fn describe_metrics() {
    describe_counter!(INSTANCES, "Instances received in store requests, by what became of them");
    describe_counter!(BYTES, Unit::Bytes, "Bytes of instances received completely");
    describe_counter!(REQUESTS, "Store requests, by how they ended");
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Time of one commit of stored instances to the catalog");
    describe_histogram!(COMMIT_INSTANCES, "Instances in one commit");
    describe_histogram!(WRITE_SECONDS, Unit::Seconds, "Time until one object is durable in the archive");
    describe_counter!(DELETED, "Instances deleted");
    describe_counter!(REMOVED, "Objects removed from the archive");
    describe_counter!(ABANDONED, "Intents of requests that died");
}

pub(crate) fn answered(outcome: &'static str) {
    counter!(INSTANCES, "outcome" => outcome).increment(1);
}

pub(crate) fn received(bytes: u64) {
    counter!(BYTES).increment(bytes);
}

pub(crate) fn request_ended(end: &'static str) {
    counter!(REQUESTS, "end" => end).increment(1);
}

pub(crate) fn committed(instances: usize, took: Duration) {
    histogram!(COMMIT_SECONDS).record(took.as_secs_f64());
    histogram!(COMMIT_INSTANCES).record(f64::from(u32::try_from(instances).unwrap_or(u32::MAX)));
}

pub(crate) fn written(took: Duration) {
    histogram!(WRITE_SECONDS).record(took.as_secs_f64());
}

pub(crate) fn deleted(instances: u64) {
    counter!(DELETED).increment(instances);
}

pub(crate) fn removed(objects: u64) {
    counter!(REMOVED).increment(objects);
}

pub(crate) fn abandoned(intents: u64) {
    counter!(ABANDONED).increment(intents);
}
