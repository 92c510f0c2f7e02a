//! A TCP connection's slow stretch: what stands before a server and hands on what comes later than it came.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// A relay on a free port of 127.0.0.1. It ends with the value, and with it the connections through it.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    delay: watch::Sender<Duration>,
    accepting: JoinHandle<()>,
}

impl Relay {
    /// Starts one before the server at this port of 127.0.0.1; it delays nothing yet.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let (delay, delays) = watch::channel(Duration::ZERO);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(connect(client, server, delays.clone()));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { port, delay, accepting }
    }

    /// Where it is.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How long every piece waits from now on, in either direction. What waits already goes on at once.
    pub fn delay(&self, delay: Duration) {
        self.delay.send_replace(delay);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(client: TcpStream, server: u16, delays: watch::Receiver<Duration>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Either end takes the other with it.
    tokio::select! {
        _ = hand_on(from_client, to_server, delays.clone()) => {}
        _ = hand_on(from_server, to_client, delays) => {}
    }
}

async fn hand_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut delays: watch::Receiver<Duration>) -> Option<()> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        let delay = *delays.borrow_and_update();
        // A change of the delay ends the wait.
        if !delay.is_zero() {
            tokio::time::timeout(delay, delays.changed()).await.ok();
        }
        to.write_all(&piece[..count]).await.ok()?;
    }
}
