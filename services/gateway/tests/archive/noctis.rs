//! The program as its wiring makes it, in a folder of its own.

use gateway::{Config, Operations, Services};
use harness::Client;
use ingest::Clock;
use rpc::{Limits, local};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// A running archive; it ends with the test.
pub struct Noctis {
    pub client: Client,
    _folder: TempDir,
}

impl Noctis {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = TempDir::new().unwrap();
        let (writer, reader) = catalog::open_sqlite(folder.path(), catalog::SqliteOptions::default()).await.unwrap();
        let objects = archive::Archive::open_folder(&folder.path().join("objects")).await.unwrap();
        let limits = Limits::default();
        let ingest_config = ingest::Config { minimum_free_bytes: 0, ..ingest::Config::default() };
        let ingest = ingest::server(&ingest_config, writer, objects.clone(), Clock::system());
        let query = query::server(query::Config::default(), reader.clone());
        let retrieve = retrieve::server(&retrieve::Config::default(), reader, objects);
        let services = Services::new(local(ingest, &limits), local(query, &limits), local(retrieve, &limits));
        let serve = config.serve.clone();
        let router = gateway::router(services, config, Operations::default(), None);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { gateway::serve(listener, router, std::future::pending(), &serve).await });
        Self { client: Client::new(&base), _folder: folder }
    }
}
