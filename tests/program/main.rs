//! The program itself: its command line, configuration, network edge and what operates it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod command;
mod configuration;
mod cross_origin;
mod health;
mod http;
mod import;
mod metrics;
mod request_log;
mod restart;

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
