//! One module per subcommand.

mod check_config;
mod healthcheck;
mod import;
mod migrate;
mod serve;

use crate::{
    cli::{Cli, Command, ViewerCommand},
    config::{self, Config},
    telemetry,
};
use anyhow::Context as _;
use std::process::ExitCode;

/// Carries out one command.
///
/// # Errors
/// Whatever ends it early, with its causes, for a person at a terminal.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let config = || Config::load(&cli);
    match &cli.command {
        Command::Serve(_) => {
            let config = config()?;
            let traces = telemetry::init(&config)?;
            let served = serve::run(config).await;
            if let Some(traces) = traces {
                traces.end().await;
            }
            served.map(|()| ExitCode::SUCCESS)
        }
        Command::Import(args) => import::run(config()?, args).await,
        Command::Migrate => migrate::run(&config()?).await.map(|()| ExitCode::SUCCESS),
        Command::CheckConfig => {
            check_config::run(&config()?);
            Ok(ExitCode::SUCCESS)
        }
        Command::PrintConfig => {
            print!("{}", config::DEFAULT);
            Ok(ExitCode::SUCCESS)
        }
        Command::Healthcheck(args) => healthcheck::run(&config()?, args).await,
        Command::Viewer(ViewerCommand::Install { tarball, to }) => {
            let (tarball, to) = (tarball.clone(), to.clone());
            let installed = tokio::task::spawn_blocking(move || viewer::install(&tarball, &to)).await?;
            installed.context("cannot install the viewer")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
