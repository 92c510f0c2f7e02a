//! Runs the same load against Noctis and its peers, in turns within one run, and prints medians and ratios.
//!
//! `bash tests/bench/run.sh` brings the peers and starts it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod load;
mod measure;
mod mixed;
mod peer;
mod table;

use clap::Parser;
use peer::{Distributed, Noctis, Orthanc, Peer as _, Server};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use table::Table;

/// What to run, and with which peers.
#[derive(Debug, Parser)]
struct Options {
    /// The program under test, built for release.
    #[arg(long, default_value = "target/release/noctis")]
    noctis: PathBuf,
    /// Root folder of a system with Orthanc and its DICOMweb plug-in; without it only the limits are compared.
    #[arg(long)]
    orthanc_root: Option<PathBuf>,
    /// Folder for the data of all, on one file system.
    #[arg(long, default_value = "/var/tmp")]
    scratch: PathBuf,
    /// How often each load is repeated.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only the loads whose names contain this.
    #[arg(long)]
    only: Option<String>,
    /// Instead of all that: the mixed load on each server for so many minutes, in parts of two minutes.
    #[arg(long)]
    mixed: Option<u32>,
}

impl Options {
    fn wants(&self, load: &str) -> bool {
        self.only.as_ref().is_none_or(|only| load.contains(only.as_str()))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let scratch = tempfile::Builder::new().prefix("noctis-bench-").tempdir_in(&options.scratch)?;
    let noctis = Noctis::start(&options.noctis, scratch.path()).await?;
    let orthanc = match &options.orthanc_root {
        Some(root) => Some(Orthanc::start(root).await?),
        None => None,
    };
    if let Some(minutes) = options.mixed {
        return mixed(&options.noctis, noctis.server(), orthanc.as_ref().map(peer::Orthanc::server), minutes).await;
    }
    let peers = peer::Pair { noctis: noctis.server(), orthanc: orthanc.as_ref().map(peer::Orthanc::server) };

    let mut table = Table::default();
    if options.wants("store") {
        load::store::run(&peers, scratch.path(), options.rounds, &mut table).await?;
    }
    if options.wants("search") {
        load::search::run(&peers, options.rounds, &mut table).await?;
    }
    if options.wants("series") {
        load::series::run(&peers, scratch.path(), options.rounds, &mut table).await?;
    }
    if options.wants("large") {
        load::large::run(&peers, options.rounds, &mut table).await?;
    }
    println!("{table}");
    Ok(())
}

async fn mixed(program: &Path, embedded: Server, orthanc: Option<Server>, minutes: u32) -> anyhow::Result<()> {
    let distributed = Distributed::start(program).await;
    let mut servers = vec![("Noctis, embedded", embedded), ("Noctis, distributed", distributed.server())];
    servers.extend(orthanc.map(|server| ("Orthanc", server)));
    let pids = |name: &str, server: &Server| match name {
        "Noctis, distributed" => distributed.pids(),
        _ => vec![server.pid],
    };
    let servers = servers.into_iter().map(|(name, server)| (name, server.clone(), pids(name, &server))).collect();
    let time = Duration::from_secs(u64::from(minutes) * 60);
    println!("{}", mixed::run(servers, time, minutes.div_ceil(2)).await?);
    Ok(())
}
