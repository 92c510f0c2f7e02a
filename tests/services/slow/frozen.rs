//! A process that is there but does not move: neither connections nor errors tell, only time.

use std::time::{Duration, Instant};

use harness::Series;

use crate::{
    STUDIES,
    deployment::{backend, free_port, gateway, until_ready},
};

#[tokio::test]
async fn frozen_services_are_not_waited_for_and_are_found_again() {
    let port = free_port();
    let backend = backend(port).start().await;
    let gateway = gateway(port).env("NOCTIS_RPC__ANSWER_SECONDS", "2").start().await;
    let client = gateway.client();
    let series = Series::small(3);
    client.store(STUDIES, series.instances(), 200).await;

    backend.signal("STOP");
    for round in 0..5 {
        let started = Instant::now();
        let answer = client.get(STUDIES, 503).await;
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert!(started.elapsed() < Duration::from_millis(3500), "round {round}: {:?}", started.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    client.get("/readyz", 503).await;
    // By now the connections are known to be dead, and nobody waits any more.
    let started = Instant::now();
    client.get(STUDIES, 503).await;
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());

    backend.signal("CONT");
    until_ready(&client, Duration::from_secs(5)).await;
    assert_eq!(client.count(STUDIES).await, 1);
    client.store(STUDIES, Series::small(1).instances(), 200).await;
}
