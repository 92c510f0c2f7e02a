//! The `noctis` program as a process of its own, on a free port, with a data folder that goes away with it.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use crate::{
    client::Client,
    distributed,
    process::{Memory, find_program},
};

const ADDRESS: &str = "listening on ";
/// How long a start may take on a machine that also compiles.
const START: Duration = Duration::from_secs(60);
const OUTPUT_KEPT: usize = 64 * 1024;

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    builder: ServerBuilder,
    child: Child,
    base: String,
    output: Arc<Mutex<String>>,
    /// The services, where this is their gateway.
    behind: Option<Box<distributed::Services>>,
}

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerBuilder {
    binary: PathBuf,
    data: Arc<DataFolder>,
    wrapper: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    listen: String,
    shape: Shape,
}

/// How the archive is started.
#[derive(Clone, Debug)]
enum Shape {
    /// As one process.
    Embedded,
    /// As a process for each target; in this place, if it was started before.
    Distributed(Option<distributed::Place>),
}

#[derive(Debug)]
enum DataFolder {
    Temporary(tempfile::TempDir),
    Given(PathBuf),
}

impl ServerBuilder {
    /// Keeps the data in a folder that outlives the server.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Arc::new(DataFolder::Given(folder.into()));
        self
    }

    /// Adds an argument behind `serve`.
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds an environment variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts the program below another one, such as `["strace", "-f", "-o", file]` or `["prlimit", "--fsize=..."]`.
    pub fn under<T: Into<OsString>>(mut self, wrapper: impl IntoIterator<Item = T>) -> Self {
        self.wrapper = wrapper.into_iter().map(Into::into).collect();
        self
    }

    /// Listens at another address than a free port of 127.0.0.1.
    pub fn listen(mut self, address: &str) -> Self {
        self.listen = address.to_owned();
        self
    }

    /// As one process, whatever shape tests are run on.
    pub fn embedded(mut self) -> Self {
        self.shape = Shape::Embedded;
        self
    }

    /// Starts the program and waits until `/readyz` says 200.
    ///
    /// # Panics
    /// When it does not start; the message has what it wrote.
    pub async fn start(self) -> Server {
        match &self.shape {
            Shape::Embedded => self.start_process().await,
            Shape::Distributed(place) => {
                let place = match place {
                    Some(place) => place.clone(),
                    None => distributed::Stores::shared().await.place(&self.binary).await,
                };
                self.start_distributed(place).await
            }
        }
    }

    /// Starts a process for each target, over what is in the place.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub async fn start_distributed(mut self, place: distributed::Place) -> Server {
        let services = distributed::Services::start(place.clone(), &self).await;
        let mut gateway = place.gateway(&self, services.ports).start_process().await;
        self.shape = Shape::Distributed(Some(place));
        gateway.builder = self;
        gateway.behind = Some(Box::new(services));
        gateway
    }

    pub(crate) async fn start_process(self) -> Server {
        let mut server = self.start_unready().await;
        server.wait_until_ready(Instant::now() + START).await;
        server
    }

    /// Starts the program and waits for its address only: what it depends on need not be there.
    ///
    /// # Panics
    /// When it does not start; the message has what it wrote.
    pub async fn start_unready(self) -> Server {
        let mut child = self.command().spawn().unwrap_or_else(|error| panic!("{}: {error}", self.binary.display()));
        let output = Arc::new(Mutex::new(String::new()));
        let (send, addresses) = mpsc::channel();
        follow(child.stdout.take().expect("piped"), Arc::clone(&output), Some(send));
        follow(child.stderr.take().expect("piped"), Arc::clone(&output), None);
        let mut server = Server { builder: self, child, base: String::new(), output, behind: None };
        let deadline = Instant::now() + START;
        server.base = server.wait_for_address(&addresses, deadline).await;
        server
    }

    fn command(&self) -> Command {
        let words: Vec<OsString> = self.wrapper.iter().cloned().chain([self.binary.clone().into()]).collect();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg("serve").arg("--listen").arg(&self.listen);
        command.arg("--data-dir").arg(self.data.path()).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl DataFolder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

impl Server {
    /// Starts `binary` (in tests of `services/noctis`: `env!("CARGO_BIN_EXE_noctis")`) with a fresh data folder.
    pub async fn start(binary: impl AsRef<Path>) -> Self {
        Self::builder(binary).start().await
    }

    /// The same, with more to say about it.
    pub fn builder(binary: impl AsRef<Path>) -> ServerBuilder {
        let folder = tempfile::Builder::new().prefix("noctis-test-").tempdir().expect("a folder for the data");
        ServerBuilder {
            binary: binary.as_ref().to_path_buf(),
            data: Arc::new(DataFolder::Temporary(folder)),
            wrapper: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            listen: "127.0.0.1:0".to_owned(),
            shape: if distributed::is_asked_for() { Shape::Distributed(None) } else { Shape::Embedded },
        }
    }

    /// Where the services behind it keep their things, if that is no data folder.
    pub fn place(&self) -> Option<&distributed::Place> {
        self.behind.as_deref().map(|services| &services.place)
    }

    /// The services behind it, where it is a gateway that has them in processes of their own.
    pub fn services(&mut self) -> Option<&mut distributed::Services> {
        self.behind.as_deref_mut()
    }

    /// The processes that it consists of, itself the first.
    pub fn processes(&self) -> Vec<(&'static str, &Self)> {
        let behind = self.behind.iter().flat_map(|services| services.processes.iter());
        ["gateway", "ingest", "query", "retrieve"].into_iter().zip(std::iter::once(self).chain(behind)).collect()
    }

    /// SIGKILL to one of the services behind it.
    ///
    /// # Panics
    /// When it does not end, or there are none.
    pub async fn kill_service(&mut self, at: usize) {
        let services = self.behind.as_mut().expect("services of its own");
        services.processes[at].signal("KILL");
        services.processes[at].wait(Duration::from_secs(30)).await;
    }

    /// Starts one of the services behind it again after its end, at the same port.
    ///
    /// # Panics
    /// When it does not start, or there are none.
    pub async fn start_service(&mut self, at: usize) {
        let services = self.behind.as_mut().expect("services of its own");
        let (target, port) = (distributed::SERVICES[at], services.ports[at]);
        services.processes[at] = services.place.service(&self.builder, target, port).start_process().await;
    }

    /// SIGKILL to the gateway alone, and another one in its place, at another port.
    ///
    /// # Panics
    /// When it does not end or start, or there are no services behind it.
    pub async fn replace_gateway(mut self) -> Self {
        let services = self.behind.take().expect("services of its own");
        self.signal("KILL");
        self.wait(Duration::from_secs(30)).await;
        let builder = self.builder.clone();
        let mut gateway = services.place.gateway(&builder, services.ports).start_process().await;
        gateway.builder = builder;
        gateway.behind = Some(services);
        gateway
    }

    /// What starts the same again after its end, on the same data.
    pub fn builder_again(&self) -> ServerBuilder {
        self.builder.clone()
    }

    /// Its address, such as `http://127.0.0.1:40123`, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A client for it.
    pub fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// Its data folder.
    pub fn data_dir(&self) -> &Path {
        self.builder.data.path()
    }

    /// The process of the program itself, also when it was started below another.
    pub fn pid(&self) -> u32 {
        find_program(self.child.id(), &self.builder.binary).unwrap_or(self.child.id())
    }

    /// Its memory now and at its highest.
    pub fn memory(&self) -> Memory {
        Memory::of(self.pid())
    }

    /// Sets the highest memory back to the present one.
    pub fn reset_peak_memory(&self) {
        Memory::reset_peak(self.pid());
    }

    /// What it wrote to stdout and stderr, the last 64 KiB.
    pub fn output(&self) -> String {
        self.output.lock().expect("no panic while holding it").clone()
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// When it has not ended at the deadline.
    pub async fn terminate(mut self, deadline: Duration) -> ExitStatus {
        self.signal("TERM");
        self.wait(deadline).await
    }

    /// Sends a signal by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let pid = self.pid();
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().expect("a shell");
        assert!(sent.success(), "SIG{name} could not be sent to {pid}");
    }

    /// Waits for the end of the process, whatever ends it.
    ///
    /// # Panics
    /// When it has not ended at the deadline.
    pub async fn wait(&mut self, deadline: Duration) -> ExitStatus {
        let end = Instant::now() + deadline;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(Instant::now() < end, "still running after {deadline:?}\n{}", self.output());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// SIGKILL: the process has no say in it. Gives back what is needed to start again on the same data.
    pub async fn kill(mut self) -> ServerBuilder {
        self.behind = None;
        self.signal("KILL");
        self.wait(Duration::from_secs(30)).await;
        self.builder.clone()
    }

    /// SIGTERM, wait, and start again on the same data (at another port).
    pub async fn restart(self) -> Server {
        let builder = self.builder.clone();
        let status = self.terminate(Duration::from_secs(60)).await;
        assert!(status.success(), "ended with {status}");
        builder.start().await
    }

    async fn wait_for_address(&mut self, addresses: &mpsc::Receiver<String>, deadline: Instant) -> String {
        loop {
            if let Ok(address) = addresses.try_recv() {
                return address;
            }
            self.still_starting(deadline, "its address");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn wait_until_ready(&mut self, deadline: Instant) {
        let client = self.client();
        loop {
            let answer = client.request(reqwest::Method::GET, "/readyz").send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            self.still_starting(deadline, "200 from /readyz");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn still_starting(&mut self, deadline: Instant, what: &str) {
        if let Some(status) = self.child.try_wait().expect("a child of ours") {
            panic!("ended with {status} before {what}\n{}", self.output());
        }
        assert!(Instant::now() < deadline, "no {what} in time\n{}", self.output());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let program = self.pid();
        if program != self.child.id() {
            Command::new("sh").arg("-c").arg(format!("kill -KILL {program}")).status().ok();
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Reads a pipe to its end so that the program never waits for us; keeps the last of it and reports the address.
fn follow(pipe: impl Read + Send + 'static, output: Arc<Mutex<String>>, addresses: Option<mpsc::Sender<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if let (Some(send), Some(address)) = (&addresses, line.split(ADDRESS).nth(1)) {
                send.send(address.trim().to_owned()).ok();
            }
            keep(&mut output.lock().expect("no panic while holding it"), &line);
        }
    });
}

fn keep(output: &mut String, line: &str) {
    output.push_str(line);
    output.push('\n');
    if output.len() > 2 * OUTPUT_KEPT {
        let cut = output.floor_char_boundary(output.len() - OUTPUT_KEPT);
        output.drain(..cut);
    }
}
