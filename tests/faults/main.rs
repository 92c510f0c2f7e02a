//! What the running program does when something fails: power, disk, database, clients, and the program itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod busy_catalog;
mod damaged_objects;
mod data_folder;
mod full_disk;
mod shutdown;
mod slow;
mod sync_order;

use harness::{Server, ServerBuilder};

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";

/// In the shape that is asked for. What only a data folder has says that it is embedded.
fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
}

async fn start() -> Server {
    builder().start().await
}
