//! A real name server (dnsmasq) on a loopback address of its own, and processes that ask it alone.
//!
//! Needs root: port 53, and a mount namespace in which another `/etc/resolv.conf` stands.

use std::{
    fs,
    net::{Ipv4Addr, UdpSocket},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

use harness::ServerBuilder;
use tempfile::TempDir;

/// All names below this one are this machine, on every name server here; this one is not.
pub const HERE: &str = "objects.test";

/// A running server that knows what it is told, and nothing else. Dropping it kills the process.
pub struct NameServer {
    folder: TempDir,
    address: Ipv4Addr,
    child: Child,
}

impl NameServer {
    /// Starts one that knows no names yet.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-names-").tempdir().unwrap();
        let address = free_address();
        fs::write(folder.path().join("hosts"), "").unwrap();
        fs::write(folder.path().join("resolv.conf"), format!("nameserver {address}\noptions timeout:1 attempts:2\n"))
            .unwrap();
        let child = Self::launch(&folder, address);
        let server = Self { folder, address, child };
        server.tell("ready.test", &[Ipv4Addr::new(127, 9, 9, 9)]);
        server
    }

    fn launch(folder: &TempDir, address: Ipv4Addr) -> Child {
        let mut command = Command::new("dnsmasq");
        command.args(["--no-daemon", "--no-resolv", "--no-hosts", "--user=root", "--bind-interfaces", "--port=53"]);
        command.args(["--conf-file=/dev/null", "--pid-file=", "--local=/test/", "--local-ttl=0", "--neg-ttl=0"]);
        // Whatever is below it, as of buckets; itself it is nowhere.
        command.arg(format!("--address=/*.{HERE}/127.0.0.1"));
        command.arg(format!("--listen-address={address}"));
        command.arg(format!("--addn-hosts={}", folder.path().join("hosts").display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("dnsmasq is missing, or this is not root: run tests/setup.sh")
    }

    /// From now on the name stands for these addresses and no others; returns when that is what it answers.
    pub fn tell(&self, name: &str, addresses: &[Ipv4Addr]) {
        let lines: String = addresses.iter().map(|address| format!("{address} {name}\n")).collect();
        fs::write(self.folder.path().join("hosts"), lines).unwrap();
        let mut expected: Vec<Ipv4Addr> = addresses.to_vec();
        expected.sort();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            // Not at the very start, when the signal would end it.
            if self.ask(name).is_some_and(|found| found == expected) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} is not {expected:?} but {:?}", self.ask(name));
            std::thread::sleep(Duration::from_millis(50));
            if self.ask(name).is_some() {
                let pid = self.child.id().to_string();
                assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
            }
        }
    }

    /// No answers any more, to nobody.
    pub fn stop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// After [`Self::stop`].
    pub fn resume(&mut self) {
        self.child = Self::launch(&self.folder, self.address);
    }

    /// A process that asks this server, whatever the machine's own settings are.
    pub fn asked_by(&self, builder: ServerBuilder) -> ServerBuilder {
        let file = self.folder.path().join("resolv.conf").display().to_string();
        // /etc/hosts goes before name servers; that of the machine must not matter.
        let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
        builder.under(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, &file])
    }

    /// Whether a process may have settings of its own here.
    pub fn works(&self) -> Result<(), String> {
        let file: PathBuf = self.folder.path().join("resolv.conf");
        let script = "mount --bind \"$0\" /etc/resolv.conf && cat /etc/resolv.conf";
        let output = Command::new("unshare").args(["--mount", "sh", "-c", script]).arg(&file).output();
        let output = output.map_err(|error| format!("unshare: {error}; run tests/setup.sh"))?;
        match output.stdout == fs::read(&file).unwrap() {
            true => Ok(()),
            false => Err(format!("no mount namespace: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }

    /// The addresses of a name (RFC 1035 4), in order; `None` without an answer.
    fn ask(&self, name: &str) -> Option<Vec<Ipv4Addr>> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).unwrap());
            question.extend(label.as_bytes());
        }
        question.extend([0, 0, 1, 0, 1]);
        socket.send_to(&question, (self.address, 53)).ok()?;
        let mut answer = [0; 512];
        let length = socket.recv(&mut answer).ok()?;
        // Each record: a pointer to the name, type A, class IN, time to live, length, address.
        let records = answer[question.len()..length].chunks_exact(16);
        let mut found: Vec<Ipv4Addr> =
            records.map(|record| Ipv4Addr::new(record[12], record[13], record[14], record[15])).collect();
        found.sort();
        Some(found)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A loopback address on which nobody serves names.
fn free_address() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    (1..=50)
        .map(|_| Ipv4Addr::new(127, 53, (std::process::id() % 250) as u8, NEXT.fetch_add(1, Ordering::Relaxed)))
        .find(|address| UdpSocket::bind((*address, 53)).is_ok())
        .expect("root may bind port 53")
}
