//! The archive in a bucket of an S3 server. Every wait has an end, and only the server's own word makes an object absent.

mod answer;
mod attempts;
mod credentials;
mod options;
mod parts;
mod ranges;
mod reading;
mod upload;
mod writing;

pub use options::{S3Access, S3Addressing, S3Credentials, S3Options};
pub(crate) use reading::stream;
pub(crate) use upload::S3Upload;

use crate::{Error, Key};
use answer::{Connector, Failure};
use attempts::{Attempts, Next, transfer};
use credentials::Renewal;
use object_store::{ObjectStoreExt, aws::AmazonS3, path::Path};
use std::{io, time::Duration};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

/// A bucket, or a folder in one.
pub(crate) struct Bucket {
    store: AmazonS3,
    prefix: String,
    access: S3Access,
    renewal: Renewal,
    reads: Semaphore,
    writes: Semaphore,
    stall: Duration,
    retry_for: Duration,
}

/// Reads and writes have their own bounds, so that neither holds up the other.
#[derive(Clone, Copy)]
enum Turn {
    Read,
    Write,
}

impl Bucket {
    pub(crate) async fn open(options: S3Options) -> Result<Self, Error> {
        let prefix = options.key_prefix()?;
        let builder = options.builder().await?.with_http_connector(Connector);
        let (builder, renewal) = credentials::provide(builder, &options.credentials).await?;
        let store = builder.build().map_err(options::refused)?;
        Ok(Self {
            store,
            prefix,
            access: options.access,
            renewal,
            reads: Semaphore::new(options.reads),
            writes: Semaphore::new(options.writes),
            stall: options.stall_timeout,
            retry_for: options.retry_for,
        })
    }

    pub(crate) async fn remove(&self, key: Key) -> Result<(), Error> {
        let path = self.path(key);
        match self.ask(Turn::Write, 0, || self.store.delete(&path)).await {
            Err(Failure::Refused(refused)) if refused.says_absent() => Ok(()),
            result => Ok(result?),
        }
    }

    fn path(&self, key: Key) -> Path {
        Path::from(format!("{}{key}", self.prefix))
    }

    /// The tries of one operation that moves this many bytes.
    fn attempts(&self, bytes: u64) -> Attempts {
        Attempts::until(Instant::now() + self.retry_for + transfer(bytes))
    }

    /// Makes a request, again if need be. It moves this many bytes, and repeating it must do no harm.
    async fn ask<T, F>(&self, turn: Turn, bytes: u64, mut request: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        let mut attempts = self.attempts(bytes);
        loop {
            let tried = async {
                let _turn = self.turn(turn, attempts.end()).await?;
                let end = attempts.end().min(Instant::now() + self.stall + transfer(bytes));
                timeout_at(end, request()).await.map_err(|_| Failure::timed_out())?.map_err(|error| Failure::of(&error))
            };
            match tried.await {
                Ok(answer) => return Ok(answer),
                Err(failure) => self.before_next(&mut attempts, failure).await?,
            }
        }
    }

    async fn before_next(&self, attempts: &mut Attempts, failure: Failure) -> Result<(), Failure> {
        if attempts.next(failure).await? == Next::AgainAnew {
            self.renewal.renew().await;
        }
        Ok(())
    }

    async fn turn(&self, turn: Turn, end: Instant) -> Result<SemaphorePermit<'_>, Failure> {
        let turns = match turn {
            Turn::Read => &self.reads,
            Turn::Write => &self.writes,
        };
        match timeout_at(end, turns.acquire()).await {
            Ok(turn) => turn.map_err(|closed| Failure::Lost(io::Error::other(closed))),
            Err(_) => Err(Failure::Final(Error::Unavailable {
                source: io::Error::new(io::ErrorKind::TimedOut, "too many requests wait for the S3 server"),
            })),
        }
    }
}
