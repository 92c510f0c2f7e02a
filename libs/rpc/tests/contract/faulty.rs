//! A server that fails in the way that a request names, near or far.

use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use proto::{
    ingest::v1::{
        DeleteRequest, DeleteResponse, ResolveDisagreementRequest, ResolveDisagreementResponse, StoreRequest,
        StoreResponse, ingest_client::IngestClient, ingest_server,
    },
    resource::v1::Resource,
    retrieve::v1::{
        BulkDataRequest, BulkDataResponse, FramesRequest, FramesResponse, InstancesRequest, InstancesResponse,
        MetadataRequest, MetadataResponse, instances_response::Message, retrieve_client::RetrieveClient,
        retrieve_server,
    },
};
use rpc::{CHUNK, Code, Context, Endpoint, Failure, Limits, ServeLimits, Server, Trace, Transport, local, streaming};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

pub const INGEST: &str = ingest_server::SERVICE_NAME;
pub const RETRIEVE: &str = retrieve_server::SERVICE_NAME;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Near,
    Far,
}

/// What the server did, for the test to see.
#[derive(Clone, Default)]
pub struct Faulty {
    pub finished: Arc<AtomicBool>,
    pub given_up: Arc<AtomicBool>,
    pub produced: Arc<AtomicUsize>,
    pub calls: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl ingest_server::Ingest for Faulty {
    type StoreStream = ReceiverStream<Result<StoreResponse, Status>>;

    /// Answers with the number of messages once the caller has ended, and then never ends itself. With "unread" in the
    /// metadata it reads nothing, with "refused" it fails without reading.
    async fn store(&self, request: Request<Streaming<StoreRequest>>) -> Result<Response<Self::StoreStream>, Status> {
        if request.metadata().contains_key("refused") {
            return Err(Failure::new(Code::TooLarge, "not today").into());
        }
        let unread = request.metadata().contains_key("unread");
        let mut parts = request.into_inner();
        let given_up = Arc::clone(&self.given_up);
        Ok(Response::new(streaming::spawn(1, move |answers| async move {
            if unread {
                return std::future::pending().await;
            }
            let mut part = 0;
            loop {
                let message = tokio::select! {
                    message = parts.message() => message,
                    () = answers.closed() => Err(Status::cancelled("nobody listens")),
                };
                match message {
                    Ok(Some(_message)) => part += 1,
                    Ok(None) => break,
                    Err(status) => {
                        given_up.store(true, Ordering::SeqCst);
                        return Err(status);
                    }
                }
            }
            drop(answers.send(Ok(StoreResponse { part, ..StoreResponse::default() })).await);
            answers.closed().await;
            given_up.store(true, Ordering::SeqCst);
            Ok(())
        })))
    }

    async fn delete(&self, request: Request<DeleteRequest>) -> Result<Response<DeleteResponse>, Status> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let context = Context::read(&request).ok();
        let trace = Trace::read(&request);
        match request.into_inner().resource.unwrap_or_default().study_instance_uid.as_str() {
            "panic" => panic!("a defect"),
            "slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                self.finished.store(true, Ordering::SeqCst);
                Ok(Response::new(DeleteResponse { instances: 1 }))
            }
            "conflict" => {
                let failure = Failure::new(Code::Conflict, "in two facilities, é and \"quotes\" too");
                Err(Failure { facilities: vec!["north".into(), "süd".into()], length: Some(77), ..failure }.into())
            }
            "who" => {
                let who = [context.map(|context| context.request_id), trace.map(|trace| trace.trace_id().to_owned())];
                let facilities = who.into_iter().map(Option::unwrap_or_default).collect();
                Err(Failure { facilities, ..Failure::new(Code::Conflict, "who") }.into())
            }
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

type Answers<T> = BoxStream<'static, Result<T, Status>>;

#[tonic::async_trait]
impl retrieve_server::Retrieve for Faulty {
    type InstancesStream = Answers<InstancesResponse>;
    type MetadataStream = Answers<MetadataResponse>;
    type FramesStream = Answers<FramesResponse>;
    type BulkDataStream = Answers<BulkDataResponse>;

    /// "panic": two pieces, then a panic while the stream is polled. "fails": two pieces, then a failure. "stalls": two
    /// pieces, then nothing. A number: so many pieces. "huge": one message of 20 MiB.
    async fn instances(&self, request: Request<InstancesRequest>) -> Result<Response<Self::InstancesStream>, Status> {
        let what = request.into_inner().resource.unwrap_or_default().study_instance_uid;
        let produced = Arc::clone(&self.produced);
        let pieces = move |count: usize| {
            let produced = Arc::clone(&produced);
            streaming::spawn(2, move |answers| async move {
                for number in 0..count {
                    if answers.send(Ok(piece(number))).await.is_err() {
                        break;
                    }
                    produced.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            })
        };
        let answers = match what.as_str() {
            "panic" => pieces(2).chain(futures::stream::poll_fn(|_| panic!("a defect"))).boxed(),
            "fails" => {
                let failure = Failure::new(Code::Unavailable, "the disk is gone");
                pieces(2).chain(futures::stream::iter([Err(failure.into())])).boxed()
            }
            "stalls" => pieces(2).chain(futures::stream::pending()).boxed(),
            "huge" => futures::stream::iter([Ok(chunk(Bytes::from(vec![1; 20 << 20])))]).boxed(),
            count => pieces(count.parse().unwrap()).boxed(),
        };
        Ok(Response::new(answers))
    }

    async fn metadata(&self, _: Request<MetadataRequest>) -> Result<Response<Self::MetadataStream>, Status> {
        Err(Status::unimplemented("not used here"))
    }

    async fn frames(&self, _: Request<FramesRequest>) -> Result<Response<Self::FramesStream>, Status> {
        Err(Status::unimplemented("not used here"))
    }

    async fn bulk_data(&self, _: Request<BulkDataRequest>) -> Result<Response<Self::BulkDataStream>, Status> {
        Err(Status::unimplemented("not used here"))
    }
}

fn chunk(bytes: Bytes) -> InstancesResponse {
    InstancesResponse { message: Some(Message::Chunk(bytes)) }
}

/// A piece of pixel data that can be told from its neighbours.
pub fn piece(number: usize) -> InstancesResponse {
    chunk(Bytes::from(vec![u8::try_from(number % 251).unwrap(); CHUNK]))
}

/// The server and its clients.
pub struct Deployment {
    pub ingest: IngestClient<Transport>,
    pub retrieve: RetrieveClient<Transport>,
    pub server: Faulty,
    pub process: Option<Process>,
}

impl Deployment {
    pub async fn start(place: Place, limits: &Limits) -> Self {
        let server = Faulty::default();
        let (ingest, retrieve, process) = match place {
            Place::Near => (near_ingest(&server, limits), near_retrieve(&server, limits), None),
            Place::Far => {
                let process = Process::start(&server, limits).await;
                let endpoint = process.endpoint();
                let (ingest, retrieve) =
                    (rpc::remote(INGEST, endpoint.clone(), limits), rpc::remote(RETRIEVE, endpoint, limits));
                // The deadlines of the tests are for calls, not for the first connection.
                for (transport, service) in [(&ingest, INGEST), (&retrieve, RETRIEVE)] {
                    rpc::probe(transport, service, Duration::from_secs(10)).await.unwrap_or_default();
                }
                (ingest, retrieve, Some(process))
            }
        };
        Self { ingest: ingest_client(ingest), retrieve: retrieve_client(retrieve), server, process }
    }
}

pub fn ingest_client(transport: Transport) -> IngestClient<Transport> {
    IngestClient::new(transport).max_decoding_message_size(rpc::MAX_MESSAGE).max_encoding_message_size(rpc::MAX_MESSAGE)
}

pub fn retrieve_client(transport: Transport) -> RetrieveClient<Transport> {
    RetrieveClient::new(transport)
        .max_decoding_message_size(rpc::MAX_MESSAGE)
        .max_encoding_message_size(rpc::MAX_MESSAGE)
}

fn near_ingest(server: &Faulty, limits: &Limits) -> Transport {
    local(ingest_server::IngestServer::new(server.clone()).max_decoding_message_size(rpc::MAX_MESSAGE), limits)
}

fn near_retrieve(server: &Faulty, limits: &Limits) -> Transport {
    local(retrieve_server::RetrieveServer::new(server.clone()).max_decoding_message_size(rpc::MAX_MESSAGE), limits)
}

/// What stands for another process: all that it shares with this one is a port.
pub struct Process {
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub serving: JoinHandle<std::io::Result<()>>,
}

impl Process {
    pub async fn start(server: &Faulty, limits: &Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, server, limits, &ServeLimits { drain: Duration::from_secs(5), ..ServeLimits::default() })
    }

    pub fn on(listener: TcpListener, server: &Faulty, limits: &Limits, serve: &ServeLimits) -> Self {
        let address = listener.local_addr().unwrap();
        let services =
            Server::default().with(INGEST, near_ingest(server, limits)).with(RETRIEVE, near_retrieve(server, limits));
        let stop = CancellationToken::new();
        let (stopped, serve) = (stop.clone().cancelled_owned(), *serve);
        let serving = tokio::spawn(async move { rpc::serve(listener, services, stopped, &serve).await });
        Self { address, stop, serving }
    }

    pub fn endpoint(&self) -> Endpoint {
        self.address.to_string().parse().unwrap()
    }

    /// Ends as by SIGTERM.
    pub async fn drain(self) {
        self.stop.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

pub fn delete(what: &str) -> DeleteRequest {
    DeleteRequest { resource: Some(resource(what)) }
}

pub fn instances(what: &str) -> InstancesRequest {
    InstancesRequest { resource: Some(resource(what)), ..InstancesRequest::default() }
}

fn resource(what: &str) -> Resource {
    Resource { study_instance_uid: what.into(), ..Resource::default() }
}

pub async fn failure(client: &mut IngestClient<Transport>, what: &str) -> Failure {
    Failure::from(&client.delete(delete(what)).await.expect_err("a failure"))
}

/// Waits until something is so.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
