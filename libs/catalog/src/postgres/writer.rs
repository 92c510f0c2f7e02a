//! The tasks that write. Each has a connection of its own and carries out what waits at the same time in one transaction;
//! what waits longer than one transaction is taken by the next task that is free.

use super::connect::{Connect, timed_out};
use super::migrate::Schema;
use super::transaction::{self, Failure, Results};
use crate::Error;
use crate::queue::{Job, Task};
use sqlx::postgres::PgConnection;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc};

/// The most operations of one transaction.
const MOST_TOGETHER: usize = 64;

/// How often operations are tried that others kept from being carried out, or that a lost connection did.
const TRIES: u32 = 6;

/// What waits for any of the tasks.
type Waiting = Arc<Mutex<mpsc::Receiver<Job>>>;

/// Starts the tasks. They end when nobody is left who could send anything.
pub(super) fn start(connect: Connect, waiting: mpsc::Receiver<Job>, tasks: u32, schema: Schema) {
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..tasks.max(1) {
        let lane = Lane { connection: None, connect: connect.clone(), schema: schema.clone() };
        tokio::spawn(lane.run(Arc::clone(&waiting)));
    }
}

/// One of the tasks.
struct Lane {
    /// Gone after a failure that leaves its state unknown; then a new one is made.
    connection: Option<PgConnection>,
    connect: Connect,
    schema: Schema,
}

impl Lane {
    async fn run(mut self, waiting: Waiting) {
        let mut jobs = Vec::with_capacity(MOST_TOGETHER);
        while waiting.lock().await.recv_many(&mut jobs, MOST_TOGETHER).await > 0 {
            let began = Instant::now();
            let (tasks, answers): (Vec<Task>, Vec<_>) = jobs.drain(..).map(|job| (job.task, job.answer)).unzip();
            metrics::histogram!("noctis_catalog_operations_per_commit")
                .record(u32::try_from(tasks.len()).unwrap_or(u32::MAX));
            let outcome = self.carry_out(&tasks).await;
            metrics::histogram!("noctis_catalog_commit_seconds").record(began.elapsed());
            let results = outcome.unwrap_or_else(|source| {
                tracing::warn!(error = %source, "the catalog cannot be written to");
                answers.iter().map(|_| Err(Error::Unavailable { source: Arc::clone(&source) })).collect()
            });
            for (answer, result) in answers.into_iter().zip(results) {
                // Whoever went away does not want to know.
                let _gone = answer.send(result);
            }
        }
    }

    /// Tries until it succeeds or trying again would not help. An error leaves open whether anything has happened only where
    /// the connection was lost while the server committed.
    async fn carry_out(&mut self, tasks: &[Task]) -> Result<Results, Arc<sqlx::Error>> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.attempt(tasks).await {
                Ok(results) => return Ok(results),
                Err(Failure::Final(source)) => return Err(source),
                Err(Failure::NothingHappened(source)) if tried >= TRIES => return Err(source),
                Err(Failure::NothingHappened(source)) => {
                    tracing::debug!(error = %source, tried, "a transaction of the catalog is tried again");
                    tokio::time::sleep(pause(tried)).await;
                }
            }
        }
    }

    async fn attempt(&mut self, tasks: &[Task]) -> Result<Results, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect.connection().await.map_err(|error| Failure::Final(Arc::new(error)))?,
        };
        // An early return drops the connection, with which the server rolls everything back.
        let carried_out = transaction::run(&mut connection, tasks, &self.schema);
        let Ok(results) = tokio::time::timeout(self.deadline(tasks), carried_out).await else {
            return Err(Failure::Final(Arc::new(timed_out("the database did not answer in time"))));
        };
        let results = results?;
        // What made an operation fail may be the connection's, such as a server that has become read-only.
        let unavailable = |result: &Result<_, Error>| matches!(result, Err(Error::Unavailable { .. }));
        if !results.iter().any(unavailable) {
            self.connection = Some(connection);
        }
        Ok(results)
    }

    /// Long enough for the server's own timeouts to come first.
    fn deadline(&self, tasks: &[Task]) -> Duration {
        let tasks = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        self.connect
            .statement_timeout
            .saturating_mul(2)
            .saturating_add(Duration::from_millis(250).saturating_mul(tasks))
    }
}

/// Longer each time, and different for everybody, so that two that met do not meet again.
fn pause(tried: u32) -> Duration {
    let most = 10_u64.saturating_mul(1 << tried.min(6));
    let chance = u64::from(uuid::Uuid::new_v4().as_fields().0);
    Duration::from_millis(most / 2 + chance % most)
}
