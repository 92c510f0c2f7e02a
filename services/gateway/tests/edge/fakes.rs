//! Services that do what a test tells them, and a gateway in front of them.

use futures::{Stream, StreamExt, stream};
use gateway::{Config, Operations, Services};
use harness::Client;
use proto::{
    ingest::v1::{
        DeleteRequest, DeleteResponse, ResolveDisagreementRequest, ResolveDisagreementResponse, StoreRequest,
        StoreResponse, ingest_server::Ingest, ingest_server::IngestServer, store_request::Message,
    },
    query::v1::{
        Disagreement, ListDisagreementsRequest, ListDisagreementsResponse, SearchRequest, SearchResponse,
        query_server::Query, query_server::QueryServer,
    },
    retrieve::v1::{
        BulkDataRequest, BulkDataResponse, FramesRequest, FramesResponse, InstancesRequest, InstancesResponse,
        MetadataRequest, MetadataResponse, retrieve_server::Retrieve, retrieve_server::RetrieveServer,
    },
};
use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::oneshot};
use tonic::{Request, Response, Status, Streaming};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type Script<T> = Arc<Mutex<Vec<Result<T, Status>>>>;

/// What the ingest service is to do with a store.
#[derive(Clone, Default)]
pub enum OnStore {
    /// Read everything and then answer with these, as if decided per part.
    #[default]
    AnswerStored,
    Answer(Vec<StoreResponse>),
    /// Fail before anything is read.
    Fail(Status),
    /// Fail after this many messages.
    FailAfter(usize, Status),
    /// Take a message only now and then.
    Slow(Duration),
}

/// All three services, scripted.
#[derive(Clone, Default)]
pub struct Fakes {
    pub on_store: Arc<Mutex<OnStore>>,
    /// The messages of the last store.
    pub received: Arc<Mutex<Vec<Message>>>,
    pub delete: Arc<Mutex<Option<Status>>>,
    pub search: Arc<Mutex<Option<Status>>>,
    pub disagreements: Arc<Mutex<Vec<Disagreement>>>,
    /// The last request for disagreements.
    pub list_request: Arc<Mutex<Option<ListDisagreementsRequest>>>,
    /// Ids that were resolved.
    pub resolved: Arc<Mutex<Vec<i64>>>,
    pub instances: Script<InstancesResponse>,
    pub frames: Script<FramesResponse>,
    pub metadata: Script<MetadataResponse>,
    pub bulk_data: Script<BulkDataResponse>,
    /// Time between the messages of a retrieve stream.
    pub pause: Arc<Mutex<Duration>>,
    pub frames_request: Arc<Mutex<Option<FramesRequest>>>,
}

impl Fakes {
    fn play<T: Clone + Send + 'static>(&self, script: &Script<T>) -> Result<Response<Answers<T>>, Status> {
        let pause = *self.pause.lock().unwrap();
        let script = script.lock().unwrap().clone();
        let answers = stream::iter(script).then(move |message| async move {
            tokio::time::sleep(pause).await;
            message
        });
        Ok(Response::new(answers.boxed()))
    }

    pub fn chunks(&self) -> Vec<bytes::Bytes> {
        let received = self.received.lock().unwrap();
        let chunk = |message: &Message| if let Message::Chunk(bytes) = message { Some(bytes.clone()) } else { None };
        received.iter().filter_map(chunk).collect()
    }
}

pub fn stored(part: u32, instance: &str) -> StoreResponse {
    StoreResponse {
        part,
        sop_class_uid: "1.2.840.10008.5.1.4.1.1.2".into(),
        sop_instance_uid: instance.into(),
        study_instance_uid: "1.1".into(),
        series_instance_uid: "1.2".into(),
        outcome: Some(proto::ingest::v1::store_response::Outcome::Stored(proto::ingest::v1::Stored::default())),
    }
}

#[tonic::async_trait]
impl Ingest for Fakes {
    type StoreStream = Answers<StoreResponse>;

    async fn store(
        &self,
        request: Request<Streaming<StoreRequest>>,
    ) -> Result<Response<Answers<StoreResponse>>, Status> {
        rpc::Context::read(&request)?;
        let on_store = self.on_store.lock().unwrap().clone();
        if let OnStore::Fail(status) = on_store {
            return Err(status);
        }
        let mut messages = request.into_inner();
        let received = Arc::clone(&self.received);
        received.lock().unwrap().clear();
        let answers = async move {
            let (mut count, mut ended) = (0, 0);
            while let Some(message) = messages.message().await? {
                ended += u32::from(matches!(message.message, Some(Message::PartEnd(_))));
                received.lock().unwrap().extend(message.message);
                count += 1;
                match &on_store {
                    OnStore::FailAfter(most, status) if count >= *most => return Err(status.clone()),
                    OnStore::Slow(pause) => tokio::time::sleep(*pause).await,
                    _ => {}
                }
            }
            Ok(match on_store {
                OnStore::Answer(answers) => answers,
                _ => (0..ended).map(|part| stored(part, &format!("1.3.{part}"))).collect(),
            })
        };
        let answers = stream::once(answers).flat_map(|answers: Result<Vec<StoreResponse>, Status>| match answers {
            Ok(answers) => stream::iter(answers).map(Ok).boxed(),
            Err(status) => stream::iter([Err(status)]).boxed(),
        });
        Ok(Response::new(answers.boxed()))
    }

    async fn delete(&self, _: Request<DeleteRequest>) -> Result<Response<DeleteResponse>, Status> {
        match self.delete.lock().unwrap().clone() {
            Some(status) => Err(status),
            None => Ok(Response::new(DeleteResponse { instances: 1 })),
        }
    }

    async fn resolve_disagreement(
        &self,
        request: Request<ResolveDisagreementRequest>,
    ) -> Result<Response<ResolveDisagreementResponse>, Status> {
        self.resolved.lock().unwrap().push(request.into_inner().id);
        Ok(Response::new(ResolveDisagreementResponse {}))
    }
}

#[tonic::async_trait]
impl Query for Fakes {
    async fn search(&self, _: Request<SearchRequest>) -> Result<Response<SearchResponse>, Status> {
        match self.search.lock().unwrap().clone() {
            Some(status) => Err(status),
            None => Ok(Response::new(SearchResponse::default())),
        }
    }

    async fn list_disagreements(
        &self,
        request: Request<ListDisagreementsRequest>,
    ) -> Result<Response<ListDisagreementsResponse>, Status> {
        *self.list_request.lock().unwrap() = Some(request.into_inner());
        let disagreements = self.disagreements.lock().unwrap().clone();
        Ok(Response::new(ListDisagreementsResponse { disagreements }))
    }
}

#[tonic::async_trait]
impl Retrieve for Fakes {
    type InstancesStream = Answers<InstancesResponse>;
    type MetadataStream = Answers<MetadataResponse>;
    type FramesStream = Answers<FramesResponse>;
    type BulkDataStream = Answers<BulkDataResponse>;

    async fn instances(&self, _: Request<InstancesRequest>) -> Result<Response<Answers<InstancesResponse>>, Status> {
        self.play(&self.instances)
    }

    async fn metadata(&self, _: Request<MetadataRequest>) -> Result<Response<Answers<MetadataResponse>>, Status> {
        self.play(&self.metadata)
    }

    async fn frames(&self, request: Request<FramesRequest>) -> Result<Response<Answers<FramesResponse>>, Status> {
        *self.frames_request.lock().unwrap() = Some(request.into_inner());
        self.play(&self.frames)
    }

    async fn bulk_data(&self, _: Request<BulkDataRequest>) -> Result<Response<Answers<BulkDataResponse>>, Status> {
        self.play(&self.bulk_data)
    }
}

/// A gateway that listens, with the fakes behind it. It stops when it is dropped.
pub struct Edge {
    pub fakes: Fakes,
    pub client: Client,
    pub address: SocketAddr,
    pub served: tokio::task::JoinHandle<std::io::Result<()>>,
    pub shutdown: Option<oneshot::Sender<()>>,
}

impl Edge {
    pub async fn start() -> Self {
        Self::with(Config::default(), Operations::default()).await
    }

    pub async fn with(config: Config, operations: Operations) -> Self {
        Self::serving(config, operations, None).await
    }

    /// With the viewer that the tests have installed.
    pub async fn with_viewer() -> Self {
        let Some(folder) = std::env::var_os("NOCTIS_VIEWER") else {
            panic!(
                "NOCTIS_VIEWER is not set: use tests/run.sh, or source what tests/setup.sh prints and install the viewer there"
            );
        };
        let site = viewer::Site::open(folder.as_ref()).unwrap();
        Self::serving(Config::default(), Operations::default(), Some(site)).await
    }

    async fn serving(config: Config, operations: Operations, viewer: Option<viewer::Site>) -> Self {
        let fakes = Fakes::default();
        let limits = rpc::Limits::default();
        let services = Services::new(
            rpc::local(IngestServer::new(fakes.clone()), &limits),
            rpc::local(QueryServer::new(fakes.clone()), &limits),
            rpc::local(RetrieveServer::new(fakes.clone()), &limits),
        );
        let serve = config.serve.clone();
        let router = gateway::router(services, config, operations, viewer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (shutdown, stopped) = oneshot::channel::<()>();
        let served =
            tokio::spawn(async move { gateway::serve(listener, router, async { drop(stopped.await) }, &serve).await });
        Self { fakes, client: Client::new(&format!("http://{address}")), address, served, shutdown: Some(shutdown) }
    }

    /// Sends bytes as they are and reads all that comes back until the connection is closed.
    pub async fn raw(&self, request: &[u8]) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut connection = tokio::net::TcpStream::connect(self.address).await.unwrap();
        connection.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}
