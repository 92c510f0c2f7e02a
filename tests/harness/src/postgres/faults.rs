//! What an administrator, another program or a failover can do to those who use a database server.

use std::{process::Command, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::{Database, Server};

/// Who takes all connections.
const GREEDY: &str = "greedy";

/// Ends the server processes of services; those that are still logging in belong to others.
const END_SERVICES: &str = r#"for pid in $(cat "/proc/$0/task/$0/children"); do
    case $(tr '\0' ' ' <"/proc/$pid/cmdline") in "postgres: noctis_"*) kill -TERM "$pid"; echo "$pid" ;; esac
done 2>/dev/null; true"#;

/// All connections that a server has, held by somebody else until this is dropped.
#[derive(Debug)]
pub struct Taken {
    _connections: JoinSet<()>,
}

impl Server {
    /// Takes this many connections, which is as many as the server has, also those that services have now.
    ///
    /// # Panics
    /// When services still have some after a while.
    pub async fn take_all_connections(&self, count: usize) -> Taken {
        let mut connections = JoinSet::new();
        for _ in 0..count {
            connections.spawn(take(self.port));
        }
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            let pid = self.pid().to_string();
            let ended = Command::new("sh").args(["-c", END_SERVICES, &pid]).output().expect("a shell");
            if ended.stdout.is_empty() {
                return Taken { _connections: connections };
            }
        }
        panic!("services find connections again and again");
    }

    /// Whether what uses a database may only read from now on, as after a failover; connections of services end.
    ///
    /// # Panics
    /// When the server refuses that.
    pub fn only_reads(&self, database: &Database, only: bool) {
        let name = database.name();
        self.administration().run(&format!(
            "ALTER DATABASE {name} SET default_transaction_read_only = {only}; \
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND usename LIKE 'noctis_%'"
        ));
    }
}

impl Database {
    /// How many connections a role has to it.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn connections(&self, role: &str) -> usize {
        let count =
            format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND usename = '{role}'", self.name);
        self.run(&count).trim().parse().expect("a number")
    }
}

/// Takes a connection as soon as there is one. It gets no further than to the question for its password, which it never
/// answers.
async fn take(port: u16) {
    let mut hello = Vec::new();
    hello.extend_from_slice(&196_608_u32.to_be_bytes());
    hello.extend_from_slice(format!("user\0{GREEDY}\0database\0postgres\0\0").as_bytes());
    let length = u32::try_from(hello.len() + 4).expect("a short message").to_be_bytes();
    loop {
        if let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)).await
            && connection.write_all(&[&length[..], &hello].concat()).await.is_ok()
            && connection.read_u8().await.is_ok_and(|answer| answer == b'R')
        {
            // Until the server or the test has had enough.
            connection.read_to_end(&mut Vec::new()).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}
