//! An ingest service in this process, with its catalog and archive in a folder of its own, and a clock that tests turn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, dead_code)]

use access::{FacilityId, Principal, Role, Scope, WayIn};
use archive::{Archive, Key};
use bytes::Bytes;
use catalog::{CatalogReader, CatalogWriter, SqliteOptions, StoredInstance, Timestamp};
use futures::{Stream, StreamExt as _};
use harness::Instance;
use ingest::{Clock, Config};
use proto::ingest::v1::{
    DeleteRequest, PartEnd, PartStart, Refused, StoreRequest, StoreResponse, StoreStart, Stored,
    ingest_client::IngestClient, store_request::Message, store_response::Outcome,
};
use rpc::{Context, Failure, Limits, Transport};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tempfile::TempDir;
use tonic::Request;
use uid::{InstanceRef, Resource};

/// Bytes of one message, small enough that every instance comes in several.
const CHUNK: usize = 10_000;

pub struct Deployment {
    pub folder: TempDir,
    pub config: Config,
    pub reader: CatalogReader,
    pub writer: CatalogWriter,
    pub archive: Archive,
    pub client: IngestClient<Transport>,
    pub clock: Clock,
    millis: Arc<AtomicI64>,
}

/// Defaults, but for the space that a machine under test may not have.
pub fn config() -> Config {
    Config { minimum_free_bytes: 0, ..Config::default() }
}

impl Deployment {
    pub async fn start() -> Self {
        Self::with(config()).await
    }

    pub async fn with(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (catalog, archive) = (folder.path().to_owned(), folder.path().join("archive"));
        Self::at(config, folder, &catalog, &archive).await
    }

    pub async fn at(config: Config, folder: TempDir, catalog: &Path, archive: &Path) -> Self {
        let archive = Archive::open_folder(archive).await.unwrap();
        let (writer, reader) = catalog::open_sqlite(catalog, SqliteOptions::default()).await.unwrap();
        let millis = Arc::new(AtomicI64::new(1_700_000_000_000));
        let told = Arc::clone(&millis);
        let clock = Clock::new(move || Timestamp(told.load(Ordering::SeqCst)));
        let server = ingest::server(&config, writer.clone(), archive.clone(), clock.clone());
        let client = IngestClient::new(rpc::local(server, &Limits::default()))
            .max_decoding_message_size(rpc::MAX_MESSAGE)
            .max_encoding_message_size(rpc::MAX_MESSAGE);
        Self { folder, config, reader, writer, archive, client, clock, millis }
    }

    /// Lets this much time pass.
    pub fn pass_seconds(&self, seconds: u64) {
        self.millis.fetch_add(i64::try_from(seconds).unwrap() * 1000, Ordering::SeqCst);
    }

    /// Sets the clock back by this much.
    pub fn step_back_seconds(&self, seconds: u64) {
        self.millis.fetch_sub(i64::try_from(seconds).unwrap() * 1000, Ordering::SeqCst);
    }

    pub async fn sweep(&self) -> ingest::Swept {
        ingest::sweep_once(&self.config, &self.writer, &self.archive, &self.clock).await.unwrap()
    }

    /// Opens a store request to the default facility.
    pub async fn call(
        &self,
        messages: impl Stream<Item = StoreRequest> + Send + 'static,
    ) -> Result<tonic::Streaming<StoreResponse>, Failure> {
        let mut request = Request::new(messages);
        context("default").attach(&mut request);
        let mut client = self.client.clone();
        client.store(request).await.map(tonic::Response::into_inner).map_err(|status| Failure::from(&status))
    }

    /// Sends these messages and gives the answers by part, and how the call ended.
    pub async fn send(&self, messages: Vec<StoreRequest>) -> (Vec<StoreResponse>, Option<Failure>) {
        match self.call(futures::stream::iter(messages)).await {
            Ok(answers) => collect(answers).await,
            Err(failure) => (Vec::new(), Some(failure)),
        }
    }

    /// Stores these objects; every one must be answered.
    pub async fn store<T: AsRef<[u8]>>(&self, objects: &[T]) -> Vec<StoreResponse> {
        let (answers, failure) = self.send(request(objects)).await;
        assert_eq!(failure, None);
        assert_eq!(answers.len(), objects.len());
        answers
    }

    pub async fn delete(&self, resource: &Resource) -> Result<u64, Failure> {
        let resource = Some(rpc::resource_to_proto(resource));
        let mut request = Request::new(DeleteRequest { resource });
        context("default").attach(&mut request);
        let mut client = self.client.clone();
        let deleted = client.delete(request).await.map_err(|status| Failure::from(&status))?;
        Ok(deleted.into_inner().instances)
    }

    /// What the catalog knows of an instance.
    pub async fn find(&self, instance: &InstanceRef) -> Result<StoredInstance, catalog::Error> {
        self.reader.instance(&scope("default"), instance).await
    }

    /// The bytes of an instance as they are stored.
    pub async fn stored(&self, instance: &InstanceRef) -> Bytes {
        let found = self.find(instance).await.unwrap();
        let key: Key = found.key.parse().unwrap();
        self.archive.read(&key, 0..found.length).await.unwrap()
    }

    /// How many objects the archive holds, seen or not.
    pub fn objects(&self) -> usize {
        let shards = std::fs::read_dir(self.folder.path().join("archive")).unwrap();
        shards.map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count()).sum()
    }
}

pub async fn collect(mut answers: tonic::Streaming<StoreResponse>) -> (Vec<StoreResponse>, Option<Failure>) {
    let mut collected = Vec::new();
    let mut failure = None;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => collected.push(answer),
            Err(status) => failure = Some(Failure::from(&status)),
        }
    }
    collected.sort_by_key(|answer| answer.part);
    (collected, failure)
}

pub fn context(facility: &str) -> Context {
    let facility: FacilityId = facility.parse().unwrap();
    let principal = Principal::new("test".into(), vec![Role::Administrator], vec![], facility, WayIn::Trial);
    Context { request_id: "r-1".into(), principal, facility: None }
}

pub fn scope(facility: &str) -> Scope {
    context(facility).may_see().unwrap()
}

pub fn message(message: Message) -> StoreRequest {
    StoreRequest { message: Some(message) }
}

pub fn start(study: &str) -> StoreRequest {
    message(Message::Start(StoreStart { study_instance_uid: study.into() }))
}

/// One part, with its end.
pub fn part(object: &[u8]) -> Vec<StoreRequest> {
    let mut messages = unended_part(object);
    messages.push(message(Message::PartEnd(PartEnd {})));
    messages
}

/// One part, without its end.
pub fn unended_part(object: &[u8]) -> Vec<StoreRequest> {
    let chunks = object.chunks(CHUNK).map(|chunk| message(Message::Chunk(Bytes::copy_from_slice(chunk))));
    std::iter::once(message(Message::PartStart(PartStart {}))).chain(chunks).collect()
}

/// A whole request.
pub fn request<T: AsRef<[u8]>>(objects: &[T]) -> Vec<StoreRequest> {
    std::iter::once(start("")).chain(objects.iter().flat_map(|object| part(object.as_ref()))).collect()
}

pub fn name(instance: &Instance) -> InstanceRef {
    InstanceRef {
        study: instance.study.parse().unwrap(),
        series: instance.series.parse().unwrap(),
        instance: instance.instance.parse().unwrap(),
    }
}

pub fn as_stored(answer: &StoreResponse) -> &Stored {
    match answer.outcome.as_ref().unwrap() {
        Outcome::Stored(stored) => stored,
        Outcome::Refused(refused) => panic!("part {} is refused: {refused:?}", answer.part),
    }
}

pub fn as_refused(answer: &StoreResponse) -> &Refused {
    match answer.outcome.as_ref().unwrap() {
        Outcome::Refused(refused) => refused,
        Outcome::Stored(_) => panic!("part {} is stored", answer.part),
    }
}
