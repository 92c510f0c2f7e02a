//! The reader and the writer against each other, against what clients send, and against mutated bodies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bodies;
mod fuzz;
mod reading;
