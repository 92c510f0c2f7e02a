//! Storing 512x512 CT slices: four senders, each with a series of its own in requests of ten; beside Orthanc, and beside bare writes with fsync.

use crate::{
    load,
    measure::{Samples, timed},
    peer::{Pair, Server},
    table::{Comparison, Table},
};
use bytes::Bytes;
use harness::{Instance, Series};
use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

const SENDERS: usize = 4;
const BATCH: u32 = 10;
const BATCHES: u32 = 8;

/// Runs the load.
///
/// # Errors
/// A server that fails.
pub async fn run(peers: &Pair, scratch: &Path, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let (mut noctis, mut orthanc, mut bare) = (Samples::default(), Samples::default(), Samples::default());
    // The first round warms up and does not count.
    for round in 0..=rounds {
        let batches: Vec<Vec<Instance>> = (0..SENDERS).flat_map(|_| series()).collect();
        let instances = batches.iter().map(Vec::len).sum::<usize>() as f64;
        let rate = |time: Duration| instances / time.as_secs_f64();

        let mut sample = (rate(send(&peers.noctis, &batches).await?), f64::NAN, f64::NAN);
        if let Some(server) = &peers.orthanc {
            sample.1 = rate(send(server, &batches).await?);
        }
        sample.2 = rate(write(&scratch.join(format!("bare-{round}")), &batches)?);
        if round > 0 {
            noctis.add(sample.0);
            orthanc.add(sample.1);
            bare.add(sample.2);
        }
    }
    let how = |target| Comparison { unit: "instances/s", more_is_better: true, quantile: 0.5, target };
    if peers.orthanc.is_some() {
        table.add("store CT, 4 senders, requests of 10", &noctis, "Orthanc", &orthanc, how(3.0));
    }
    table.add("store CT, 4 senders, requests of 10", &noctis, "bare writes with fsync", &bare, how(0.6));
    Ok(())
}

/// What one sender sends: a series, in requests of ten.
fn series() -> Vec<Vec<Instance>> {
    let instances: Vec<Instance> = Series::ct(BATCH * BATCHES).instances().collect();
    instances.chunks(BATCH as usize).map(<[Instance]>::to_vec).collect()
}

async fn send(server: &Server, batches: &[Vec<Instance>]) -> anyhow::Result<Duration> {
    // Made beforehand: what a sender costs itself is not what is measured.
    let requests: Vec<Bytes> = batches.iter().map(load::request).collect();
    let senders = requests.chunks(requests.len().div_ceil(SENDERS)).map(|share| async move {
        for request in share {
            load::store(&server.client, request.clone()).await?;
        }
        anyhow::Ok(())
    });
    let (_, time) = timed(futures::future::try_join_all(senders)).await?;
    Ok(time)
}

/// The same files, one thread per sender: written, synced, and their folder synced, as a store must do at least.
fn write(folder: &Path, batches: &[Vec<Instance>]) -> anyhow::Result<Duration> {
    std::fs::create_dir(folder)?;
    let start = Instant::now();
    std::thread::scope(|scope| {
        let senders: Vec<_> = batches
            .chunks(batches.len().div_ceil(SENDERS))
            .map(|share| {
                scope.spawn(move || share.iter().flatten().try_for_each(|instance| write_one(folder, instance)))
            })
            .collect();
        senders.into_iter().try_for_each(|sender| sender.join().expect("no panic"))
    })?;
    let time = start.elapsed();
    Ok(time)
}

fn write_one(folder: &Path, instance: &Instance) -> anyhow::Result<()> {
    let mut file = File::create_new(folder.join(&instance.instance))?;
    file.write_all(&instance.bytes)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(())
}
