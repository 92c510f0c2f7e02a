//! Reading a CT series of 300 instances: its metadata, its frames with eight clients, the whole study.

use crate::{
    load,
    measure::{Samples, timed},
    peer::{Nginx, Pair, Server},
    table::{Comparison, Table},
};
use harness::{Instance, Series};
use rand::seq::SliceRandom as _;
use std::path::Path;

const INSTANCES: u32 = 300;
const CLIENTS: usize = 8;
/// How often each frame is read in a round: one pass over them takes too short to be measured well.
const PASSES: usize = 10;
const FRAMES: (&str, &str) = ("accept", "multipart/related; type=application/octet-stream; transfer-syntax=*");
const OBJECTS: (&str, &str) = ("accept", r#"multipart/related; type="application/dicom"; transfer-syntax=*"#);

/// Runs the loads.
///
/// # Errors
/// A server that fails.
pub async fn run(peers: &Pair, scratch: &Path, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let series = Series::ct(INSTANCES);
    let instances: Vec<Instance> = series.instances().collect();
    load::fill(peers.all(), &instances).await?;
    metadata(peers, &series, rounds, table).await?;
    frames(peers, &series, &instances, scratch, rounds, table).await?;
    study(peers, &series, rounds, table).await
}

async fn metadata(peers: &Pair, series: &Series, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let path = format!("{}/metadata", series.path());
    let headers = [("accept", "application/dicom+json"), ("accept-encoding", "gzip")];
    let mut samples = [Samples::default(), Samples::default()];
    for round in 0..=rounds {
        for (server, samples) in peers.all().zip(&mut samples) {
            for _ in 0..10 {
                let (_, time) = timed(server.client.get(&path, &headers)).await?;
                if round > 0 {
                    samples.add_time(time);
                }
            }
        }
    }
    if peers.orthanc.is_some() {
        let how = Comparison { unit: "ms, p50", more_is_better: false, quantile: 0.5, target: 0.1 };
        table.add("metadata of 300 instances, gzip", &samples[0], "Orthanc", &samples[1], how);
    }
    Ok(())
}

async fn frames(
    peers: &Pair,
    series: &Series,
    instances: &[Instance],
    scratch: &Path,
    rounds: usize,
    table: &mut Table,
) -> anyhow::Result<()> {
    let folder = scratch.join("nginx");
    std::fs::create_dir(&folder)?;
    let pixels = usize::from(series.rows) * usize::from(series.columns) * 2;
    for (number, instance) in instances.iter().enumerate() {
        std::fs::write(folder.join(number.to_string()), &instance.bytes[instance.bytes.len() - pixels..])?;
    }
    let nginx = Nginx::start(&folder).await?;

    let repeated = |once: &[String]| std::iter::repeat_n(once, PASSES).flatten().cloned().collect::<Vec<_>>();
    let once: Vec<String> = instances.iter().map(|instance| format!("{}/frames/1", instance.path())).collect();
    let numbers: Vec<String> = (0..instances.len()).map(|number| format!("/{number}")).collect();
    let (mut paths, mut files) = (repeated(&once), repeated(&numbers));
    let (mut noctis, mut orthanc, mut limit) = (Samples::default(), Samples::default(), Samples::default());
    for round in 0..=rounds {
        paths.shuffle(&mut rand::rng());
        files.shuffle(&mut rand::rng());
        let mut sample = (frame_rate(&peers.noctis, &paths).await?, f64::NAN, f64::NAN);
        if let Some(server) = &peers.orthanc {
            sample.1 = frame_rate(server, &once).await?;
        }
        let (_, time) = timed(load::fetch_all(&nginx.client, &files, &[], CLIENTS)).await?;
        sample.2 = files.len() as f64 / time.as_secs_f64();
        if round > 0 {
            noctis.add(sample.0);
            orthanc.add(sample.1);
            limit.add(sample.2);
        }
    }
    let how = |target| Comparison { unit: "frames/s", more_is_better: true, quantile: 0.5, target };
    if peers.orthanc.is_some() {
        table.add("frames, 8 clients", &noctis, "Orthanc", &orthanc, how(3.0));
    }
    table.add("frames, 8 clients", &noctis, "nginx", &limit, how(0.6));
    Ok(())
}

async fn frame_rate(server: &Server, paths: &[String]) -> anyhow::Result<f64> {
    let (_, time) = timed(load::fetch_all(&server.client, paths, &[FRAMES], CLIENTS)).await?;
    Ok(paths.len() as f64 / time.as_secs_f64())
}

async fn study(peers: &Pair, series: &Series, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let mut samples = [Samples::default(), Samples::default()];
    for round in 0..=rounds {
        for (server, samples) in peers.all().zip(&mut samples) {
            let (length, time) = timed(server.client.get(&series.study_path(), &[OBJECTS])).await?;
            if round > 0 {
                samples.add(length as f64 / 1e6 / time.as_secs_f64());
            }
        }
    }
    if peers.orthanc.is_some() {
        let how = Comparison { unit: "MB/s", more_is_better: true, quantile: 0.5, target: 2.5 };
        table.add("whole study of 300 CT slices", &samples[0], "Orthanc", &samples[1], how);
    }
    Ok(())
}
