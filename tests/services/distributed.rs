//! A process for each target over PostgreSQL and S3, while parts of it fail under load: 503 with Retry-After or success,
//! recovery within five seconds of the part's return, nothing lost and nothing denied, nothing left behind.

use std::{pin::pin, time::Duration};

use harness::distributed::Services;

use crate::{
    load::Load,
    trial::{AWAY, RECOVERY, Trial, builder, own_stores, shared_stores, turn},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_goes_away_and_comes_back() {
    let trial = Trial::start(own_stores(&[]).await).await;
    let (load, place) = (trial.load().await, &trial.place);
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
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_object_store_goes_away_and_comes_back() {
    let trial = Trial::start(own_stores(&[]).await).await;
    let (load, place) = (trial.load().await, &trial.place);
    place.stores.s3.lock().await.stop();
    tokio::time::sleep(AWAY).await;
    place.stores.s3.lock().await.resume().await;
    load.recovers(RECOVERY).await;
    place.stores.s3.lock().await.freeze();
    tokio::time::sleep(AWAY).await;
    place.stores.s3.lock().await.thaw().await;
    load.recovers(RECOVERY).await;
    assert!(load.told_to_come_back() > 2, "the outages were noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_service_is_killed_and_comes_back() {
    let mut trial = Trial::start(shared_stores().await).await;
    let load = trial.load().await;
    for at in 0..3 {
        trial.server.kill_service(at).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        trial.server.start_service(at).await;
        load.recovers(RECOVERY).await;
    }
    assert!(load.told_to_come_back() > 5, "the outages were noticed");
    trial.end(load, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_wait_for_a_database_that_is_not_there_yet() {
    let _turn = turn().await;
    let place = own_stores(&[]).await;
    let stores = place.stores.clone();
    stores.postgres.stop();
    let mut starting = pin!(builder().start_distributed(place));
    assert!(tokio::time::timeout(Duration::from_secs(2), &mut starting).await.is_err());
    stores.postgres.start_again();
    let server = starting.await;
    assert_eq!(server.client().count(crate::STUDIES).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_are_replaced_one_after_the_other_without_a_failed_request() {
    let _turn = turn().await;
    let place = shared_stores().await;
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
