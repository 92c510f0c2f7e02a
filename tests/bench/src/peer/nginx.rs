//! nginx, which serves the same bytes from files: the limit for retrieval.

use super::{Child, free_port, wait_for};
use crate::http::Client;
use anyhow::Context as _;
use std::{
    path::Path,
    process::{Command, Stdio},
};

/// A running nginx.
#[derive(Debug)]
pub struct Nginx {
    /// Client of the folder it serves.
    pub client: Client,
    _child: Child,
}

impl Nginx {
    /// Serves the files in `folder`.
    ///
    /// # Errors
    /// It is not installed or does not start.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let file = folder.join("nginx.conf");
        std::fs::write(&file, configuration(port, folder))?;
        std::fs::write(folder.join("ready"), "ok")?;
        let child = Command::new("nginx")
            .arg("-e")
            .arg(folder.join("error.log"))
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start nginx")?;
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        let child = Child(child);
        wait_for(&client, "/ready").await?;
        Ok(Self { client, _child: child })
    }
}

fn configuration(port: u16, folder: &Path) -> String {
    let folder = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
        .concat();
    format!(
        "user root; daemon off; master_process off; worker_processes 1; pid {folder}/pid; \
         events {{ worker_connections 256; }} \
         http {{ access_log off; sendfile on; {temporary} server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
}
