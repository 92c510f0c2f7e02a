//! A further door to an S3 server (SeaweedFS `s3`): behind a certificate of an own authority, with buckets as host names, and
//! with a token service that gives out credentials of a role for a token.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use harness::{Authority, s3};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    issuer::{AUDIENCE, Issuer},
    name_server::HERE,
};

/// The role that may read and write.
pub const ROLE: &str = "arn:aws:iam::role/noctis";

/// A running door. Dropping it kills the process.
pub struct Door {
    folder: TempDir,
    pub authority: Authority,
    port: u16,
    child: Child,
}

impl Door {
    /// Opens one to what a server keeps. Credentials of the role last so many seconds.
    pub fn open(server: &s3::Server, issuer: &Issuer, seconds: u64) -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-s3-door-").tempdir().unwrap();
        let authority = Authority::new();
        let certificate = authority.certificate("door", &format!("IP:127.0.0.1,DNS:{HERE},DNS:*.{HERE}"));
        fs::write(folder.path().join("iam.json"), settings(issuer, seconds)).unwrap();
        fs::write(folder.path().join("s3.json"), identities()).unwrap();
        let ports = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [plain, grpc, port] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
        drop(ports);
        let weed = PathBuf::from(std::env::var_os("NOCTIS_PYTHON").expect("see tests/setup.sh")).with_file_name("weed");
        let mut command = Command::new(weed);
        command.args(["-logdir=.", "s3", "-ip.bind=127.0.0.1", "-config=s3.json", "-iam.config=iam.json"]);
        command.args([format!("-filer={}", server.filer()), format!("-domainName={HERE}")]);
        command.args([format!("-port={plain}"), format!("-port.grpc={grpc}"), format!("-port.https={port}")]);
        command.arg(format!("-cert.file={}", certificate.file.display()));
        command.arg(format!("-key.file={}", certificate.key.display()));
        command.args(["-port.iceberg=0", "-port.lance=0"]);
        command.arg(format!("-localSocket={}", folder.path().join("s3.sock").display()));
        command.current_dir(folder.path()).env("GOMEMLIMIT", "128MiB");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("weed is missing: run tests/setup.sh");
        let mut door = Self { folder, authority, port, child };
        door.wait(plain);
        door
    }

    fn wait(&mut self, plain: u16) {
        let deadline = Instant::now() + Duration::from_secs(60);
        let open = |port| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        while !(open(plain) && open(self.port)) {
            assert!(self.child.try_wait().unwrap().is_none() && Instant::now() < deadline, "the door does not open");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// As an address, as its certificate has it.
    pub fn by_address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// As a name, below which buckets are.
    pub fn by_name(&self) -> String {
        format!("https://{HERE}:{}", self.port)
    }

    /// Where the token is that somebody shows here.
    pub fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// Replaces it, as a platform does: at once.
    pub fn put_token(&self, token: &str) {
        let fresh = self.folder.path().join("token.fresh");
        fs::write(&fresh, token).unwrap();
        fs::rename(&fresh, self.token_file()).unwrap();
    }

    /// Nobody answers any more, neither for objects nor for tokens.
    pub fn close(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.close();
    }
}

fn identities() -> String {
    let (key, secret) = s3::Identity::Writer.keys();
    let credentials = json!([{"accessKey": key, "secretKey": secret}]);
    json!({"identities": [{"name": "writer", "credentials": credentials, "actions": ["Read", "Write", "List"]}]})
        .to_string()
}

fn settings(issuer: &Issuer, seconds: u64) -> String {
    let length = format!("{seconds}s");
    let provider = json!({"issuer": issuer.address(), "clientId": AUDIENCE, "jwksUri": issuer.address()});
    let trust = json!({"Effect": "Allow", "Principal": {"Federated": "cluster"},
        "Action": ["sts:AssumeRoleWithWebIdentity"]});
    let may = json!([{"Effect": "Allow", "Action": ["s3:*", "sts:ValidateSession"], "Resource": ["*"]}]);
    json!({
        "sts": {"tokenDuration": length, "maxSessionLength": length, "issuer": "door",
            "signingKey": "YS1rZXktdGhhdC1pcy1mb3ItdGVzdHMtb25seS0zMg=="},
        "providers": [{"name": "cluster", "type": "oidc", "enabled": true, "config": provider}],
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roles": [{"roleName": "noctis", "roleArn": ROLE, "attachedPolicies": ["all"],
            "trustPolicy": {"Version": "2012-10-17", "Statement": [trust]}}],
        "policies": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": may}}],
    })
    .to_string()
}
