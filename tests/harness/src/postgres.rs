//! A PostgreSQL server of the tests' own: on a free port of 127.0.0.1, in a folder that goes away with it, with the roles
//! that an installation has.
//!
//! It ends when it is dropped, and also when the test program ends in any other way: a shell that waits for the end of a
//! pipe from the program stops the server and removes the folder.

mod faults;

pub use faults::Taken;

use std::{
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// Where Debian puts the programs of the server, newest release first.
const INSTALLED: &str = "/usr/lib/postgresql";

/// Who the server runs as where the tests run as root, which it refuses.
const UNPRIVILEGED: &str = "postgres";

/// How long starting and stopping may take on a machine that also compiles.
const PATIENCE: Duration = Duration::from_secs(60);

/// The password of every role here.
pub const PASSWORD: &str = "for-tests-only";

/// The administrator of the server.
const ADMINISTRATOR: &str = "administrator";

/// The role that migrates: it owns databases and tables, and may make roles.
pub const MIGRATION: &str = "noctis_migration";

/// The role of a service that writes: a member of `catalog_writer` after [`Database::let_services_in`].
pub const INGEST: &str = "noctis_ingest";

/// The role of a service that reads: a member of `catalog_reader` after [`Database::let_services_in`].
pub const QUERY: &str = "noctis_query";

/// Stops the server and removes its folder when the test program has ended.
const WATCH: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -CONT "$pid" 2>/dev/null
    kill -QUIT "$pid" 2>/dev/null
    for _ in $(seq 200); do kill -0 "$pid" 2>/dev/null || break; sleep 0.05; done
    kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1""#;

/// A running server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
    databases: AtomicU32,
    watch: Option<Child>,
}

/// A database of a server.
#[derive(Debug, Clone)]
pub struct Database {
    name: String,
    port: u16,
    psql: PathBuf,
}

impl Server {
    /// Starts a server.
    ///
    /// # Panics
    /// When PostgreSQL is not installed (`tests/setup.sh` does that) or does not start.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with further settings, such as `max_connections=20`.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_with(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("noctis-postgres-").tempdir().expect("a folder for the server");
        let folder = folder.keep();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let watch = watch(&folder);
        let mut server = Self {
            folder,
            programs: programs(),
            port,
            settings: settings.iter().map(ToString::to_string).collect(),
            databases: AtomicU32::new(0),
            watch: Some(watch),
        };
        server.make();
        server.start_again();
        server.make_roles();
        server
    }

    fn make(&mut self) {
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755)).expect("a folder of ours");
        let secret = self.password_file();
        fs::write(&secret, PASSWORD).expect("a folder of ours");
        if let Some((user, group)) = unprivileged() {
            chown(&self.folder, Some(user), Some(group)).expect("root may give folders away");
            chown(&secret, Some(user), Some(group)).expect("root may give files away");
        }
        let (data, secret) = (self.data(), secret.display().to_string());
        let pwfile = format!("--pwfile={secret}");
        let options = ["--auth=scram-sha-256", &pwfile, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        let data = data.display().to_string();
        self.run("initdb", ["-D", &data, "-U", ADMINISTRATOR].iter().chain(&options));
    }

    fn make_roles(&self) {
        let statements = format!(
            "CREATE ROLE {MIGRATION} LOGIN CREATEROLE PASSWORD '{PASSWORD}'; \
            CREATE ROLE {INGEST} LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE {QUERY} LOGIN PASSWORD '{PASSWORD}'"
        );
        self.administration().run(&statements);
    }

    /// Starts it after [`Self::stop`] or [`Self::kill`], at the same port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        let log = self.folder.join("log").display().to_string();
        let mut options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off \
            -c max_connections=300 -c shared_buffers=64MB -c max_wal_size=4GB",
            self.port
        );
        for setting in &self.settings {
            options.push_str(&format!(" -c {setting}"));
        }
        let data = self.data().display().to_string();
        self.run("pg_ctl", ["-D", &data, "-w", "-t", "60", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops it: open transactions are rolled back and connections closed.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        let data = self.data().display().to_string();
        self.run("pg_ctl", ["-D", &data, "-w", "-t", "60", "-m", "fast", "stop"]);
    }

    /// Kills it, with all of its processes; it recovers from its log when it is started again.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&self) {
        let pid = self.pid();
        let killed = Command::new("sh")
            .args([
                "-c",
                "for pid in $(cat /proc/$0/task/$0/children) $0; do kill -KILL $pid; done 2>/dev/null; true",
                &pid.to_string(),
            ])
            .status()
            .expect("a shell");
        assert!(killed.success());
        let deadline = Instant::now() + PATIENCE;
        while Path::new(&format!("/proc/{pid}")).exists() {
            assert!(Instant::now() < deadline, "the server did not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal by its name without `SIG` to all of its processes, such as STOP and CONT.
    ///
    /// # Panics
    /// When it does not run.
    pub fn signal(&self, name: &str) {
        let script = "for pid in $0 $(cat /proc/$0/task/$0/children); do kill -$1 $pid; done 2>/dev/null; true";
        let sent = Command::new("sh").args(["-c", script, &self.pid().to_string(), name]).status().expect("a shell");
        assert!(sent.success(), "SIG{name} could not be sent");
    }

    /// What it wrote to its log.
    ///
    /// # Panics
    /// When there is no log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).expect("the server has a log")
    }

    fn pid(&self) -> u32 {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        file.lines().next().and_then(|line| line.trim().parse().ok()).expect("a process id")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A file with [`PASSWORD`].
    pub fn password_file(&self) -> PathBuf {
        self.folder.join("password")
    }

    /// Its port at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A database of the migration role with nothing in it.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> Database {
        self.make_database("template0")
    }

    /// A copy of a database to which nobody is connected.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn copy_of(&self, template: &Database) -> Database {
        self.make_database(&template.name)
    }

    fn make_database(&self, template: &str) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let statement = format!("CREATE DATABASE {name} OWNER {MIGRATION} TEMPLATE {template}");
        self.administration().run(&statement);
        Database { name, port: self.port, psql: self.programs.join("psql") }
    }

    fn administration(&self) -> Database {
        Database { name: "postgres".to_owned(), port: self.port, psql: self.programs.join("psql") }
    }

    fn run<T: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = T>) {
        let program = self.programs.join(program);
        let mut command = match unprivileged() {
            None => Command::new(&program),
            Some(_) => {
                let mut command = Command::new("setpriv");
                let (user, group) = (format!("--reuid={UNPRIVILEGED}"), format!("--regid={UNPRIVILEGED}"));
                command.args([user.as_str(), group.as_str(), "--init-groups", "--"]).arg(&program);
                command
            }
        };
        // The server would keep our pipes open: what the programs say goes to a file.
        let said = self.folder.join("said");
        let file = || fs::File::options().create(true).append(true).open(&said).expect("a folder of ours");
        command.args(arguments).current_dir("/").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let status = command.stdout(file()).stderr(file()).status();
        let status = status.unwrap_or_else(|error| panic!("{}: {error}; see tests/setup.sh", program.display()));
        assert!(status.success(), "{} failed:\n{}", program.display(), fs::read_to_string(&said).unwrap_or_default());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut watch) = self.watch.take() {
            drop(watch.stdin.take());
            watch.wait().ok();
        }
    }
}

impl Database {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection URL for one of the roles.
    pub fn url(&self, role: &str) -> String {
        format!("postgres://{role}:{PASSWORD}@127.0.0.1:{}/{}?sslmode=disable", self.port, self.name)
    }

    /// A connection URL of the server's administrator.
    pub fn administrator_url(&self) -> String {
        self.url(ADMINISTRATOR)
    }

    /// Makes the services' roles members of the groups that the migration has made.
    ///
    /// # Panics
    /// When the schema was not migrated.
    pub fn let_services_in(&self) {
        self.run(&format!("GRANT catalog_writer TO {INGEST}; GRANT catalog_reader TO {QUERY}"));
    }

    /// Runs statements as the administrator.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn run(&self, statements: &str) -> String {
        let output = self.psql(&self.administrator_url(), statements);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs statements as a role, in the schema of the catalog; the values of rows are separated by `|`.
    ///
    /// # Errors
    /// What the server said.
    pub fn run_as(&self, role: &str, statements: &str) -> Result<String, String> {
        let output = self.psql(&self.url(role), &format!("SET search_path = catalog; {statements}"));
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn psql(&self, url: &str, statements: &str) -> Output {
        let mut command = Command::new(&self.psql);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statements]);
        command.stdin(Stdio::null()).output().expect("psql is installed; see tests/setup.sh")
    }
}

/// The folder with the programs of the newest server that is installed.
fn programs() -> PathBuf {
    let releases = fs::read_dir(INSTALLED).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let mut releases: Vec<PathBuf> = releases.filter(|bin| bin.join("initdb").exists()).collect();
    releases.sort();
    releases.pop().expect("PostgreSQL is installed; see tests/setup.sh")
}

/// User and group that the server runs as, where the tests run as root.
pub(crate) fn unprivileged() -> Option<(u32, u32)> {
    let id = |option: &str, name: &[&str]| -> u32 {
        let output = Command::new("id").arg(option).args(name).output().expect("id is a part of every system");
        String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
    };
    (id("-u", &[]) == 0).then(|| (id("-u", &[UNPRIVILEGED]), id("-g", &[UNPRIVILEGED])))
}

fn watch(folder: &Path) -> Child {
    let mut command = Command::new("setsid");
    command.args(["sh", "-c", WATCH, "watch"]).arg(folder).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell")
}
