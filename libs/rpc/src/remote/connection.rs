//! One connection to a process that serves a service.

use crate::{http2, telemetry::Counted};
use http::{Request, Response, Uri, request::Parts, uri::Authority};
use hyper::{
    body::Incoming,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{error::Error as StdError, future::Future, net::SocketAddr, time::Duration};
use tokio::net::TcpStream;
use tonic::{Status, body::Body};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// How long a connection may take until the process at its other end says that it has the service.
pub(super) const CONNECT: Duration = Duration::from_secs(2);

/// Calls that were given up lately and whose answers are still dropped without a word.
const GIVEN_UP: usize = 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("no connection within {CONNECT:?}")]
    Late,
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    #[error("no HTTP/2")]
    Handshake(#[source] hyper::Error),
    #[error("the process there does not have the service ({:?})", .0.code())]
    NotServed(#[source] Status),
}

/// Why a call got no answer.
#[derive(Debug)]
pub(super) enum NotSent {
    /// The process at the other end has not begun it.
    Certainly(hyper::Error),
    /// It may have.
    Perhaps(hyper::Error),
}

impl NotSent {
    pub(super) fn cause(&self) -> &hyper::Error {
        let (Self::Certainly(error) | Self::Perhaps(error)) = self;
        error
    }
}

/// The sending end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    sender: SendRequest<Body>,
    authority: Authority,
}

impl Connection {
    /// Connects, and asks whether the service is there. The second thing given back does the connection's work and ends
    /// with it.
    pub(super) async fn dial(
        address: SocketAddr,
        authority: Authority,
        service: &'static str,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), DialError> {
        let dialled = async {
            let stream = open(address).await.map_err(DialError::Connect)?;
            let (sender, driver) = builder().handshake(TokioIo::new(stream)).await.map_err(DialError::Handshake)?;
            let counted = Counted::caller();
            let driver = tokio::spawn(async move {
                if let Err(error) = driver.await {
                    tracing::debug!(%error, "a connection to a service broke off");
                }
                drop(counted);
            });
            let connection = Self { sender, authority };
            connection.ask_for(service).await.map_err(DialError::NotServed)?;
            // A task that was aborted or panicked has ended too.
            Ok((connection, async move { drop(driver.await) }))
        };
        tokio::time::timeout(CONNECT, dialled).await.map_err(|_elapsed| DialError::Late)?
    }

    /// Whether further calls can be sent.
    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Sends a call and waits for the head of its answer.
    pub(super) async fn send(&self, head: &Parts, body: Body) -> Result<Response<Incoming>, NotSent> {
        let mut request = Request::from_parts(head.clone(), body);
        *request.uri_mut() = self.uri(head);
        self.sender.clone().try_send_request(request).await.map_err(|mut error| {
            let unsent = error.take_message().is_some();
            let error = error.into_error();
            if unsent || was_turned_away(&error) { NotSent::Certainly(error) } else { NotSent::Perhaps(error) }
        })
    }

    fn uri(&self, head: &Parts) -> Uri {
        let mut parts = head.uri.clone().into_parts();
        parts.scheme = Some(http::uri::Scheme::HTTP);
        parts.authority = Some(self.authority.clone());
        // With all its parts there, it always is one.
        Uri::from_parts(parts).unwrap_or_else(|_| head.uri.clone())
    }

    async fn ask_for(&self, service: &'static str) -> Result<(), Status> {
        let connection = self.clone();
        let way = tower::service_fn(move |request: Request<Body>| {
            let connection = connection.clone();
            async move {
                let (head, body) = request.into_parts();
                connection.send(&head, body).await.map_err(|error| Status::unavailable(error.cause().to_string()))
            }
        });
        let request = HealthCheckRequest { service: service.to_owned() };
        HealthClient::new(way).check(request).await.map(drop)
    }
}

/// The bytes' way to the other end; encryption belongs here, and behind it nothing changes.
async fn open(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .initial_stream_window_size(http2::STREAM_WINDOW)
        .initial_connection_window_size(http2::CONNECTION_WINDOW)
        .max_header_list_size(http2::HEAD)
        // Pieces of answers that nobody wants any more are still on their way. Counted over the life of a connection, as
        // they are by default, they would end it for all calls.
        .max_local_error_reset_streams(None)
        .max_concurrent_reset_streams(GIVEN_UP)
        .keep_alive_interval(http2::ASK_AFTER)
        .keep_alive_timeout(http2::ANSWER_WITHIN)
        .keep_alive_while_idle(true);
    builder
}

/// Whether the other end said that it did not and will not begin the call: it refused the stream, or was leaving
/// (RFC 9113 6.8 and 8.7).
fn was_turned_away(error: &hyper::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
            return error.is_remote() && (refused || error.is_go_away());
        }
        cause = error.source();
    }
    false
}
