//! Acceptance of the retrieve transaction (PS3.18 10.4) by the running program over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod accept;
mod archive;
mod bulk_data;
mod caching;
mod frames;
mod instances;
mod links;
mod metadata;
mod metadata_xml;
mod missing;
mod one_bit;
mod ranges;
mod settled;
mod slow;
mod transfer_syntaxes;

use harness::{Server, ServerBuilder};

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";
/// Explicit VR Little Endian.
const EXPLICIT: &str = "1.2.840.10008.1.2.1";

fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
}
