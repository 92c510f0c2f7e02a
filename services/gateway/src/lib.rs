//! The gateway: the only crate that knows HTTP. It turns DICOMweb requests (PS3.18) into calls of the ingest, query and
//! retrieve services, and their answers into responses.
//!
//! Deliberately absent: a database, knowledge of where the other services run, and decisions about data sets.

mod asked;
mod conditional;
mod config;
mod cors;
mod delete;
mod disagreements;
mod drain;
mod error;
mod host;
mod named;
mod observe;
mod operations;
mod origin;
mod principal;
mod retrieve;
mod router;
mod search;
mod security;
mod serve;
mod state;
mod store;
mod trace;
mod viewer_files;

pub use config::{Cidr, Config, InvalidCidr, InvalidOrigin, PublicUrl, RetrieveLimits, ServeLimits, StoreLimits};
pub use error::Problem;
pub use observe::describe_metrics;
pub use operations::{Check, Operations, operations_router};
pub use router::router;
pub use serve::serve;
pub use state::{Services, State};
