//! The process with the services is killed and started again under load.

use std::time::Duration;

use crate::{
    deployment::{Deployment, until_ready},
    load::Load,
};

const ROUNDS: usize = 4;

#[tokio::test]
async fn killed_services_lose_nothing_and_are_found_again() {
    let Deployment { gateway, mut backend, .. } = Deployment::start().await;
    let load = Load::start(gateway.client());
    for round in 0..ROUNDS {
        tokio::time::sleep(Duration::from_millis(500 + 170 * round as u64)).await;
        let kept = backend.kill().await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        backend = kept.start().await;
        let waited = until_ready(&gateway.client(), Duration::from_secs(5)).await;
        assert!(waited < Duration::from_secs(5), "{waited:?} until it was found again");
        let before = load.successes();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(load.successes() > before, "requests succeed again");
    }
    assert!(load.told_to_come_back() > 20, "the outages were noticed");
    load.end(50).await;
}
