//! The archive as several processes: the gateway in one, its services in another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod configuration;
mod deployment;
mod distributed;
mod drain;
mod journey;
mod killed;
mod leaks;
mod load;
mod operations;
mod schemas;
mod slow;
mod start_order;
mod trial;

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";
