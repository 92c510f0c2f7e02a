//! What outages and clients that go away leave behind: nothing. Counted in all of the processes, and at the database.

use std::time::Duration;

use futures::StreamExt as _;
use harness::{Client, Series};
use reqwest::Method;

use crate::{
    ROOT, STUDIES,
    deployment::until_ready,
    trial::{Trial, metric, shared_stores},
};

async fn use_it(client: &Client, series: &Series) {
    let requests = (0..120).map(|number| {
        let path = match number % 3 {
            0 => STUDIES.to_owned(),
            1 => format!("{ROOT}{}", series.study_path()),
            _ => format!("{ROOT}{}/metadata", series.path()),
        };
        let client = client.clone();
        async move {
            // Every fourth client goes away in the middle of its answer.
            if let Ok(answer) = client.request(Method::GET, &path).header("accept", "*/*").send().await
                && number % 4 != 0
            {
                answer.bytes().await.ok();
            }
        }
    });
    futures::stream::iter(requests).buffer_unordered(100).count().await;
}

#[tokio::test]
async fn outages_leave_no_connections_and_tasks_behind() {
    let mut trial = Trial::start(shared_stores().await).await;
    let series = Series::ct(10);
    let watcher = trial.server.client();
    watcher.store(STUDIES, series.instances(), 200).await;
    for _ in 0..2 {
        use_it(&trial.server.client(), &series).await;
    }
    trial.take_level().await;
    assert_eq!(metric(&watcher, "noctis_rpc_connections{side=\"caller\"}").await, 3);
    for at in 0..3 {
        let client = trial.server.client();
        let load = use_it(&client, &series);
        let ((), ()) = tokio::join!(trial.server.kill_service(at), load);
        use_it(&client, &series).await;
        trial.server.start_service(at).await;
        until_ready(&watcher, Duration::from_secs(5)).await;
        use_it(&client, &series).await;
    }
    trial.rests().await;
    assert_eq!(metric(&watcher, "noctis_rpc_connections{side=\"caller\"}").await, 3);
    for (name, service) in &trial.server.processes()[1..] {
        assert_eq!(metric(&service.client(), "noctis_rpc_connections{side=\"callee\"}").await, 1, "{name}");
    }
}
