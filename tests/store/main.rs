//! Acceptance of the store and delete transactions (PS3.18 10.5) by the running program over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod broken_off;
mod character_sets;
mod concurrent;
mod conversation;
mod delete;
mod disagreement;
mod duplicates;
mod facilities;
mod generated_prefix;
mod multipart;
mod mutations;
mod pydicom_files;
mod refusals;
mod single_part;
mod slow;
mod xml;

use harness::{Server, ServerBuilder};

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";

fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
}

async fn start() -> Server {
    builder().start().await
}

/// A server that removes objects about as soon as nothing refers to them.
async fn start_removing_at_once() -> Server {
    let builder = builder().env("NOCTIS_INGEST__REMOVAL_GRACE_SECONDS", "1");
    builder.env("NOCTIS_INGEST__SWEEP_SECONDS", "1").start().await
}
