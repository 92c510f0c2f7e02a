//! Noctis, in its embedded shape with its defaults.

use super::{Child, Peer, Server, free_port, wait_for};
use crate::http::Client;
use anyhow::Context as _;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// A running Noctis.
#[derive(Debug)]
pub struct Noctis {
    server: Server,
    _child: Child,
}

impl Noctis {
    /// Starts the program with a fresh data folder below `scratch`.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(program: &Path, scratch: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let child = Command::new(program)
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"])
            .arg(scratch.join("noctis"))
            .env("NOCTIS_LOG__FILTER", "warn")
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let child = Child(child);
        wait_for(&Client::new(&format!("http://127.0.0.1:{port}")), "/readyz").await?;
        let client = Client::new(&format!("http://127.0.0.1:{port}/dicom-web"));
        Ok(Self { server: Server { client, pid: child.0.id() }, _child: child })
    }
}

impl Peer for Noctis {
    fn server(&self) -> Server {
        self.server.clone()
    }
}
