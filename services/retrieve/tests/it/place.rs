//! A catalog and an archive in a folder of their own, the retrieve service over them, and a way to store.

use access::{FacilityId, Principal, Role, Scope, WayIn};
use archive::{Archive, Key};
use bytes::Bytes;
use catalog::{
    CatalogReader, CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, NewInstance, NewIntent, SqliteOptions,
    Timestamp,
};
use dataset::{Describer, Limits};
use futures::TryStreamExt as _;
use proto::retrieve::v1::{StoredRange, retrieve_client::RetrieveClient};
use rpc::{Context, Failure, Transport};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tonic::Request;
use uid::{InstanceRef, Resource};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub struct Place {
    pub folder: TempDir,
    pub writer: CatalogWriter,
    pub reader: CatalogReader,
    pub archive: Archive,
    pub client: RetrieveClient<Transport>,
    facilities: Vec<FacilityId>,
}

impl Place {
    pub async fn open() -> Self {
        Self::with(retrieve::Config::default()).await
    }

    pub async fn with(config: retrieve::Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (writer, reader) = catalog::open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
        let archive = Archive::open_folder(&folder.path().join("objects")).await.unwrap();
        let server = retrieve::server(&config, reader.clone(), archive.clone());
        let client = RetrieveClient::new(rpc::local(server, &rpc::Limits::default()))
            .max_decoding_message_size(rpc::MAX_MESSAGE)
            .max_encoding_message_size(rpc::MAX_MESSAGE);
        Self { folder, writer, reader, archive, client, facilities: vec![FacilityId::default_facility()] }
    }

    /// Lets later calls see these facilities and no others.
    pub fn see(&mut self, facilities: &[&str]) {
        self.facilities = facilities.iter().map(|name| name.parse().unwrap()).collect();
    }

    /// The home facility is the one that sees nothing of the others, so that a UID in two of them is ambiguous.
    fn principal(&self) -> Principal {
        let home = match self.facilities.as_slice() {
            [only] => only.clone(),
            _ => "home".parse().unwrap(),
        };
        Principal::new("tester".into(), vec![Role::Administrator], self.facilities.clone(), home, WayIn::Trial)
    }

    /// Reads a range that the service named.
    pub async fn read(&self, range: &StoredRange) -> Result<Bytes, Failure> {
        let key = range.key.parse().unwrap();
        let bytes = self.archive.stream(&key, range.offset..range.offset + range.length).try_collect::<Vec<_>>().await;
        match bytes {
            Ok(bytes) => Ok(bytes.concat().into()),
            Err(archive::Error::Unavailable { .. }) => {
                Err(Failure::new(rpc::Code::Unavailable, "the archive is not available"))
            }
            Err(_) => Err(Failure::new(rpc::Code::Internal, "the archive could not read what it holds")),
        }
    }

    pub fn scope(&self) -> Scope {
        self.principal().may_see(None).unwrap()
    }

    /// A call with the context that every call carries.
    pub fn call<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        Context { request_id: "r-1".into(), principal: self.principal(), facility: None }.attach(&mut request);
        request
    }

    pub async fn store(&self, object: &Bytes) -> InstanceRef {
        self.store_to("default", object).await
    }

    pub async fn store_to(&self, facility: &str, object: &Bytes) -> InstanceRef {
        self.store_all(facility, std::slice::from_ref(object)).await.remove(0)
    }

    /// Stores objects of one facility together.
    pub async fn store_all(&self, facility: &str, objects: &[Bytes]) -> Vec<InstanceRef> {
        let keys = Key::batch(objects.len().try_into().unwrap());
        let puts = keys.iter().zip(objects).map(|(key, object)| self.archive.put(key, vec![object.clone()]));
        futures::future::try_join_all(puts).await.unwrap();
        let new = keys.into_iter().zip(objects).map(|(key, object)| {
            let mut describer = Describer::new(Limits::default());
            describer.push(object).unwrap();
            described(key, describer, Sha256::digest(object).into())
        });
        self.commit(facility, new.collect()).await
    }

    /// Makes objects visible that are in the archive already.
    pub async fn commit(&self, facility: &str, instances: Vec<NewInstance>) -> Vec<InstanceRef> {
        let stored = instances.iter().map(|new| new.description.instance.clone()).collect();
        let keys = instances.iter().map(|new| new.key.clone()).collect();
        let intent = self.writer.begin(NewIntent { keys, now: NOW }).await.unwrap();
        let facility = facility.parse().unwrap();
        let duplicates = DuplicatePolicy::NewVersion { grace_ms: 0 };
        let chunk = Chunk { intent, facility, instances, duplicates, now: NOW };
        let outcomes = self.writer.commit(chunk).await.unwrap();
        assert!(
            outcomes.iter().all(|one| matches!(one, CommitOutcome::Stored { .. } | CommitOutcome::Replaced { .. }))
        );
        stored
    }

    /// The key under which the archive has an instance.
    pub async fn key_of(&self, instance: &InstanceRef) -> Key {
        self.reader.instance(&self.scope(), instance).await.unwrap().key.parse().unwrap()
    }

    pub async fn delete(&self, resource: &Resource) {
        self.writer.delete(&self.scope(), resource, NOW, 0).await.unwrap();
    }
}

/// An object as it is handed to a commit.
pub fn described(key: Key, describer: Describer, digest: [u8; 32]) -> NewInstance {
    let description = describer.finish().unwrap();
    assert!(description.prefix.is_empty(), "objects of these tests are complete");
    NewInstance { description, key: key.to_string(), stored_digest: digest, received_digest: digest }
}
