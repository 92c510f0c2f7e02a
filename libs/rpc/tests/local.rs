//! A service in this process behaves like one behind a network: panics, deadlines and limits stay its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use futures::StreamExt as _;
use proto::ingest::v1::{
    DeleteRequest, DeleteResponse, ResolveDisagreementRequest, ResolveDisagreementResponse, StoreRequest,
    StoreResponse,
    ingest_client::IngestClient,
    ingest_server::{Ingest, IngestServer},
};
use rpc::{Code, Failure, Limits, Transport, local, streaming};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// A server that fails in the way that the request names.
#[derive(Clone, Default)]
struct Faulty {
    finished: Arc<AtomicBool>,
}

#[tonic::async_trait]
impl Ingest for Faulty {
    type StoreStream = ReceiverStream<Result<StoreResponse, Status>>;

    async fn store(&self, request: Request<Streaming<StoreRequest>>) -> Result<Response<Self::StoreStream>, Status> {
        let mut parts = request.into_inner();
        Ok(Response::new(streaming::spawn(1, |answers| async move {
            let mut part = 0;
            while let Some(_message) = parts.message().await? {
                part += 1;
            }
            drop(answers.send(Ok(StoreResponse { part, ..StoreResponse::default() })).await);
            std::future::pending().await
        })))
    }

    async fn delete(&self, request: Request<DeleteRequest>) -> Result<Response<DeleteResponse>, Status> {
        match request.into_inner().resource.unwrap_or_default().study_instance_uid.as_str() {
            "panic" => panic!("a defect"),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(200)).await;
                self.finished.store(true, Ordering::SeqCst);
                Ok(Response::new(DeleteResponse { instances: 1 }))
            }
            "conflict" => Err(Failure::new(Code::Conflict, "in two facilities").into()),
            _ => Ok(Response::new(DeleteResponse { instances: 7 })),
        }
    }

    async fn resolve_disagreement(
        &self,
        _: Request<ResolveDisagreementRequest>,
    ) -> Result<Response<ResolveDisagreementResponse>, Status> {
        Err(Failure::new(Code::NotFound, "no such disagreement").into())
    }
}

fn client(limits: &Limits) -> (IngestClient<Transport>, Faulty) {
    let server = Faulty::default();
    (IngestClient::new(local(IngestServer::new(server.clone()), limits)), server)
}

fn delete(what: &str) -> DeleteRequest {
    let resource = proto::resource::v1::Resource { study_instance_uid: what.into(), ..Default::default() };
    DeleteRequest { resource: Some(resource) }
}

async fn failure(client: &mut IngestClient<Transport>, what: &str) -> Failure {
    Failure::from(&client.delete(delete(what)).await.expect_err("a failure"))
}

#[tokio::test]
async fn answers_and_failures_cross() {
    let (mut client, _server) = client(&Limits::default());
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    assert_eq!(failure(&mut client, "conflict").await, Failure::new(Code::Conflict, "in two facilities"));
}

#[tokio::test]
async fn a_panic_is_a_failed_call_and_no_more() {
    let (mut client, _server) = client(&Limits::default());
    assert_eq!(failure(&mut client, "panic").await.code, Code::Internal);
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
}

#[tokio::test]
async fn a_call_past_its_deadline_fails_but_is_finished() {
    let (mut client, server) = client(&Limits { answer: Duration::from_millis(20), ..Limits::default() });
    assert_eq!(failure(&mut client, "slow").await.code, Code::Unavailable);

    let finished = async {
        while !server.finished.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), finished).await.expect("work that has begun is finished");
}

#[tokio::test]
async fn more_calls_than_allowed_are_turned_away() {
    let (mut client, _server) = client(&Limits { calls: 1, ..Limits::default() });
    let mut second = client.clone();
    let (first, busy) = tokio::join!(client.delete(delete("slow")), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        failure(&mut second, "x").await
    });
    assert_eq!(first.unwrap().into_inner().instances, 1);
    assert_eq!(busy.code, Code::Busy);
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
}

#[tokio::test]
async fn a_stream_ends_when_neither_side_moves_but_not_while_the_caller_sends() {
    let (mut client, _server) = client(&Limits { idle: Duration::from_millis(100), ..Limits::default() });
    let slow_sender = futures::stream::iter(0..5).then(|_| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        StoreRequest::default()
    });
    let mut answers = client.store(slow_sender).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().map(|answer| answer.part), Some(5));
    let stalled = answers.message().await.expect_err("nothing moves any more");
    assert_eq!(Failure::from(&stalled).code, Code::Unavailable);
}
