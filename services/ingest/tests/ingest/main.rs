//! The service over a real catalog and a real archive in a folder, called as any other service calls it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broken_off;
mod delete;
mod deployment;
mod disagreements;
mod duplicates;
mod intents;
mod outages;
mod refusals;
mod store;
