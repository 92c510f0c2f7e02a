//! What the tests share: synthetic DICOM objects, request bodies, an HTTP client that checks statuses, and a
//! running `noctis` program. Nothing here is part of the product.
//!
//! - [`Series`] makes a CT series that looks like one, in any of the [`TransferSyntax`]es.
//! - [`LargeMultiFrame`] makes a multi-frame object of any size, chunk by chunk, without holding it.
//! - [`DataSet`] writes any data set, also the broken ones tests need.
//! - [`multipart_body`], [`multipart_chunks`] and [`Part`] are the two directions of `multipart/related`.
//! - [`distributed`] is the archive in processes of its own, over real servers.
//! - [`postgres::Server`] is a database server.
//! - [`Server`] is the program in a process of its own, [`Client`] speaks HTTP with it.
//! - [`s3::Server`] is an S3 server.
//! - [`s3::proxy::Proxy`], [`Relay`] and [`SteppedClock`] make what is between processes, and their time, go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod authority;
mod body;
mod client;
mod clock;
mod data_set;
pub mod distributed;
mod encapsulated;
mod holdings;
mod jpeg;
mod large;
mod names;
mod part10;
mod phantom;
pub mod postgres;
mod process;
mod pydicom;
mod python;
mod raw;
mod relay;
pub mod s3;
mod series;
mod server;
mod shared;
mod store_response;

pub use authority::{Authority, Certificate};
pub use body::{BOUNDARY, Part, multipart_body, multipart_chunks, multipart_content_type, split_multipart};
pub use client::{Answer, Client};
pub use clock::SteppedClock;
pub use data_set::{DataSet, Value};
pub use encapsulated::{jpeg_frames, rle_frame};
pub use holdings::{AS_STORED, Found, eventually, objects_in};
pub use jpeg::grey_mosaic;
pub use large::LargeMultiFrame;
pub use names::{NAMES, Name, random_name};
pub use part10::{TransferSyntax, part10};
pub use phantom::{ct_slice, thorax_mosaic};
pub use process::{Memory, sha256};
pub use pydicom::{charset_files, test_files};
pub use python::run_python;
pub use relay::Relay;
pub use series::{Instance, Series, new_uid};
pub use server::{Server, ServerBuilder};
pub use shared::Shared;
pub use store_response::{FailedInstance, StoreResponse, StoredInstance};
