//! Random frames of one multi-frame object of 500 MB, and what storing it costs in memory.

use crate::{
    measure::{Samples, timed},
    peer::{Pair, Server},
    table::{Comparison, Table},
};
use bytes::Bytes;
use harness::{LargeMultiFrame, Memory, multipart_chunks, multipart_content_type};

const PIXEL_BYTES: u64 = 500 << 20;
const FRAMES: (&str, &str) = ("accept", "multipart/related; type=application/octet-stream; transfer-syntax=*");

/// Runs the load. The peer reads the whole object for each frame, so it is asked less often.
///
/// # Errors
/// A server that fails.
pub async fn run(peers: &Pair, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let object = LargeMultiFrame::of_size(PIXEL_BYTES);
    let body: Bytes = multipart_chunks(object.chunks()).collect::<Vec<_>>().concat().into();
    let mut memory = [Samples::default(), Samples::default()];
    let mut times = [Samples::default(), Samples::default()];
    for (place, server) in peers.all().enumerate() {
        let before = Memory::of(server.pid).resident;
        Memory::reset_peak(server.pid);
        server.client.post("/studies", &multipart_content_type("application/dicom"), body.clone()).await?;
        let requests = if place == 0 { 40 * rounds } else { 4 * rounds };
        read(server, &object, requests, &mut times[place]).await?;
        memory[place].add((Memory::of(server.pid).peak.saturating_sub(before)) as f64 / 1e6);
    }
    if peers.orthanc.is_some() {
        let how = Comparison { unit: "ms, p99", more_is_better: false, quantile: 0.99, target: 0.01 };
        table.add("random frame of a 500 MB object", &times[0], "Orthanc", &times[1], how);
        let how = Comparison { unit: "MB of memory", more_is_better: false, quantile: 0.5, target: 0.05 };
        table.add("storing and reading a 500 MB object", &memory[0], "Orthanc", &memory[1], how);
    }
    Ok(())
}

async fn read(server: &Server, object: &LargeMultiFrame, requests: usize, times: &mut Samples) -> anyhow::Result<()> {
    let instance = format!("/studies/{}/series/{}/instances/{}", object.study, object.series, object.instance);
    for _ in 0..requests {
        let frame = rand::random_range(1..=object.frames);
        let (length, time) = timed(server.client.get(&format!("{instance}/frames/{frame}"), &[FRAMES])).await?;
        anyhow::ensure!(length > object.frame_length() as u64, "a frame of {length} bytes");
        times.add_time(time);
    }
    Ok(())
}
