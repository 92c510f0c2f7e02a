//! What one frame costs in CPU time, by part: the catalog's statement, the archive's read, and the way through the
//! service and its channel. Run with `cargo run --release -p retrieve --example frame_cost`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the place and its calls are shared with the tests")]

#[path = "../tests/it/place.rs"]
mod place;

use harness::{LargeMultiFrame, Series};
use place::Place;
use proto::retrieve::v1::{Accepted, FramesRequest, frames_response::Message};
use rpc::resource_to_proto;
use std::time::Instant;
use uid::{InstanceRef, Resource};

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: u32 = 8000;
const CLIENTS: u32 = 8;

/// CPU time of this process, in seconds (PS: user and system, at the clock's 100 Hz).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// Runs `work` for as many clients at once; prints CPU time and wall time for each call.
async fn measure(name: &str, work: impl AsyncFn(u32)) {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let clients = (0..CLIENTS).map(async |client| {
        for number in (client..ROUNDS).step_by(CLIENTS as usize) {
            work(number).await;
        }
    });
    futures::future::join_all(clients).await;
    let each = 1e6 / f64::from(ROUNDS);
    let (cpu, wall) = ((cpu_seconds() - cpu) * each, wall.elapsed().as_secs_f64() * each);
    println!("{name:<44} {cpu:>7.0} us CPU  {wall:>7.0} us  {:>6.0}/s", 1e6 / wall);
}

fn request(of: &InstanceRef, number: u32, describe_only: bool) -> FramesRequest {
    FramesRequest {
        resource: Some(resource_to_proto(&Resource::Instance(of.clone()))),
        frames: vec![number],
        accepted: Some(Accepted { any: true, transfer_syntax_uids: Vec::new() }),
        describe_only,
        caller_reads: false,
    }
}

async fn frame(place: &Place, of: &InstanceRef, number: u32, describe_only: bool) -> usize {
    let call = place.call(request(of, number, describe_only));
    let mut stream = place.client.clone().frames(call).await.unwrap().into_inner();
    let mut length = 0;
    while let Some(response) = stream.message().await.unwrap() {
        if let Some(Message::Chunk(chunk)) = response.message {
            length += chunk.len();
        }
    }
    length
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let place = Place::open().await;
    let series = Series::ct(40);
    let mut stored = Vec::new();
    for instance in series.instances() {
        stored.push(place.store(&instance.bytes).await);
    }
    let of = |number: u32| &stored[number as usize % stored.len()];

    measure("catalog: one statement", async |number| {
        place.reader.instance(&place.scope(), of(number)).await.unwrap();
    })
    .await;
    let key = place.key_of(&stored[0]).await;
    measure("archive: read of 512 KiB", async |_| {
        assert_eq!(place.archive.read(&key, 1000..525_288).await.unwrap().len(), 524_288);
    })
    .await;
    measure("archive: read of 1 byte (open and thread)", async |_| {
        place.archive.read(&key, 1000..1001).await.unwrap();
    })
    .await;
    measure("service: description only", async |number| {
        frame(&place, of(number), 1, true).await;
    })
    .await;
    measure("service: CT frame of 512 KiB", async |number| {
        assert_eq!(frame(&place, of(number), 1, false).await, 524_288);
    })
    .await;

    let large = LargeMultiFrame { rows: 64, columns: 64, frames: 2000, ..LargeMultiFrame::of_size(1) };
    let many = place.store(&large.chunks().collect::<Vec<_>>().concat().into()).await;
    measure("service: frame of 8 KiB", async |number| {
        assert_eq!(frame(&place, &many, 1 + number % 2000, false).await, 8192);
    })
    .await;
}
