//! Services of this process for callers in others: gRPC over HTTP/2, bounded in connections, calls and memory, drained
//! at shutdown.
//!
//! There is no identity on it: whoever reaches the port may speak for any principal.

mod health;
mod routes;

pub use health::Standing;
pub use routes::Server;

use crate::{http2, telemetry::Counted};
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http2::Builder, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::body::Body;

/// Pause after an accept that failed for want of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a connection may stay silent at its beginning.
const FIRST_BYTES: Duration = Duration::from_secs(10);
/// Calls that are given up before they began, more of which at a time close their connection. Viewers give up many.
const GIVEN_UP: usize = 1024;

/// What holds for the listener, as against single calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections at a time; further ones wait in the system's queue.
    pub connections: usize,
    /// Age after which a connection takes no more calls, so that callers spread over new processes.
    pub age: Duration,
    /// Time that calls under way get to end at shutdown.
    pub drain: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self { connections: 256, age: Duration::from_secs(600), drain: Duration::from_secs(30) }
    }
}

/// Serves until `shutdown` resolves. Then callers are told to go elsewhere and nothing new is taken; calls under way may
/// end within the time for it. When the future is dropped, all of them are cut off.
///
/// # Errors
/// Where the listener's address cannot be read. A failing connection or accept ends nothing but itself.
pub async fn serve(
    listener: TcpListener,
    server: Server,
    shutdown: impl Future<Output = ()>,
    limits: &ServeLimits,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "serving gRPC");
    let connections = Connections {
        server: Arc::new(server),
        builder: builder(),
        age: limits.age,
        drain: CancellationToken::new(),
        cut: CancellationToken::new(),
    };
    // Whoever drops the future of this function wants the end of everything.
    let _cut = connections.cut.clone().drop_guard();
    let tracker = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &slots) => accepted,
        };
        let Some((stream, slot)) = accepted else { continue };
        let connections = connections.clone();
        tracker.spawn(async move {
            connections.serve(stream).await;
            drop(slot);
        });
    }
    connections.server.standing().drain();
    drop(listener);
    connections.drain.cancel();
    tracker.close();
    if tokio::time::timeout(limits.drain, tracker.wait()).await.is_err() {
        tracing::warn!("calls were still running at the end of the drain and are cut off");
        connections.cut.cancel();
        tracker.wait().await;
    }
    Ok(())
}

/// What all connections share.
#[derive(Clone)]
struct Connections {
    server: Arc<Server>,
    builder: Builder<TokioExecutor>,
    age: Duration,
    /// No further calls.
    drain: CancellationToken,
    /// Not even those under way.
    cut: CancellationToken,
}

impl Connections {
    async fn serve(&self, stream: TcpStream) {
        if !matches!(tokio::time::timeout(FIRST_BYTES, stream.readable()).await, Ok(Ok(()))) {
            return;
        }
        let _counted = Counted::callee();
        let server = Arc::clone(&self.server);
        let service = service_fn(move |request: Request<Incoming>| {
            let server = Arc::clone(&server);
            async move { Ok::<Response<Body>, Infallible>(server.answer(request).await) }
        });
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), service));
        // Connections of the same age would all come back at the same moment.
        let age = self.age.mul_f64(rand::random_range(0.9..1.1));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.cut.cancelled() => return,
            () = self.drain.cancelled() => None,
            () = tokio::time::sleep(age) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.cut.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(http2::STREAM_WINDOW)
        .initial_connection_window_size(http2::CONNECTION_WINDOW)
        .max_concurrent_streams(http2::STREAMS_ALLOWED)
        .max_pending_accept_reset_streams(GIVEN_UP)
        // Messages of calls that have ended here are still on their way: that is not the caller's fault, and over the
        // life of a connection there are many.
        .max_local_error_reset_streams(None)
        .max_header_list_size(http2::HEAD)
        .keep_alive_interval(http2::ASK_AFTER)
        .keep_alive_timeout(http2::ANSWER_WITHIN);
    builder
}

/// The next connection, once there is a place for it; encryption and the caller's identity belong here.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot switch Nagle's algorithm off");
            }
            Some((stream, slot))
        }
        Err(error) => {
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
