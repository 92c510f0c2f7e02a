//! `noctis serve`: opens the data folder, serves HTTP until told to stop, and drains.

use crate::{
    config::Config,
    data_folder::{DataFolder, Opened},
    telemetry,
    wiring::Archive,
};
use anyhow::Context as _;
use std::net::SocketAddr;
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

/// Serves until SIGTERM or SIGINT, then lets requests under way finish.
///
/// # Errors
/// The data folder is in use, the archive cannot be opened, or the address not be bound.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let metrics = telemetry::metrics()?;
    let mut folder = match DataFolder::open(&config.server.data_dir)? {
        Opened::Ours(folder) => folder,
        Opened::Elsewhere(_) => {
            anyhow::bail!("the data folder {} is in use by another process", config.server.data_dir.display())
        }
    };
    let listener = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.server.listen))?;
    let address = listener.local_addr()?;
    folder.announce(&format!("http://{address}"))?;

    let archive = Archive::open(&config, folder).await?;
    let router = archive.router(&config, metrics)?;
    announce(&config, address);
    let stop = stop_signal()?;
    gateway::serve(listener, router, stop.cancelled(), &config.gateway.serve).await.context("serving ended early")?;
    archive.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn announce(config: &Config, address: SocketAddr) {
    println!("listening on http://{address}");
    println!("DICOMweb root: http://{address}/dicom-web");
    if config.server.viewer_dir.is_dir() {
        println!("viewer:        http://{address}/viewer/");
    } else {
        println!("viewer:        not installed ({})", config.server.viewer_dir.display());
    }
}

/// A token that is cancelled by the first SIGTERM or SIGINT.
fn stop_signal() -> anyhow::Result<CancellationToken> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("draining");
        cancel.cancel();
    });
    Ok(token)
}
