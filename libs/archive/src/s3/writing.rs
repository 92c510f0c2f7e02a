//! Writing a whole object with one request, and the probe.

use super::{Bucket, S3Access, Turn, answer::Failure, parts, ranges::write_attribute, upload::S3Upload};
use crate::{Error, Key};
use bytes::Bytes;
use object_store::{Attributes, ObjectStore, PutMode, PutOptions, PutPayload, path::Path};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use uuid::Uuid;

/// How long a probe may take, tries included.
const PROBE: Duration = Duration::from_secs(3);

/// Marks an object with the one write that made it: when the answer to a write is lost, the next try finds the object
/// there and can tell whether it is its own.
#[derive(Debug, Clone)]
pub(super) struct Write(String);

impl Write {
    pub(super) fn fresh() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    pub(super) fn attributes(&self) -> Attributes {
        [(write_attribute(), self.0.clone())].into_iter().collect()
    }
}

impl Bucket {
    pub(crate) async fn put(self: &Arc<Self>, key: Key, pieces: Vec<Bytes>) -> Result<(), Error> {
        let length: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if length <= parts::length(0) {
            return self.put_whole(&self.path(key), &Write::fresh(), pieces).await;
        }
        let mut upload = S3Upload::new(Arc::clone(self), key);
        for piece in pieces {
            upload.write(piece).await?;
        }
        upload.finish().await
    }

    /// One request, whose bytes the server checks against their SHA-256, and which never overwrites.
    pub(super) async fn put_whole(&self, path: &Path, write: &Write, pieces: Vec<Bytes>) -> Result<(), Error> {
        let payload: PutPayload = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let options = || PutOptions { mode: PutMode::Create, attributes: write.attributes(), ..PutOptions::default() };
        let length = payload.content_length() as u64;
        let put = || self.store.put_opts(path, payload.clone(), options());
        match self.ask(Turn::Write, length, put).await {
            Err(Failure::Refused(refused)) if refused.says_exists() => self.own(path, write, Error::Exists).await,
            result => result.map(|_| ()).map_err(Error::from),
        }
    }

    /// Whether an object is there because of this write; if not, `otherwise` is the answer.
    pub(super) async fn own(&self, path: &Path, write: &Write, otherwise: Error) -> Result<(), Error> {
        match self.find(path).await? {
            Some(found) if found.write.as_ref() == Some(&write.0) => Ok(()),
            _ => Err(otherwise),
        }
    }

    /// A read of a name that no key has, or a write of it that changes nothing from the second time on.
    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let path = Path::from(format!("{}probe", self.prefix));
        let probe = async {
            match self.access {
                S3Access::Read => self.exists(&path).await.map(|_| ()),
                S3Access::ReadWrite => self.write_probe(&path).await,
            }
        };
        timeout(PROBE, probe).await.unwrap_or_else(|_| Err(Failure::timed_out().into()))
    }

    async fn write_probe(&self, path: &Path) -> Result<(), Error> {
        let put = || self.store.put_opts(path, PutPayload::new(), PutMode::Create.into());
        match self.ask(Turn::Write, 0, put).await {
            Err(Failure::Refused(refused)) if refused.says_exists() => Ok(()),
            result => result.map(|_| ()).map_err(Error::from),
        }
    }
}
