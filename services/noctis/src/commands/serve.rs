//! `noctis serve`: opens what its targets need, serves HTTP and gRPC until told to stop, and drains.

use crate::{
    config::Config,
    data_folder::{DataFolder, Opened},
    targets::Target,
    telemetry,
    wiring::Process,
};
use anyhow::Context as _;
use std::net::SocketAddr;
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

/// Serves until SIGTERM or SIGINT, then lets requests and calls under way finish.
///
/// # Errors
/// The data folder is in use, the archive cannot be opened, or an address not be bound.
pub(crate) async fn run(config: Config) -> anyhow::Result<()> {
    let metrics = telemetry::metrics()?;
    let targets = config.targets();
    let mut folder = if config.needs_data_folder() { Some(data_folder(&config)?) } else { None };
    let (http, address) = listen(config.http_listen()).await?;
    let grpc = match config.rpc.listen {
        Some(wanted) if targets.has_services() => Some(listen(wanted).await?),
        _ => None,
    };
    let is_gateway = targets.has(Target::Gateway);
    if let Some(folder) = folder.as_mut().filter(|_| is_gateway) {
        folder.announce(&format!("http://{address}"))?;
    }

    let process = Process::open(&config, &targets, folder).await?;
    let stop = stop_signal()?;
    let pages = if is_gateway { process.gateway(&config, metrics)? } else { process.operations(metrics, stop.clone()) };
    announce(&config, is_gateway, address, grpc.as_ref().map(|(_, address)| *address));
    let order = Order::new(is_gateway, stop);
    tokio::try_join!(
        order.through_http(gateway::serve(http, pages, order.http.cancelled(), &config.gateway.serve)),
        order.through_grpc(serve_grpc(&config, &process, grpc, &order)),
        order.begin(),
    )
    .context("serving ended early")?;
    process.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn data_folder(config: &Config) -> anyhow::Result<DataFolder> {
    match DataFolder::open(&config.server.data_dir)? {
        Opened::Ours(folder) => Ok(folder),
        Opened::Elsewhere(_) => {
            anyhow::bail!("the data folder {} is in use by another process", config.server.data_dir.display())
        }
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// In which order the ports are drained: what causes calls first. The pages that operate a process without a gateway
/// stay until its last call has ended.
struct Order {
    stop: CancellationToken,
    http: CancellationToken,
    grpc: CancellationToken,
    http_first: bool,
}

impl Order {
    fn new(http_first: bool, stop: CancellationToken) -> Self {
        Self { stop, http: CancellationToken::new(), grpc: CancellationToken::new(), http_first }
    }

    async fn begin(&self) -> anyhow::Result<()> {
        self.stop.cancelled().await;
        if self.http_first {
            self.http.cancel()
        } else {
            self.grpc.cancel()
        }
        Ok(())
    }

    async fn through_http(&self, serving: impl Future<Output = std::io::Result<()>>) -> anyhow::Result<()> {
        serving.await?;
        self.grpc.cancel();
        Ok(())
    }

    async fn through_grpc(&self, serving: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        serving.await?;
        // Without a port of its own it ends at once, and nothing follows from that.
        self.grpc.cancelled().await;
        self.http.cancel();
        Ok(())
    }
}

async fn serve_grpc(
    config: &Config,
    process: &Process,
    listener: Option<(TcpListener, SocketAddr)>,
    order: &Order,
) -> anyhow::Result<()> {
    let Some((listener, _)) = listener else { return Ok(()) };
    let server = process.server(config)?;
    let (standing, limits) = (server.standing(), config.rpc.serve_limits());
    tokio::select! {
        served = rpc::serve(listener, server, order.grpc.cancelled(), &limits) => Ok(served?),
        () = process.tell(standing) => Ok(()),
    }
}

fn announce(config: &Config, is_gateway: bool, address: SocketAddr, grpc: Option<SocketAddr>) {
    println!("listening on http://{address}");
    if let Some(address) = grpc {
        println!("gRPC:          {address}");
    }
    if !is_gateway {
        return;
    }
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
