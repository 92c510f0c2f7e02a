//! What outages leave behind: nothing. Counted are connections, tasks and file descriptors of the gateway.

use std::time::Duration;

use futures::StreamExt as _;
use harness::{Client, Series, Server, eventually};
use reqwest::Method;

use crate::{
    ROOT, STUDIES,
    deployment::{Deployment, until_ready},
};

/// The value of a metric of one line.
async fn metric(client: &Client, name: &str) -> u64 {
    let text = client.get("/metrics", 200).await.text().to_owned();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{text}"));
    line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as u64
}

fn descriptors(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap().count()
}

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
    let Deployment { gateway, mut backend, .. } = Deployment::start().await;
    let series = Series::ct(10);
    gateway.client().store(STUDIES, series.instances(), 200).await;
    let watcher = gateway.client();
    use_it(&gateway.client(), &series).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let tasks = metric(&watcher, "noctis_runtime_tasks ").await;
    let connections = metric(&watcher, "noctis_rpc_connections{side=\"caller\"}").await;
    let open = descriptors(&gateway);
    assert_eq!(connections, 3);
    for _ in 0..3 {
        let client = gateway.client();
        let load = use_it(&client, &series);
        let (kept, ()) = tokio::join!(backend.kill(), load);
        use_it(&client, &series).await;
        backend = kept.start().await;
        until_ready(&watcher, Duration::from_secs(5)).await;
        use_it(&client, &series).await;
    }
    eventually(
        || format!("{} descriptors, not {open}, or tasks, not {tasks}", descriptors(&gateway)),
        async || {
            descriptors(&gateway) <= open + 2
                && metric(&watcher, "noctis_runtime_tasks ").await <= tasks + 2
                && metric(&watcher, "noctis_rpc_connections{side=\"caller\"}").await == connections
        },
    )
    .await;
}
