//! A real S3 server (SeaweedFS), on free ports of 127.0.0.1, with a folder that goes away with it.

pub mod proxy;

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long a start may take on a machine that also compiles.
const START: Duration = Duration::from_secs(90);

/// Who asks. Nobody but the server itself makes buckets: see [`Server::bucket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// May read, write and remove in every bucket.
    Writer,
    /// May only read.
    Reader,
}

impl Identity {
    /// What it signs with: the access key and the secret.
    pub fn keys(self) -> (&'static str, &'static str) {
        match self {
            Self::Writer => ("noctis-writer", "a-secret-of-the-writer"),
            Self::Reader => ("noctis-reader", "a-secret-of-the-reader"),
        }
    }
}

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    folder: TempDir,
    ports: [u16; 9],
    child: Option<Child>,
    /// Ends with the pipe to it, and the server with it.
    watch: Option<Child>,
}

impl Server {
    /// Starts a server without buckets and waits until it can be written to.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-s3-").tempdir().expect("a folder for the server");
        let mut server = Self { folder, ports: free_ports(), child: None, watch: None };
        server.write_settings();
        // Another process may take one of the ports before the server does.
        for _ in 0..3 {
            server.launch();
            if server.answers().await {
                return server;
            }
            server.stop();
            server.ports = free_ports();
        }
        panic!("the S3 server does not start\n{}", server.said());
    }

    /// Starts it again after [`Self::stop`], on the same ports with the same data.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn resume(&mut self) {
        assert!(self.child.is_none(), "it runs");
        self.launch();
        assert!(self.answers().await, "the S3 server does not start again\n{}", self.said());
    }

    /// SIGKILL, and waits for the end. (An orderly end of this server takes half a minute.)
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
        if let Some(mut watch) = self.watch.take() {
            watch.kill().ok();
            watch.wait().ok();
        }
    }

    /// Stops it in its tracks (SIGSTOP): connections are accepted, but nothing is answered until [`Self::thaw`].
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on after [`Self::freeze`], and waits until it does: its parts have to find one another again.
    ///
    /// # Panics
    /// When it does not.
    pub async fn thaw(&mut self) {
        self.signal("CONT");
        assert!(self.answers().await, "the S3 server does not go on\n{}", self.said());
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its address for TLS, such as `https://127.0.0.1:40124`; its certificate is of [`Self::ca_file`].
    pub fn tls_endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports[8])
    }

    /// The certificate of an authority that nobody else knows.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Where further doors to it (`weed s3 -filer=`) find what it keeps.
    pub fn filer(&self) -> String {
        format!("127.0.0.1:{}.{}", self.ports[4], self.ports[5])
    }

    /// Host and port of [`Self::endpoint`].
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports[6])
    }

    /// The process; `None` while it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// A fresh, empty bucket.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn bucket(&self) -> String {
        let bucket = format!("test-{}", uuid::Uuid::new_v4().simple());
        let made = reqwest::Client::new().post(self.inside(&bucket, "/")).send().await.expect("an answer");
        assert!(made.status().is_success(), "{}", made.status());
        bucket
    }

    /// Takes a bucket away with all that is in it.
    ///
    /// # Panics
    /// When that fails.
    pub async fn remove_bucket(&self, bucket: &str) {
        let url = format!("{}?recursive=true&ignoreRecursiveError=false", self.inside(bucket, ""));
        let removed = reqwest::Client::new().delete(url).send().await.expect("an answer");
        assert!(removed.status().is_success(), "{}", removed.status());
    }

    /// Takes away what it knows of unfinished uploads to a bucket, as a server does that was restored or cleaned up.
    ///
    /// # Panics
    /// When that fails.
    pub async fn lose_uploads(&self, bucket: &str) {
        let url = format!("{}?recursive=true", self.inside(bucket, "/.uploads"));
        let removed = reqwest::Client::new().delete(url).send().await.expect("an answer");
        assert!(removed.status().is_success(), "{}", removed.status());
    }

    /// The bytes of an object, read behind the back of those who use the bucket.
    ///
    /// # Panics
    /// When there is none.
    pub async fn object(&self, bucket: &str, key: &str) -> Vec<u8> {
        let answer = reqwest::get(self.inside(bucket, &format!("/{key}"))).await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.expect("the bytes of an object").to_vec()
    }

    /// Puts other bytes in the place of an object, or nothing.
    ///
    /// # Panics
    /// When that fails.
    pub async fn damage(&self, bucket: &str, key: &str, bytes: Option<Vec<u8>>) {
        let (client, object) = (reqwest::Client::new(), self.inside(bucket, &format!("/{key}")));
        let request = match bytes {
            Some(bytes) => client.put(object).body(bytes),
            None => client.delete(object),
        };
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// The keys of all objects in a bucket, sorted; parts of unfinished uploads are below `.uploads/`.
    pub async fn objects(&self, bucket: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec!["/".to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in self.entries(bucket, &folder).await {
                let path = entry["FullPath"].as_str().expect("a path");
                let name = &path["/buckets/".len() + bucket.len()..];
                // The bit that Go keeps in a mode for folders.
                match entry["Mode"].as_u64().is_some_and(|mode| mode & (1 << 31) != 0) {
                    true => folders.push(format!("{name}/")),
                    false => found.push(name.trim_start_matches('/').to_owned()),
                }
            }
        }
        found.sort();
        found
    }

    /// A credentials file of this identity, in the form of AWS' shared credentials.
    pub fn credentials_file(&self, identity: Identity) -> PathBuf {
        self.folder.path().join(format!("{identity:?}.credentials"))
    }

    async fn entries(&self, bucket: &str, folder: &str) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        let mut last = String::new();
        loop {
            let url = format!("{}?limit=1000&lastFileName={last}", self.inside(bucket, folder));
            let request = reqwest::Client::new().get(url).header("Accept", "application/json");
            let answer = request.send().await.expect("an answer");
            if answer.status() == 404 {
                return all;
            }
            let page: serde_json::Value = answer.json().await.expect("a listing");
            all.extend(page["Entries"].as_array().cloned().unwrap_or_default());
            if page["ShouldDisplayLoadMore"] != true {
                return all;
            }
            last = page["LastFileName"].as_str().unwrap_or_default().to_owned();
        }
    }

    /// Where the server's own file system shows a bucket.
    fn inside(&self, bucket: &str, path: &str) -> String {
        format!("http://127.0.0.1:{}/buckets/{bucket}{path}", self.ports[4])
    }

    fn write_settings(&self) {
        let identity = |identity: Identity, actions: &[&str]| {
            let (key, secret) = identity.keys();
            let credentials = serde_json::json!([{ "accessKey": key, "secretKey": secret }]);
            serde_json::json!({ "name": format!("{identity:?}"), "credentials": credentials, "actions": actions })
        };
        let identities = [
            identity(Identity::Writer, &["Read", "Write", "List", "Tagging"]),
            identity(Identity::Reader, &["Read", "List"]),
        ];
        let settings = serde_json::json!({ "identities": identities }).to_string();
        std::fs::write(self.folder.path().join("s3.json"), settings).expect("a folder of ours");
        for identity in [Identity::Writer, Identity::Reader] {
            let (key, secret) = identity.keys();
            write_credentials(&self.credentials_file(identity), key, secret);
        }
        make_certificates(self.folder.path());
        // Else every bucket takes several volumes at once, until none are left.
        let growth = "[master.volume_growth]\ncopy_1 = 1\ncopy_2 = 1\ncopy_3 = 1\ncopy_other = 1\n";
        std::fs::write(self.folder.path().join("master.toml"), growth).expect("a folder of ours");
        for name in ["data", "log"] {
            std::fs::create_dir(self.folder.path().join(name)).expect("a folder of ours");
        }
    }

    /// Every port has its flag: those left out are others plus 10,000.
    fn launch(&mut self) {
        let program = program();
        let [master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3, s3_grpc, https] = self.ports;
        let folder = self.folder.path();
        let mut command = Command::new(&program);
        command.arg("-logdir=log").arg("server");
        command.args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-filer", "-s3", "-s3.config=s3.json"]);
        command.args(["-master.telemetry=false", "-master.volumeSizeLimitMB=256", "-volume.max=500"]);
        command.args([format!("-master.port={master}"), format!("-master.port.grpc={master_grpc}")]);
        command.args([format!("-volume.port={volume}"), format!("-volume.port.grpc={volume_grpc}")]);
        command.args([format!("-filer.port={filer}"), format!("-filer.port.grpc={filer_grpc}")]);
        command.args([format!("-s3.port={s3}"), format!("-s3.port.grpc={s3_grpc}")]);
        command.args([format!("-s3.port.https={https}")]);
        command.args(["-s3.cert.file=server.pem", "-s3.key.file=server.key"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        command.arg(format!("-filer.localSocket={}", folder.join("filer.sock").display()));
        command.arg(format!("-s3.localSocket={}", folder.join("s3.sock").display()));
        let output = File::options().create(true).append(true).open(folder.join("output")).expect("a folder of ours");
        command.current_dir(folder).env("GOMEMLIMIT", "256MiB").stdin(Stdio::null());
        command.stdout(output.try_clone().expect("a file")).stderr(output);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{}: {error}; run tests/setup.sh", program.display()));
        self.watch = Some(watch(child.id(), folder));
        self.child = Some(child);
    }

    /// Waits until the server is healthy and a file can be written to it; `false` when it ended before.
    async fn answers(&mut self) -> bool {
        let client = reqwest::Client::new();
        let healthy = format!("{}/healthz", self.endpoint());
        let file = format!("http://127.0.0.1:{}/ready", self.ports[4]);
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if !matches!(self.child.as_mut().map(Child::try_wait), Some(Ok(None))) {
                return false;
            }
            let is_healthy = client.get(&healthy).send().await.is_ok_and(|answer| answer.status().is_success());
            // Long enough that it goes to a volume and does not stay in the index.
            let written = client.put(&file).body(vec![0; 64 << 10]).send();
            if is_healthy && written.await.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    fn signal(&self, name: &str) {
        let pid = self.pid().expect("it runs");
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().expect("a shell");
        assert!(sent.success(), "SIG{name} could not be sent to {pid}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Kills the server and removes its folder when the test program has ended in whatever way: then the pipe to this shell ends.
fn watch(pid: u32, folder: &Path) -> Child {
    const WATCH: &str = "cat >/dev/null; kill -KILL $0 2>/dev/null; \
        while kill -0 $0 2>/dev/null; do sleep 0.05; done; rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", WATCH, &pid.to_string()]).arg(folder).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell")
}

/// An authority and a certificate for 127.0.0.1.
fn make_certificates(folder: &Path) {
    std::fs::write(folder.join("extensions"), "subjectAltName=IP:127.0.0.1\n").expect("a folder of ours");
    for arguments in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
         -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.pem",
    ] {
        let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
        let output = output.expect("openssl is missing: run tests/setup.sh");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Writes a credentials file as a secret store would: at once, under its name.
pub fn write_credentials(path: &Path, key: &str, secret: &str) {
    let fresh = path.with_extension("fresh");
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    std::fs::write(&fresh, text).expect("a folder of ours");
    std::fs::rename(&fresh, path).expect("a folder of ours");
}

/// Beside the Python that tests/setup.sh brings.
fn program() -> PathBuf {
    let Some(python) = std::env::var_os("NOCTIS_PYTHON") else {
        panic!("NOCTIS_PYTHON is not set: run tests/setup.sh and source what it prints, or use tests/run.sh");
    };
    Path::new(&python).with_file_name("weed")
}

/// Ports that were free a moment ago.
fn free_ports() -> [u16; 9] {
    let held = [(); 9].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.each_ref().map(|listener| listener.local_addr().expect("it listens").port())
}
