//! The one task that writes, over the one connection that does.
//!
//! What waits at the same time shares one transaction and with it one fsync. Each operation has a savepoint of its own, so
//! that one that fails leaves nothing behind and spoils nothing. Answers go out after the commit.

use super::connect::Connect;
use super::recent::Changes;
use super::{commit, delete, disagreements, intents, protect, removals};
use crate::Error;
use crate::queue::{Done, Job, Task};
use sqlx::sqlite::SqliteConnection;
use std::{sync::Arc, time::Instant};
use tokio::sync::mpsc;

/// The most operations of one transaction.
const MOST_TOGETHER: usize = 64;

/// Owns the connection that writes.
pub(super) struct Writer {
    /// Gone after a failure that leaves its state unknown; then a new one is made.
    connection: Option<SqliteConnection>,
    connect: Connect,
    /// Tells of commits.
    committed: mpsc::Sender<()>,
    changes: Changes,
}

type Results = Vec<Result<Done, Error>>;

impl Writer {
    pub(super) fn new(
        connection: SqliteConnection,
        connect: Connect,
        committed: mpsc::Sender<()>,
        changes: Changes,
    ) -> Self {
        Self { connection: Some(connection), connect, committed, changes }
    }

    /// Carries out what comes, until nobody is left who could send anything.
    pub(super) async fn run(mut self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(MOST_TOGETHER);
        while waiting.recv_many(&mut jobs, MOST_TOGETHER).await > 0 {
            let began = Instant::now();
            let (tasks, answers): (Vec<Task>, Vec<_>) = jobs.drain(..).map(|job| (job.task, job.answer)).unzip();
            metrics::histogram!("noctis_catalog_operations_per_commit")
                .record(u32::try_from(tasks.len()).unwrap_or(u32::MAX));
            let changes = tasks.iter().any(Task::changes_instances);
            let outcome = self.transaction(tasks).await;
            if changes {
                self.changes.happened();
            }
            metrics::histogram!("noctis_catalog_commit_seconds").record(began.elapsed());
            let results = match outcome {
                Ok(results) => results,
                Err(source) => {
                    tracing::warn!(error = %source, "the catalog cannot be written to");
                    answers.iter().map(|_| Err(Error::Unavailable { source: Arc::clone(&source) })).collect()
                }
            };
            for (answer, result) in answers.into_iter().zip(results) {
                // Whoever went away does not want to know.
                let _gone = answer.send(result);
            }
            // A full channel means that it has been told already.
            let _told = self.committed.try_send(());
        }
    }

    /// All of the tasks in one transaction. An error means that nothing of any of them has happened.
    async fn transaction(&mut self, tasks: Vec<Task>) -> Result<Results, Arc<sqlx::Error>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect.writer().await?,
        };
        if let Err(error) = execute(&mut connection, "BEGIN IMMEDIATE").await {
            // Somebody else writes: nothing has begun, the connection is as it was.
            self.connection = Some(connection);
            return Err(Arc::new(error));
        }
        // An early return drops the connection, which rolls everything back.
        let results = run_each(&mut connection, tasks).await?;
        execute(&mut connection, "COMMIT").await?;
        self.connection = Some(connection);
        Ok(results)
    }
}

async fn run_each(connection: &mut SqliteConnection, tasks: Vec<Task>) -> Result<Results, sqlx::Error> {
    let mut results = Results::with_capacity(tasks.len());
    for task in tasks {
        execute(connection, "SAVEPOINT operation").await?;
        let result = run_one(connection, task).await;
        if result.is_err() {
            execute(connection, "ROLLBACK TO operation").await?;
        }
        execute(connection, "RELEASE operation").await?;
        results.push(result);
    }
    Ok(results)
}

async fn run_one(connection: &mut SqliteConnection, task: Task) -> Result<Done, Error> {
    match task {
        Task::Begin { intent, keys, now } => intents::begin(connection, &intent, keys, now).await?,
        Task::Extend { intent, keys, now } => intents::extend(connection, &intent, keys, now).await?,
        Task::Heartbeat { intents, now } => intents::heartbeat(connection, intents, now).await?,
        Task::SetRight { now, latest } => {
            intents::set_right(connection, now).await?;
            removals::set_right(connection, latest).await?;
        }
        Task::Abandon { intent, now } => intents::abandon(connection, &intent, now).await?,
        Task::Protect { scope, resource, protection } => {
            protect::protect(connection, &scope, &resource, protection).await?;
        }
        Task::Resolve { scope, disagreement, now } => {
            disagreements::resolve(connection, &scope, disagreement, now).await?;
        }
        Task::Removed { removals } => removals::removed(connection, &removals).await?,
        Task::Probe => {}
        Task::Commit { chunk } => return commit::commit(connection, *chunk).await.map(Done::Outcomes),
        Task::Delete { scope, resource, now, grace_ms } => {
            return delete::delete(connection, &scope, &resource, now, grace_ms).await.map(Done::Deleted);
        }
        Task::Intents { before } => return intents::without_heartbeat(connection, before).await.map(Done::Intents),
        Task::DueRemovals { now, limit } => return removals::due(connection, now, limit).await.map(Done::Removals),
    }
    Ok(Done::Nothing)
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(|_| ())
}
