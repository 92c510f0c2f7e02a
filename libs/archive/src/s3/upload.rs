//! Writing an object of unknown size in parts. One that fits into a part is one request.

use super::{Bucket, Turn, answer::Failure, parts, writing::Write};
use crate::{Error, Key};
use bytes::Bytes;
use object_store::{
    PutMultipartOptions, PutPayload,
    multipart::{MultipartStore, PartId},
    path::Path,
};
use std::{collections::VecDeque, io, sync::Arc};
use tokio::task::JoinHandle;

pub(crate) struct S3Upload {
    bucket: Arc<Bucket>,
    path: Path,
    write: Write,
    gathered: VecDeque<Bytes>,
    gathered_bytes: u64,
    /// The server's name for it, once there is a first part.
    id: Option<String>,
    sent: Vec<PartId>,
    /// Parts under way, in order.
    sending: VecDeque<JoinHandle<Result<PartId, Error>>>,
    failed: bool,
}

impl Bucket {
    /// Asks whether the key is free before bytes are sent; that it still is, is checked again at the end.
    pub(crate) async fn create(self: &Arc<Self>, key: Key) -> Result<S3Upload, Error> {
        match self.exists(&self.path(key)).await? {
            true => Err(Error::Exists),
            false => Ok(S3Upload::new(Arc::clone(self), key)),
        }
    }

    async fn send_part(
        self: Arc<Self>,
        path: Path,
        id: String,
        number: usize,
        part: PutPayload,
    ) -> Result<PartId, Error> {
        let length = part.content_length() as u64;
        let send = || self.store.put_part(&path, &id, number, part.clone());
        Ok(self.ask(Turn::Write, length, send).await?)
    }

    async fn give_up(&self, path: &Path, id: &String) -> Result<(), Error> {
        match self.ask(Turn::Write, 0, || self.store.abort_multipart(path, id)).await {
            Err(Failure::Refused(refused)) if refused.says_upload_lost() => Ok(()),
            result => Ok(result?),
        }
    }
}

impl S3Upload {
    pub(super) fn new(bucket: Arc<Bucket>, key: Key) -> Self {
        Self {
            path: bucket.path(key),
            bucket,
            write: Write::fresh(),
            gathered: VecDeque::new(),
            gathered_bytes: 0,
            id: None,
            sent: Vec::new(),
            sending: VecDeque::new(),
            failed: false,
        }
    }

    pub(crate) async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.gathered_bytes = self.gathered_bytes.saturating_add(piece.len() as u64);
        if !piece.is_empty() {
            self.gathered.push_back(piece);
        }
        // Only when there is more: what fits exactly into one part is one request, and no upload ends with an empty part.
        while self.gathered_bytes > self.part_length() {
            self.send(self.part_length()).await?;
        }
        Ok(())
    }

    pub(crate) async fn finish(mut self) -> Result<(), Error> {
        if self.failed {
            return Err(failed_before());
        }
        if self.id.is_none() {
            let pieces = std::mem::take(&mut self.gathered).into();
            return self.bucket.put_whole(&self.path, &self.write, pieces).await;
        }
        self.send(self.gathered_bytes).await?;
        while !self.sending.is_empty() {
            self.settle().await?;
        }
        self.complete().await
    }

    pub(crate) async fn abort(mut self) -> Result<(), Error> {
        self.stop_sending();
        match self.id.take() {
            Some(id) => self.bucket.give_up(&self.path, &id).await,
            None => Ok(()),
        }
    }

    fn number(&self) -> usize {
        self.sent.len() + self.sending.len()
    }

    fn part_length(&self) -> u64 {
        parts::length(self.number() as u64)
    }

    /// Starts to send the next part.
    async fn send(&mut self, length: u64) -> Result<(), Error> {
        if self.failed {
            return Err(failed_before());
        }
        // Until this part is under way: what is dropped half way through counts as failed.
        self.failed = true;
        let id = self.begun().await?;
        let number = self.number();
        while self.sending.len() >= parts::at_once(number as u64) {
            self.settle().await?;
        }
        let part = self.take(length);
        let job = Arc::clone(&self.bucket).send_part(self.path.clone(), id, number, part);
        self.sending.push_back(tokio::spawn(job));
        self.failed = false;
        Ok(())
    }

    async fn begun(&mut self) -> Result<String, Error> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let options = || PutMultipartOptions { attributes: self.write.attributes(), ..PutMultipartOptions::default() };
        let begin = || self.bucket.store.create_multipart_opts(&self.path, options());
        let id = self.bucket.ask(Turn::Write, 0, begin).await?;
        self.id = Some(id.clone());
        Ok(id)
    }

    /// Waits for the oldest part under way.
    async fn settle(&mut self) -> Result<(), Error> {
        let Some(job) = self.sending.front_mut() else { return Ok(()) };
        let result = job.await.unwrap_or_else(|failure| Err(Error::Unavailable { source: io::Error::other(failure) }));
        self.sending.pop_front();
        match result {
            Ok(part) => self.sent.push(part),
            Err(error) => {
                self.failed = true;
                return Err(error);
            }
        }
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), Error> {
        let Some(id) = self.id.clone() else { return Err(failed_before()) };
        let (bucket, path) = (&self.bucket, &self.path);
        let parts = std::mem::take(&mut self.sent);
        let result = bucket.ask(Turn::Write, 0, || bucket.store.complete_multipart(path, &id, parts.clone())).await;
        match result {
            Ok(_) => self.id = None,
            // Perhaps an earlier try did it, and its answer was lost.
            Err(Failure::Refused(refused)) if refused.says_exists() => {
                bucket.own(path, &self.write, Error::Exists).await?;
                self.id = None;
            }
            Err(Failure::Refused(refused)) if refused.says_upload_lost() => {
                bucket.own(path, &self.write, Failure::Refused(refused).into()).await?;
                self.id = None;
            }
            Err(failure) => return Err(failure.into()),
        }
        Ok(())
    }

    fn take(&mut self, length: u64) -> PutPayload {
        let mut part = Vec::new();
        let mut left = length;
        while left > 0 {
            let Some(mut piece) = self.gathered.pop_front() else { break };
            if piece.len() as u64 > left {
                let rest = piece.split_off(usize::try_from(left).unwrap_or(piece.len()));
                self.gathered.push_front(rest);
            }
            left -= piece.len() as u64;
            part.push(piece);
        }
        self.gathered_bytes -= length - left;
        part.into_iter().collect()
    }

    fn stop_sending(&mut self) {
        self.sending.drain(..).for_each(|job| job.abort());
    }
}

/// What was neither finished nor aborted is given up in the background, as long as an operation may take.
impl Drop for S3Upload {
    fn drop(&mut self) {
        self.stop_sending();
        let (Some(id), Ok(runtime)) = (self.id.take(), tokio::runtime::Handle::try_current()) else { return };
        let (bucket, path) = (Arc::clone(&self.bucket), self.path.clone());
        // Nobody is left who could be told how it ended; what stays is for the bucket's own rule for old uploads.
        runtime.spawn(async move { bucket.give_up(&path, &id).await.ok() });
    }
}

fn failed_before() -> Error {
    Error::Unavailable { source: io::Error::other("an earlier write of the object failed") }
}
