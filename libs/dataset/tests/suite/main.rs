//! Tests of the data set library against objects built here, against pydicom's files, and against hostile bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::single_range_in_vec_init)]

mod chunking;
mod corpus;
mod elements;
mod encapsulated;
mod fuzz;
mod hostile;
mod irregular;
mod native;
mod native_model;
mod outcome;
mod pydicom_files;
mod read_back;
mod rewriting;
