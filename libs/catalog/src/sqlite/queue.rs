//! The way to the writer: the operations, and the bounded queue that they wait in.

use super::SqliteOptions;
use super::writer::Writer;
use crate::prepare::PreparedChunk;
use crate::{CommitOutcome, Deleted, Error, Intent, Protection, Removal, Timestamp};
use access::Scope;
use std::time::Duration;
use tokio::sync::{mpsc, mpsc::error::SendTimeoutError, oneshot};
use uid::Resource;

/// An operation of the writer.
pub(crate) enum Task {
    Begin { intent: String, keys: Vec<String>, now: Timestamp },
    Extend { intent: String, keys: Vec<String>, now: Timestamp },
    Heartbeat { intents: Vec<String>, now: Timestamp },
    Commit { chunk: Box<PreparedChunk> },
    Abandon { intent: String, now: Timestamp },
    Delete { scope: Scope, resource: Resource, now: Timestamp, grace_ms: i64 },
    Protect { scope: Scope, resource: Resource, protection: Protection },
    Resolve { scope: Scope, disagreement: i64, now: Timestamp },
    Intents { before: Timestamp },
    DueRemovals { now: Timestamp, limit: u32 },
    Removed { removals: Vec<i64> },
    Probe,
}

impl Task {
    /// Whether instances can come, go or change by it.
    pub(super) fn changes_instances(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Delete { .. })
    }
}

/// What an operation answers.
pub(crate) enum Done {
    Nothing,
    Outcomes(Vec<CommitOutcome>),
    Deleted(Deleted),
    Intents(Vec<Intent>),
    Removals(Vec<Removal>),
}

/// An operation, and who waits for its end.
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) answer: oneshot::Sender<Result<Done, Error>>,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Queue {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
}

impl Queue {
    /// Starts the writer. It ends when the last clone of the queue is dropped.
    pub(super) fn start(writer: Writer, options: &SqliteOptions) -> Self {
        let (jobs, waiting) = mpsc::channel(options.queue.max(1));
        tokio::spawn(writer.run(waiting));
        Self { jobs, patience: options.busy_timeout }
    }

    /// Hands an operation over and waits for its end.
    pub(crate) async fn run(&self, task: Task) -> Result<Done, Error> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send_timeout(Job { task, answer }, self.patience).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => Error::Busy,
            SendTimeoutError::Closed(_) => Error::WriterGone,
        })?;
        answered.await.map_err(|_| Error::WriterGone)?
    }
}
