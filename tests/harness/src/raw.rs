//! Requests as bytes, for what no HTTP client would send.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::client::Client;

impl Client {
    /// Sends text on a connection of its own and reads until the server closes it; ask for `Connection: close`.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub async fn raw(&self, request: &str) -> String {
        let host = self.base().strip_prefix("http://").expect("a server without TLS");
        let mut connection = TcpStream::connect(host).await.expect("a server that listens");
        let mut answer = Vec::new();
        // A server may refuse and close before it has read everything: what it said counts.
        if connection.write_all(request.as_bytes()).await.is_ok() {
            connection.read_to_end(&mut answer).await.ok();
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}
