//! The running program and what it connects to, as in a real network: certificates of an own authority, names that change
//! their addresses, credentials that are handed out for a while.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod addresses;
mod encrypted;
mod issuer;
mod name_server;
mod object_store;
mod s3_door;

/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";
