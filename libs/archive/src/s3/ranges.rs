//! Reading exactly one range, going on from where an answer broke off, and never from another version of the object.

use super::{
    Bucket, Turn,
    answer::{Failure, Refused, append},
};
use crate::{Error, Key};
use bytes::Bytes;
use futures::StreamExt;
use http::StatusCode;
use object_store::{Attribute, GetOptions, GetRange, GetResult, ObjectStore, path::Path};
use std::ops::Range;
use tokio::time::{Instant, timeout_at};

/// The header of an object that names the write which made it.
const WRITE: &str = "noctis-write";

/// What is known of an object.
pub(super) struct Found {
    pub(super) size: u64,
    /// The write that made it, where it is known.
    pub(super) write: Option<String>,
}

/// What was read of a range.
pub(super) struct Part {
    pub(super) bytes: Bytes,
    /// The version that was read.
    pub(super) version: Option<String>,
}

/// A range that is being read.
struct Partial<'a> {
    path: Path,
    range: Range<u64>,
    /// How long the object has to be.
    end: u64,
    bytes: Vec<u8>,
    version: Option<String>,
    turn_end: Instant,
    bucket: &'a Bucket,
}

pub(super) fn write_attribute() -> Attribute {
    Attribute::Metadata(WRITE.into())
}

impl Bucket {
    pub(crate) async fn read(&self, key: Key, range: Range<u64>) -> Result<Bytes, Error> {
        let end = range.end;
        Ok(self.read_part(key, range, end, None).await?.bytes)
    }

    /// Reads a range of an object that is at least `end` bytes long, of this version if one is given.
    pub(super) async fn read_part(
        &self,
        key: Key,
        range: Range<u64>,
        end: u64,
        version: Option<String>,
    ) -> Result<Part, Error> {
        let path = self.path(key);
        if range.is_empty() {
            let found = self.find(&path).await?.ok_or(Error::Absent)?;
            return if found.size < end { Err(Error::Short) } else { Ok(Part { bytes: Bytes::new(), version }) };
        }
        let mut attempts = self.attempts(range.end - range.start);
        let turn_end = attempts.end();
        let mut partial = Partial { path, range, end, bytes: Vec::new(), version, turn_end, bucket: self };
        while let Err(failure) = partial.go_on().await {
            match failure {
                Failure::Refused(refused) => match partial.meaning(refused).await? {
                    Ok(error) => return Err(error),
                    Err(failure) => self.before_next(&mut attempts, failure).await?,
                },
                failure => self.before_next(&mut attempts, failure).await?,
            }
        }
        Ok(Part { bytes: partial.bytes.into(), version: partial.version })
    }

    /// What is known of an object; `None` when there is none.
    pub(super) async fn find(&self, path: &Path) -> Result<Option<Found>, Error> {
        let options = || GetOptions { head: true, ..GetOptions::default() };
        match self.ask(Turn::Read, 0, || self.store.get_opts(path, options())).await {
            Ok(answer) => Ok(Some(found(&answer))),
            // The answer to a HEAD has no body that could say what is missing.
            Err(Failure::Refused(refused)) if refused.status == StatusCode::NOT_FOUND => {
                match self.first_byte(path).await {
                    Ok(answer) => Ok(Some(found(&answer))),
                    Err(Failure::Refused(refused)) if refused.says_absent() => Ok(None),
                    Err(failure) => Err(failure.into()),
                }
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Whether there is an object: one request, whose refusal says what is missing.
    pub(super) async fn exists(&self, path: &Path) -> Result<bool, Error> {
        match self.first_byte(path).await {
            Ok(_) => Ok(true),
            Err(Failure::Refused(refused)) if refused.status == StatusCode::RANGE_NOT_SATISFIABLE => Ok(true),
            Err(Failure::Refused(refused)) if refused.says_absent() => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn first_byte(&self, path: &Path) -> Result<GetResult, Failure> {
        let options = || GetOptions { range: Some(GetRange::Bounded(0..1)), ..GetOptions::default() };
        self.ask(Turn::Read, 0, || self.store.get_opts(path, options())).await
    }
}

fn found(answer: &GetResult) -> Found {
    let write = answer.attributes.get(&write_attribute()).map(|write| write.to_string());
    Found { size: answer.meta.size, write }
}

impl Partial<'_> {
    /// Asks for what is missing and takes what comes; `Ok` when nothing is missing.
    async fn go_on(&mut self) -> Result<(), Failure> {
        let bucket = self.bucket;
        let wanted = usize::try_from(self.range.end - self.range.start).map_err(too_long)?;
        if self.bytes.len() == wanted {
            return Ok(());
        }
        let _turn = bucket.turn(Turn::Read, self.turn_end).await?;
        let rest = self.range.start + self.bytes.len() as u64..self.range.end;
        let options = GetOptions {
            range: Some(GetRange::Bounded(rest)),
            if_match: self.version.clone(),
            ..GetOptions::default()
        };
        let answer = self.in_time(bucket.store.get_opts(&self.path, options)).await?;
        let answer = answer.map_err(|error| Failure::of(&error))?;
        self.check(&answer)?;
        self.bytes.try_reserve_exact(wanted.saturating_sub(self.bytes.len())).map_err(too_long)?;
        let mut pieces = answer.into_stream();
        while let Some(piece) = self.in_time(pieces.next()).await? {
            append(&mut self.bytes, &piece.map_err(|error| Failure::of(&error))?, wanted)?;
        }
        match self.bytes.len() == wanted {
            true => Ok(()),
            false => Err(Failure::Lost(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Before memory is taken for it.
    fn check(&mut self, answer: &GetResult) -> Result<(), Failure> {
        if answer.meta.size < self.end {
            return Err(Failure::Final(Error::Short));
        }
        match (&self.version, &answer.meta.e_tag) {
            (Some(version), now) if Some(version) != now.as_ref() => Err(changed()),
            (None, Some(now)) => {
                self.version = Some(now.clone());
                Ok(())
            }
            (None, None) if !self.bytes.is_empty() => Err(changed()),
            _ => Ok(()),
        }
    }

    /// What a refusal means for a read: for good, or a failure like others.
    async fn meaning(&self, refused: Refused) -> Result<Result<Error, Failure>, Error> {
        Ok(match refused.status {
            416 => Ok(Error::Short),
            412 if self.version.is_some() => Ok(changed().into()),
            // Some servers say this of conditional requests whatever is missing: it is asked again without condition.
            404 if refused.says_absent() && self.version.is_some() => match self.bucket.find(&self.path).await? {
                None => Ok(Error::Absent),
                Some(_) => Err(Failure::Strange("an object was gone and is there again")),
            },
            404 if refused.says_absent() => Ok(Error::Absent),
            _ => Err(Failure::Refused(refused)),
        })
    }

    async fn in_time<T>(&self, wait: impl Future<Output = T>) -> Result<T, Failure> {
        let end = self.turn_end.min(Instant::now() + self.bucket.stall);
        timeout_at(end, wait).await.map_err(|_| Failure::timed_out())
    }
}

fn changed() -> Failure {
    Failure::Final(Error::Unavailable { source: std::io::Error::other("an object was changed while it was read") })
}

fn too_long<E: std::error::Error + Send + Sync + 'static>(error: E) -> Failure {
    Failure::Final(Error::Unavailable { source: std::io::Error::other(error) })
}
