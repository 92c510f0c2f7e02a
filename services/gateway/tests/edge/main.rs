//! The gateway alone, over real connections. The services behind it are fakes: they are there to fail, to stall and to
//! say what a real one says only by chance.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broken_services;
mod connections;
mod disagreements;
mod fakes;
mod forwarding;
mod pages;
mod problems;
mod store_answers;
mod store_bodies;
mod viewer_files;
