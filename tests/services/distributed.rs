//! A process for each target over PostgreSQL and S3, while parts of it fail under load: 503 with Retry-After or success,
//! recovery within five seconds of the part's return, nothing lost and nothing denied.

use std::{path::Path, pin::pin, sync::Arc, time::Duration};

use harness::{
    Server, ServerBuilder,
    distributed::{Place, Services, Stores},
};
use tokio::sync::Mutex;

use crate::load::Load;

/// After this time everything works again.
const RECOVERY: Duration = Duration::from_secs(5);
/// How long a part stays away.
const AWAY: Duration = Duration::from_secs(3);

/// Waits for storage are short, so that an outage shows in the time of a test.
fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
        .env("NOCTIS_ARCHIVE__S3__RETRY_SECONDS", "3")
        .env("NOCTIS_ARCHIVE__S3__CONNECT_SECONDS", "1")
        .env("NOCTIS_ARCHIVE__S3__STALL_SECONDS", "2")
        .env("NOCTIS_CATALOG__POSTGRES__CONNECT_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__ACQUIRE_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__STATEMENT_SECONDS", "2")
}

/// One test at a time: their servers would starve one another.
static TURN: Mutex<()> = Mutex::const_new(());

/// Servers of the test's own, which it may stop.
async fn start() -> (Server, Place) {
    let stores = Arc::new(Stores::start().await);
    let place = stores.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    (builder().start_distributed(place.clone()).await, place)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_goes_away_and_comes_back() {
    let _turn = TURN.lock().await;
    let (server, place) = start().await;
    let load = Load::start(server.client());
    load.recovers(Duration::from_secs(30)).await;
    for kill in [false, true] {
        if kill {
            place.stores.postgres.kill();
        } else {
            place.stores.postgres.stop();
        }
        tokio::time::sleep(AWAY).await;
        place.stores.postgres.start_again();
        load.recovers(RECOVERY).await;
    }
    assert!(load.told_to_come_back() > 5, "the outages were noticed");
    load.end(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_goes_away_and_comes_back() {
    let _turn = TURN.lock().await;
    let (server, place) = start().await;
    let load = Load::start(server.client());
    load.recovers(Duration::from_secs(30)).await;
    place.stores.s3.lock().await.stop();
    tokio::time::sleep(AWAY).await;
    place.stores.s3.lock().await.resume().await;
    load.recovers(RECOVERY).await;
    place.stores.s3.lock().await.freeze();
    tokio::time::sleep(AWAY).await;
    place.stores.s3.lock().await.thaw().await;
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outages were noticed");
    load.end(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_is_killed_and_comes_back() {
    let _turn = TURN.lock().await;
    let (mut server, place) = start().await;
    let load = Load::start(server.client());
    load.recovers(Duration::from_secs(30)).await;
    for (at, target) in ["ingest", "query", "retrieve"].into_iter().enumerate() {
        let services = server.services().unwrap();
        let port = services.ports[at];
        services.processes[at].signal("KILL");
        services.processes[at].wait(Duration::from_secs(10)).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        services.processes[at] = place.service(&builder(), target, port).start().await;
        load.recovers(RECOVERY).await;
    }
    assert!(load.told_to_come_back() > 5, "the outages were noticed");
    load.end(20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_wait_for_a_database_that_is_not_there_yet() {
    let _turn = TURN.lock().await;
    let stores = Arc::new(Stores::start().await);
    let place = stores.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    stores.postgres.stop();
    let mut starting = pin!(builder().start_distributed(place));
    assert!(tokio::time::timeout(Duration::from_secs(2), &mut starting).await.is_err());
    stores.postgres.start_again();
    let server = starting.await;
    assert_eq!(server.client().count(crate::STUDIES).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_replaced_one_after_the_other_without_a_failed_request() {
    let _turn = TURN.lock().await;
    let stores = Arc::new(Stores::start().await);
    let place = stores.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    let mut pair = [Services::start(place.clone(), &builder()).await, Services::start(place.clone(), &builder()).await];
    let both = |at: usize| format!("127.0.0.1:{},127.0.0.1:{}", pair[0].ports[at], pair[1].ports[at]);
    let gateway = place
        .gateway(&builder(), pair[0].ports)
        .env("NOCTIS_SERVICES__INGEST", both(0))
        .env("NOCTIS_SERVICES__QUERY", both(1))
        .env("NOCTIS_SERVICES__RETRIEVE", both(2))
        .start()
        .await;
    let load = Load::start(gateway.client());
    load.recovers(Duration::from_secs(30)).await;
    for services in &mut pair {
        for (at, target) in ["ingest", "query", "retrieve"].into_iter().enumerate() {
            services.processes[at].signal("TERM");
            assert!(services.processes[at].wait(Duration::from_secs(40)).await.success());
            services.processes[at] = place.service(&builder(), target, services.ports[at]).start().await;
            load.recovers(RECOVERY).await;
        }
    }
    assert_eq!(load.told_to_come_back(), 0);
    load.end(20).await;
}
