//! What the catalog measures.

use metrics::{Unit, describe_histogram};

/// Tells the recorder what the catalog's metrics mean; to be called once, after the recorder is installed.
pub fn describe_metrics() {
    describe_histogram!(
        "noctis_catalog_commit_seconds",
        Unit::Seconds,
        "Time of one transaction of the catalog, with its way to the disk"
    );
    describe_histogram!("noctis_catalog_operations_per_commit", "Operations that shared one transaction");
}
