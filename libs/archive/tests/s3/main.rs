//! The archive in a bucket when the server, the way to it, or the credentials fail: right bytes or unavailable, never
//! absent, never cut short, never mixed; and it is back soon after what it needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod answers;
mod connections;
mod credentials;
mod outage;
mod place;
mod tls;
mod uploads;
