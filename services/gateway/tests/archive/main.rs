//! The gateway in front of the real services, in one process, over real connections.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod facilities;
mod noctis;
mod pixels;
mod ranges;
mod representations;
mod stored;
