//! A database that is there and does not do what it should: full, read-only, slow, locked.

use std::time::Duration;

use harness::Relay;

use crate::trial::{AWAY, RECOVERY, Trial, own_stores, shared_stores};

/// What the server in the test of its connections has, those kept for administrators included.
const CONNECTIONS: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_has_all_connections_for_a_while() {
    let place = own_stores(&["max_connections=24", "authentication_timeout=600s"]).await;
    let trial = Trial::start(place).await;
    let load = trial.load().await;
    let taken = trial.place.stores.postgres.take_all_connections(CONNECTIONS).await;
    let before = load.successes();
    tokio::time::sleep(AWAY).await;
    assert!(load.successes() <= before + 6, "without connections nothing but what was under way succeeds");
    drop(taken);
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 5, "the outage was noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_only_reads_for_a_while() {
    let trial = Trial::start(shared_stores().await).await;
    let load = trial.load().await;
    let postgres = &trial.place.stores.postgres;
    postgres.only_reads(&trial.place.database, true);
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..3 {
        let (told, stored) = (load.told_to_come_back(), load.successes_of("store"));
        load.goes_on(&["retrieve", "search"], RECOVERY).await;
        tokio::time::sleep(AWAY / 3).await;
        assert!(load.told_to_come_back() > told, "stores are told to come back");
        assert_eq!(load.successes_of("store"), stored, "nothing is said to be stored that cannot be");
    }
    postgres.only_reads(&trial.place.database, false);
    load.recovers(RECOVERY).await;
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_is_slow_and_then_so_slow_that_nobody_waits() {
    let place = shared_stores().await;
    let relay = Relay::start(place.stores.postgres.port()).await;
    let trial = Trial::start(place.with_database_port(relay.port())).await;
    let load = trial.load().await;
    relay.delay(Duration::from_millis(30));
    tokio::time::sleep(AWAY).await;
    load.recovers(Duration::from_secs(10)).await;
    assert_eq!(load.told_to_come_back(), 0, "slow is not away");
    relay.delay(Duration::from_secs(60));
    tokio::time::sleep(AWAY * 2).await;
    relay.delay(Duration::ZERO);
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outage was noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_else_has_the_tables_locked_for_a_while() {
    let trial = Trial::start(shared_stores().await).await;
    let load = trial.load().await;
    let database = trial.place.database.clone();
    let locked = tokio::task::spawn_blocking(move || {
        database.run(
            "LOCK TABLE catalog.study, catalog.instance, catalog.intent IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(5)",
        )
    });
    locked.await.unwrap();
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outage was noticed");
    trial.end(load, 20).await;
}
