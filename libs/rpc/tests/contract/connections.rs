//! What only connections can do: come late, break, move, be drained, grow old, leak.

use crate::faulty::{
    Deployment, Faulty, INGEST, Place, Process, RETRIEVE, delete, eventually, failure, ingest_client, instances, piece,
    retrieve_client,
};
use futures::StreamExt as _;
use rpc::{Code, Endpoint, Failure, Limits, ServeLimits, Server, Transport, probe, remote};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, TcpSocket};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

/// A port that nobody listens on until this is made a listener.
fn reserved() -> (TcpSocket, Endpoint) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = socket.local_addr().unwrap().to_string().parse().unwrap();
    (socket, endpoint)
}

/// The ingest service alone.
fn services() -> Server {
    let ingest = proto::ingest::v1::ingest_server::IngestServer::new(Faulty::default());
    Server::default().with(INGEST, rpc::local(ingest, &Limits::default()))
}

async fn until_ready(transport: &Transport, service: &'static str) -> Duration {
    let started = Instant::now();
    while probe(transport, service, Duration::from_secs(1)).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(5), "{service} did not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    started.elapsed()
}

#[tokio::test]
async fn a_service_may_come_later_than_its_callers() {
    let (socket, endpoint) = reserved();
    let transport = remote(INGEST, endpoint, &Limits::default());
    let mut client = ingest_client(transport.clone());
    let started = Instant::now();
    assert_eq!(failure(&mut client, "x").await.code, Code::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(1), "nobody waits for what is not there");
    tokio::time::sleep(Duration::from_secs(3)).await;

    let process =
        Process::on(socket.listen(64).unwrap(), &Faulty::default(), &Limits::default(), &ServeLimits::default());
    let waited = until_ready(&transport, INGEST).await;
    assert!(waited < Duration::from_millis(1500), "it took {waited:?}");
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    process.drain().await;
}

#[tokio::test]
async fn a_process_that_dies_is_unavailable_and_its_successor_is_found() {
    let limits = Limits::default();
    let process = Process::start(&Faulty::default(), &limits).await;
    let address = process.address;
    let transport = remote(INGEST, process.endpoint(), &limits);
    let mut client = ingest_client(transport.clone());
    client.delete(delete("x")).await.unwrap();

    process.serving.abort();
    eventually("the port is closed", || std::net::TcpStream::connect(address).is_err()).await;
    process.stop.cancel();
    let until = Instant::now() + Duration::from_secs(1);
    let mut failures = 0;
    while Instant::now() < until {
        match client.delete(delete("x")).await {
            Ok(_) => panic!("nobody is there"),
            Err(status) => assert_eq!(Failure::from(&status).code, Code::Unavailable, "{status:?}"),
        }
        failures += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(failures > 50, "they fail at once");

    let successor =
        Process::on(TcpListener::bind(address).await.unwrap(), &Faulty::default(), &limits, &ServeLimits::default());
    until_ready(&transport, INGEST).await;
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    successor.drain().await;
}

#[tokio::test]
async fn calls_under_way_end_while_a_process_drains() {
    let mut noctis = Deployment::start(Place::Far, &Limits::default()).await;
    let process = noctis.process.take().unwrap();
    let mut answer = noctis.retrieve.instances(instances("100")).await.unwrap().into_inner();
    assert!(answer.message().await.unwrap() == Some(piece(0)));
    let mut slow = noctis.ingest.clone();
    let slow = tokio::spawn(async move { slow.delete(delete("slow")).await });
    tokio::time::sleep(Duration::from_millis(50)).await;

    process.stop.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(failure(&mut noctis.ingest, "x").await.code, Code::Unavailable);
    assert!(!process.serving.is_finished(), "it waits for what is under way");
    assert_eq!(slow.await.unwrap().unwrap().into_inner().instances, 1);
    for number in 1..100 {
        assert!(answer.message().await.unwrap() == Some(piece(number)), "piece {number}");
    }
    assert!(answer.message().await.unwrap().is_none());
    tokio::time::timeout(Duration::from_secs(1), process.serving)
        .await
        .expect("it ends with its last call")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_drain_is_not_for_ever() {
    let server = Faulty::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serve = ServeLimits { drain: Duration::from_millis(200), ..ServeLimits::default() };
    let process = Process::on(listener, &server, &Limits::default(), &serve);
    let mut client = retrieve_client(remote(RETRIEVE, process.endpoint(), &Limits::default()));
    let mut answer = client.instances(instances("stalls")).await.unwrap().into_inner();
    answer.message().await.unwrap();
    tokio::time::timeout(Duration::from_secs(2), process.drain()).await.expect("it ends all the same");
    answer.message().await.unwrap();
    let cut = answer.message().await.expect_err("a stream that was cut off does not look complete");
    assert_eq!(Failure::from(&cut).code, Code::Unavailable);
}

#[tokio::test]
async fn processes_can_be_replaced_one_by_one_under_load() {
    let limits = Limits::default();
    let listeners = [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let addresses = listeners.each_ref().map(|listener| listener.local_addr().unwrap());
    let servers = [Faulty::default(), Faulty::default()];
    let start = |listener, server| Process::on(listener, server, &limits, &ServeLimits::default());
    let mut processes: Vec<_> =
        listeners.into_iter().zip(&servers).map(|(listener, server)| Some(start(listener, server))).collect();
    let endpoint: Endpoint = format!("{},{}", addresses[0], addresses[1]).parse().unwrap();
    let transport = remote(INGEST, endpoint, &limits);
    until_ready(&transport, INGEST).await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    let load: Vec<_> = (0..8)
        .map(|number| {
            let mut client = ingest_client(transport.clone());
            tokio::spawn(async move {
                let until = Instant::now() + Duration::from_secs(4);
                let mut calls = 0;
                while Instant::now() < until {
                    let what = if number == 0 { "slow" } else { "x" };
                    client
                        .delete(delete(what))
                        .await
                        .unwrap_or_else(|status| panic!("call {calls} failed: {status:?}"));
                    calls += 1;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                calls
            })
        })
        .collect();
    for round in 0..4 {
        let which = round % 2;
        tokio::time::sleep(Duration::from_millis(300)).await;
        processes[which].take().unwrap().drain().await;
        let listener = TcpListener::bind(addresses[which]).await.unwrap();
        processes[which] = Some(start(listener, &servers[which]));
        // Until its callers have found it again.
        let before = servers[which].calls.load(Ordering::SeqCst);
        eventually("the new process gets calls", || servers[which].calls.load(Ordering::SeqCst) > before + 20).await;
    }
    for worker in load {
        assert!(worker.await.unwrap() > 5);
    }
}

#[tokio::test]
async fn a_dead_address_is_passed_over_and_work_is_shared() {
    let limits = Limits::default();
    let servers = [Faulty::default(), Faulty::default()];
    let (first, second) = (Process::start(&servers[0], &limits).await, Process::start(&servers[1], &limits).await);
    let (_dead, nobody) = reserved();
    // Accepts connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("{nobody},{},{},{}", mute.local_addr().unwrap(), first.address, second.address);
    let transport = remote(INGEST, endpoint.parse().unwrap(), &limits);
    let calls = (0..400).map(|_| {
        let mut client = ingest_client(transport.clone());
        async move { client.delete(delete("x")).await.unwrap() }
    });
    let started = Instant::now();
    assert_eq!(futures::stream::iter(calls).buffer_unordered(16).count().await, 400);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let shares = servers.each_ref().map(|server| server.calls.load(Ordering::SeqCst));
    assert!(shares.iter().all(|share| *share > 100), "{shares:?}");
}

#[tokio::test]
async fn connections_grow_old_without_a_failed_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serve = ServeLimits { age: Duration::from_millis(50), ..ServeLimits::default() };
    let process = Process::on(listener, &Faulty::default(), &Limits::default(), &serve);
    let transport = remote(INGEST, process.endpoint(), &Limits::default());
    let load = (0..4).map(|_| {
        let mut client = ingest_client(transport.clone());
        async move {
            for call in 0..500 {
                client.delete(delete("x")).await.unwrap_or_else(|status| panic!("call {call}: {status:?}"));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    futures::future::join_all(load).await;
}

#[tokio::test]
async fn a_process_bounds_its_calls_for_all_its_callers() {
    let server = Faulty::default();
    let process = Process::start(&server, &Limits { calls: 2, ..Limits::default() }).await;
    let clients: Vec<_> =
        (0..4).map(|_| ingest_client(remote(INGEST, process.endpoint(), &Limits::default()))).collect();
    let calls = clients.into_iter().map(|mut client| async move { client.delete(delete("slow")).await });
    let (answers, asked) = tokio::join!(futures::future::join_all(calls), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        probe(
            &remote(INGEST, process.endpoint(), &Limits { calls: 0, ..Limits::default() }),
            INGEST,
            Duration::from_secs(5),
        )
        .await
    });
    assert_eq!(asked, Ok(()), "whether it serves is told all the same");
    let busy = answers.iter().filter_map(|answer| answer.as_ref().err()).map(|status| Failure::from(status).code);
    assert_eq!(busy.collect::<Vec<_>>(), [Code::Busy, Code::Busy]);
}

#[tokio::test]
async fn health_is_told_per_service() {
    let limits = Limits::default();
    let services = services();
    let standing = services.standing();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint: Endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(async move { rpc::serve(listener, services, std::future::pending(), &ServeLimits::default()).await });
    let transport = remote(INGEST, endpoint.clone(), &limits);
    let ask = |transport: Transport, service| async move { probe(&transport, service, Duration::from_secs(3)).await };
    assert_eq!(ask(transport.clone(), INGEST).await, Ok(()));
    standing.set(INGEST, false);
    assert!(ask(transport.clone(), INGEST).await.is_err());
    standing.set(INGEST, true);
    assert_eq!(ask(transport.clone(), INGEST).await, Ok(()));
    assert!(ask(transport, RETRIEVE).await.is_err(), "it is not there");

    // A port without the service is as good as none.
    let elsewhere = remote(RETRIEVE, endpoint, &limits);
    let status = retrieve_client(elsewhere).instances(instances("1")).await.err().unwrap();
    assert_eq!(Failure::from(&status).code, Code::Unavailable);
}

#[tokio::test]
async fn nothing_is_left_when_all_are_gone() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    {
        let mut noctis = Deployment::start(Place::Far, &Limits::default()).await;
        let calls = (0..200).map(|_| {
            let mut client = noctis.ingest.clone();
            async move { client.delete(delete("slow")).await.unwrap() }
        });
        futures::future::join_all(calls).await;
        for _ in 0..20 {
            let mut answer = noctis.retrieve.instances(instances("400")).await.unwrap().into_inner();
            answer.message().await.unwrap();
        }
        noctis.process.take().unwrap().drain().await;
    }
    eventually("all tasks end", || tasks() <= before).await;
}

#[tokio::test]
async fn what_services_look_like_is_told_only_if_that_is_wanted() {
    let ask = async |services: Server| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint: Endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
        tokio::spawn(
            async move { rpc::serve(listener, services, std::future::pending(), &ServeLimits::default()).await },
        );
        let mut client = ServerReflectionClient::new(remote(INGEST, endpoint, &Limits::default()));
        let list = MessageRequest::ListServices(String::new());
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(list) };
        client.server_reflection_info(futures::stream::iter([request])).await?.into_inner().message().await
    };
    let refused = ask(services()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unimplemented);
    let told = ask(services().with_reflection(proto::DESCRIPTORS).unwrap());
    let Some(MessageResponse::ListServicesResponse(list)) = told.await.unwrap().unwrap().message_response else {
        panic!("no list")
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert!(names.iter().any(|name| name == INGEST) && names.iter().any(|name| name == RETRIEVE), "{names:?}");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_a_place() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serve = ServeLimits { connections: 1, ..ServeLimits::default() };
    let process = Process::on(listener, &Faulty::default(), &Limits::default(), &serve);
    let first = remote(INGEST, process.endpoint(), &Limits::default());
    until_ready(&first, INGEST).await;
    let second = remote(INGEST, process.endpoint(), &Limits::default());
    assert_eq!(failure(&mut ingest_client(second.clone()), "x").await.code, Code::Unavailable);
    assert_eq!(ingest_client(first).delete(delete("x")).await.unwrap().into_inner().instances, 7);
    // The first one is gone now.
    until_ready(&second, INGEST).await;
}
