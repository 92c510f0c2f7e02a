//! `noctis import`: stores files and folders, over HTTP into a running server or straight into the data folder.

mod direct;
mod files;
mod server;
mod summary;

use crate::{
    cli::ImportArgs,
    config::Config,
    data_folder::{DataFolder, Opened},
    targets::{Target, Targets},
    wiring::Process,
};
use direct::Direct;
use files::Candidate;
use futures::StreamExt as _;
use indicatif::{ProgressBar, ProgressStyle};
use server::Server;
use std::process::ExitCode;
use summary::Summary;

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// Stored, with what the archive remarked.
    Stored { warnings: Vec<String> },
    /// The same bytes were there before.
    AlreadyThere,
    /// The archive does not take it.
    Refused { why: String },
    /// It could not be read or sent.
    Failed { why: String },
}

/// Where the files go.
enum Destination {
    Server(Server),
    Folder(Box<Direct>),
}

impl Destination {
    async fn store(&self, file: &Candidate) -> Outcome {
        let stored = match self {
            Self::Server(server) => server.store(file).await,
            Self::Folder(direct) => direct.store(file).await,
        };
        stored.unwrap_or_else(|error| Outcome::Failed { why: format!("{error:#}") })
    }
}

/// Stores all files below the paths; fails (in its exit code) if any was refused or could not be read.
///
/// # Errors
/// The data folder cannot be opened, or no server is known while another process has it.
pub(crate) async fn run(config: Config, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let (files, unreadable) = files::find(&args.paths);
    let destination = destination(config, args).await?;
    let bar = progress_bar(files.iter().map(|file| file.length).sum());

    let mut summary = Summary::default();
    for (path, why) in unreadable {
        summary.add(&path, Outcome::Failed { why });
    }
    {
        let store = async |file| (file, destination.store(file).await);
        let stored = futures::stream::iter(&files).map(store).buffer_unordered(usize::from(args.parallel));
        let mut stored = std::pin::pin!(stored);
        while let Some((file, outcome)) = stored.next().await {
            bar.inc(file.length);
            summary.add(&file.path, outcome);
        }
    }
    bar.finish_and_clear();
    if let Destination::Folder(direct) = destination {
        direct.close().await;
    }
    print!("{summary}");
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn destination(config: Config, args: &ImportArgs) -> anyhow::Result<Destination> {
    let facility = args.facility.clone();
    if let Some(url) = &args.server.url {
        return Ok(Destination::Server(Server::new(url, facility.as_ref())?));
    }
    match DataFolder::open(&config.server.data_dir)? {
        Opened::Elsewhere(Some(url)) => Ok(Destination::Server(Server::new(&url, facility.as_ref())?)),
        Opened::Elsewhere(None) => anyhow::bail!(
            "another process has {} open but serves no address: name a server with --url",
            config.server.data_dir.display()
        ),
        Opened::Ours(folder) => {
            let archive = Process::open(&config, &Targets::new(&[Target::Ingest]), Some(folder)).await?;
            Ok(Destination::Folder(Box::new(Direct::new(archive, &config, facility))))
        }
    }
}

fn progress_bar(bytes: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style)
}
