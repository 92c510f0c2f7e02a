//! The wire between services: generated from the `.proto` files beside this crate, and nothing else.

#![allow(missing_docs, clippy::all, clippy::pedantic)]

/// All services and messages, as gRPC reflection shows them.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("noctis");

pub mod resource {
    pub mod v1 {
        tonic::include_proto!("noctis.resource.v1");
    }
}

pub mod ingest {
    pub mod v1 {
        tonic::include_proto!("noctis.ingest.v1");
    }
}

pub mod query {
    pub mod v1 {
        tonic::include_proto!("noctis.query.v1");
    }
}

pub mod retrieve {
    pub mod v1 {
        tonic::include_proto!("noctis.retrieve.v1");
    }
}
