//! Certificates for the servers of tests, by an authority that nobody else knows (openssl).

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::postgres;

/// An authority. Its files go away with it.
#[derive(Debug)]
pub struct Authority(TempDir);

/// A certificate and its key, both in PEM form.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub file: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// Makes one.
    ///
    /// # Panics
    /// When openssl is missing (`tests/setup.sh` installs it).
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-authority-").tempdir().expect("a folder for certificates");
        // A server that runs as somebody else comes through.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a folder of ours");
        // Of another name than any other, as authorities have.
        let name = folder.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let options = "-addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem";
        let request = format!("req -x509 -days 2 -nodes -subj /CN={name} {options}");
        openssl(folder.path(), &format!("{request} -newkey ec -pkeyopt ec_paramgen_curve:P-256"));
        Self(folder)
    }

    /// Its own certificate, which others are told to trust.
    pub fn file(&self) -> PathBuf {
        self.0.path().join("ca.pem")
    }

    /// A certificate under a name, for some places, such as `DNS:localhost,IP:127.0.0.1`.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn certificate(&self, name: &str, places: &str) -> Certificate {
        let folder = self.0.path();
        let request = format!("-nodes -subj /CN={name} -keyout {name}.key -out {name}.csr");
        openssl(folder, &format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 {request}"));
        fs::write(folder.join("extensions"), format!("subjectAltName={places}\n")).expect("a folder of ours");
        let signed = format!("-CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -out {name}.pem");
        openssl(folder, &format!("x509 -req -days 2 -in {name}.csr {signed}"));
        Certificate { file: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) }
    }

    /// A certificate for a database server, which only takes a key that nobody else can read.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database_certificate(&self, places: &str) -> Certificate {
        let certificate = self.certificate("database", places);
        fs::set_permissions(&certificate.key, fs::Permissions::from_mode(0o600)).expect("a file of ours");
        if let Some((user, group)) = postgres::unprivileged() {
            chown(&certificate.key, Some(user), Some(group)).expect("root may give files away");
        }
        certificate
    }
}

impl Certificate {
    /// What a database server is started with to use it.
    pub fn database_settings(&self) -> Vec<String> {
        let (file, key) = (self.file.display(), self.key.display());
        vec!["ssl=on".to_owned(), format!("ssl_cert_file={file}"), format!("ssl_key_file={key}")]
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let output = output.expect("openssl is missing: run tests/setup.sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
