//! The way to the writer: the operations, and the bounded queue that they wait in.

use crate::prepare::PreparedChunk;
use crate::{CommitOutcome, Deleted, Error, Intent, Protection, Removal, Timestamp, telemetry};
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
    SetRight { now: Timestamp, latest: Timestamp },
    Probe,
}

impl Task {
    /// Whether instances can come, go or change by it.
    pub(crate) fn changes_instances(&self) -> bool {
        matches!(self, Self::Commit { .. } | Self::Delete { .. })
    }

    /// As traces and metrics have it.
    fn name(&self) -> &'static str {
        match self {
            Self::Begin { .. } => "begin",
            Self::Extend { .. } => "extend",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Commit { .. } => "commit",
            Self::Abandon { .. } => "abandon",
            Self::Delete { .. } => "delete",
            Self::Protect { .. } => "protect",
            Self::Resolve { .. } => "resolve",
            Self::Intents { .. } => "stale_intents",
            Self::DueRemovals { .. } => "due_removals",
            Self::Removed { .. } => "removed",
            Self::SetRight { .. } => "set_right",
            Self::Probe => "probe",
        }
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
pub(crate) struct Job {
    pub(crate) task: Task,
    pub(crate) answer: oneshot::Sender<Result<Done, Error>>,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Queue {
    jobs: mpsc::Sender<Job>,
    patience: Duration,
    system: &'static str,
}

impl Queue {
    /// A queue of this length to a database system of this name, and its other end. An operation that finds no place
    /// waits this long for one.
    pub(crate) fn new(length: usize, patience: Duration, system: &'static str) -> (Self, mpsc::Receiver<Job>) {
        let (jobs, waiting) = mpsc::channel(length.max(1));
        (Self { jobs, patience, system }, waiting)
    }

    /// Hands an operation over and waits for its end.
    pub(crate) async fn run(&self, task: Task) -> Result<Done, Error> {
        telemetry::operation(self.system, task.name(), self.hand_over(task)).await
    }

    async fn hand_over(&self, task: Task) -> Result<Done, Error> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send_timeout(Job { task, answer }, self.patience).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => Error::Busy,
            SendTimeoutError::Closed(_) => Error::WriterGone,
        })?;
        answered.await.map_err(|_| Error::WriterGone)?
    }
}
