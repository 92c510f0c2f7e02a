//! Orthanc with its DICOMweb plug-in, from another Debian in a folder, with the same durability.

use super::{Child, Peer, Server, free_port, wait_for};
use crate::http::Client;
use anyhow::Context as _;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A running Orthanc.
#[derive(Debug)]
pub struct Orthanc {
    server: Server,
    _child: Child,
    storage: PathBuf,
}

impl Orthanc {
    /// Starts the Orthanc of the system below `root`, with fresh storage there.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(root: &Path) -> anyhow::Result<Self> {
        let port = free_port()?;
        let storage = root.join("var/tmp/noctis-bench");
        drop(std::fs::remove_dir_all(&storage));
        std::fs::create_dir_all(&storage)?;
        name_the_host(root)?;
        std::fs::write(storage.join("orthanc.json"), configuration(port))?;
        let child = Command::new("chroot")
            .arg(root)
            .args(["/usr/sbin/Orthanc", "/var/tmp/noctis-bench/orthanc.json"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(storage.join("log"))?)
            .spawn()
            .context("cannot start Orthanc")?;
        let child = Child(child);
        let client = Client::new(&format!("http://127.0.0.1:{port}/dicom-web"));
        wait_for(&client, "/studies?limit=1").await?;
        Ok(Self { server: Server { client, pid: child.0.id() }, _child: child, storage })
    }
}

impl Peer for Orthanc {
    fn server(&self) -> Server {
        self.server.clone()
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        // A folder that stays behind is removed by the next start.
        drop(std::fs::remove_dir_all(&self.storage));
    }
}

/// Without the host's own name in `/etc/hosts` its searches wait for a name server.
fn name_the_host(root: &Path) -> anyhow::Result<()> {
    let name = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    std::fs::write(root.join("etc/hosts"), format!("127.0.0.1 localhost {}\n", name.trim()))?;
    Ok(())
}

/// `SyncStorageArea` makes it sync each file as Noctis does; its SQLite commits with full synchronisation by default.
fn configuration(port: u16) -> String {
    format!(
        r#"{{
  "Name": "peer", "HttpPort": {port}, "DicomServerEnabled": false, "RemoteAccessAllowed": false,
  "AuthenticationEnabled": false, "SyncStorageArea": true, "StorageDirectory": "/var/tmp/noctis-bench/storage",
  "IndexDirectory": "/var/tmp/noctis-bench/storage", "StorageAccessOnFind": "Never", "OverwriteInstances": false,
  "Plugins": ["/usr/share/orthanc/plugins"], "HttpThreadsCount": 50, "KeepAlive": true,
  "DicomWeb": {{ "Enable": true, "Root": "/dicom-web/", "EnableMetadataCache": true, "StudiesMetadata": "Full", "SeriesMetadata": "Full" }}
}}"#
    )
}
