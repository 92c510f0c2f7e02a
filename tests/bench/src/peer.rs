//! The servers that are compared.

mod distributed;
mod nginx;
mod noctis;
mod orthanc;

pub use distributed::Distributed;
pub use nginx::Nginx;
pub use noctis::Noctis;
pub use orthanc::Orthanc;

use crate::http::Client;

/// Something that serves while it is held.
pub trait Peer {
    /// How to reach it.
    fn server(&self) -> Server;
}

/// How to reach a server, and which process it is.
#[derive(Debug, Clone)]
pub struct Server {
    /// Client of its DICOMweb root.
    pub client: Client,
    /// Its process.
    pub pid: u32,
}

/// The two archives.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The one under test.
    pub noctis: Server,
    /// The one beside it, if it is there.
    pub orthanc: Option<Server>,
}

impl Pair {
    /// Both, in turns: the one under test first.
    pub fn all(&self) -> impl Iterator<Item = &Server> {
        std::iter::once(&self.noctis).chain(&self.orthanc)
    }
}

/// A TCP port that was free a moment ago.
fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until `client` answers a GET of `path`.
async fn wait_for(client: &Client, path: &str) -> anyhow::Result<()> {
    for _ in 0..300 {
        if client.get(path, &[]).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    anyhow::bail!("a server did not start within 30 s")
}

/// A child process that ends with its owner.
#[derive(Debug)]
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
