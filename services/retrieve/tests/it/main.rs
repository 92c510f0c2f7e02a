//! The retrieve service over a real catalog and a real archive, called through its generated client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bulk_data;
mod calls;
mod failures;
mod frames;
mod instances;
mod metadata;
mod objects;
mod place;
