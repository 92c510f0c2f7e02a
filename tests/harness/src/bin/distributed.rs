//! Starts the archive in its distributed shape on free ports of this machine and stops all of it when it is ended:
//! `distributed PROGRAM`, see `tests/distributed.sh`. The last line that it prints is the DICOMweb root.
#![allow(clippy::expect_used, reason = "a program for developers: a failure ends it with its reason")]

use std::{path::PathBuf, sync::Arc};

use harness::{Server, distributed::Stores};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let program = PathBuf::from(std::env::args_os().nth(1).expect("usage: distributed PROGRAM"));
    let mut terminated = signal(SignalKind::terminate()).expect("a signal handler");
    let mut interrupted = signal(SignalKind::interrupt()).expect("a signal handler");
    let started = async {
        let stores = Arc::new(Stores::start().await);
        let place = stores.place(&program).await;
        Server::builder(&program).start_distributed(place).await
    };
    let mut server = tokio::select! {
        server = started => server,
        _ = terminated.recv() => return,
        _ = interrupted.recv() => return,
    };
    let base = server.base().to_owned();
    let services = server.services().expect("services of its own");
    println!("PostgreSQL:    127.0.0.1:{}", services.place.stores.postgres.port());
    println!("S3:            {}", services.place.stores.s3.lock().await.endpoint());
    for (name, (process, port)) in
        ["ingest", "query", "retrieve"].into_iter().zip(services.processes.iter().zip(services.ports))
    {
        println!("{name:<14} gRPC 127.0.0.1:{port}, operations {}", process.base());
    }
    println!("{base}/dicom-web");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
}
