//! Real clients against the running program: OHIF in Chromium, and dicomweb-client from PyPI.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod dicomweb_client;
mod slow;
