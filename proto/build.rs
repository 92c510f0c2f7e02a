//! Generates the gRPC clients and servers from the `.proto` files, without an installed protoc.

use std::{error::Error, path::PathBuf};

const FILES: [&str; 4] = [
    "noctis/resource/v1/resource.proto",
    "noctis/ingest/v1/ingest.proto",
    "noctis/query/v1/query.proto",
    "noctis/retrieve/v1/retrieve.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    // What the services look like, for reflection.
    let encoded = prost::Message::encode_to_vec(&descriptors);
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("noctis.bin"), encoded)?;
    // `Bytes` fields are slices of the received message: pixel data is not copied again.
    tonic_prost_build::configure().bytes(".").compile_fds(descriptors)?;
    Ok(())
}
