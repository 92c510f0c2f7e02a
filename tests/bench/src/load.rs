//! The loads, one file per area.

pub mod large;
pub mod search;
pub mod series;
pub mod store;

use crate::{http::Client, peer::Server};
use bytes::Bytes;
use futures::StreamExt as _;
use harness::{Instance, multipart_body, multipart_content_type};

/// The body of a store request.
pub fn request<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> Bytes {
    Bytes::from(multipart_body(instances))
}

/// Sends a store request.
///
/// # Errors
/// The server does not take all of it.
pub async fn store(client: &Client, request: Bytes) -> anyhow::Result<()> {
    client.post("/studies", &multipart_content_type("application/dicom"), request).await.map(drop)
}

/// Fetches every path once with so many clients at a time; gives the bytes of all bodies.
///
/// # Errors
/// A request that does not succeed.
pub async fn fetch_all(
    client: &Client,
    paths: &[String],
    headers: &[(&str, &str)],
    clients: usize,
) -> anyhow::Result<u64> {
    let fetched = futures::stream::iter(paths).map(|path| client.get(path, headers)).buffer_unordered(clients);
    let lengths: Vec<_> = fetched.collect().await;
    lengths.into_iter().sum()
}

/// Stores the same instances in each server, in requests of ten.
///
/// # Errors
/// A server does not take them.
pub async fn fill(servers: impl Iterator<Item = &Server>, instances: &[Instance]) -> anyhow::Result<()> {
    for server in servers {
        for batch in instances.chunks(10) {
            store(&server.client, request(batch)).await?;
        }
    }
    Ok(())
}
