//! Some operations in one transaction. Each has a savepoint of its own, so that one that fails leaves nothing behind and
//! spoils nothing.

use super::locks::Locks;
use super::migrate::Schema;
use super::session::listed;
use super::{commit, delete, disagreements, intents, protect, removals};
use crate::Error;
use crate::error::{Refusal, without_values};
use crate::queue::{Done, Task};
use sqlx::Executor as _;
use sqlx::postgres::PgConnection;
use std::sync::Arc;

/// How often an operation is tried within its transaction when another one has stored the same at the same time.
const TRIES: u32 = 4;

/// The results of operations, in their order.
pub(super) type Results = Vec<Result<Done, Error>>;

/// Why a transaction was not committed, or is not known to be.
pub(super) enum Failure {
    /// Nothing has happened, and it may succeed when it is tried again.
    NothingHappened(Arc<sqlx::Error>),
    /// Trying again does not help, or what has happened is not known.
    Final(Arc<sqlx::Error>),
}

/// All of the operations in one transaction.
pub(super) async fn run(connection: &mut PgConnection, tasks: &[Task], schema: &Schema) -> Result<Results, Failure> {
    let results = run_until_commit(connection, tasks, schema).await.map_err(Failure::before_commit)?;
    // What becomes of a commit that is not answered is not known: it is never tried again and never reported as done.
    connection.execute("COMMIT").await.map_err(|error| Failure::Final(Arc::new(without_values(error))))?;
    Ok(results)
}

impl Failure {
    fn before_commit(error: Error) -> Self {
        match error {
            Error::Unavailable { source } if is_passing(&source) => Self::NothingHappened(source),
            Error::Unavailable { source } => Self::Final(source),
            other => Self::Final(Arc::new(sqlx::Error::Io(std::io::Error::other(other)))),
        }
    }
}

/// Whether something passes by itself soon: others were in the way, or the connection was an old one.
fn is_passing(error: &sqlx::Error) -> bool {
    match error.as_database_error().and_then(|error| error.code()) {
        // Serialization failure, deadlock, a statement that does not fit its tables or is gone, the server going down.
        Some(state) => matches!(state.as_ref(), "40001" | "40P01" | "0A000" | "26000" | "57P01" | "57P02"),
        None => true,
    }
}

async fn run_until_commit(connection: &mut PgConnection, tasks: &[Task], schema: &Schema) -> Result<Results, Error> {
    let with_items = schema.with_items(connection).await?;
    connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    let locks = Locks::of_all(connection, tasks, with_items).await?;
    let mut results = Results::with_capacity(tasks.len());
    for task in tasks {
        results.push(run_one(connection, task, &locks).await?);
    }
    Ok(results)
}

/// The error of the outer result spoils the whole transaction, that of the inner one only the operation.
async fn run_one(connection: &mut PgConnection, task: &Task, locks: &Locks) -> Result<Result<Done, Error>, Error> {
    let mut tried = 0;
    loop {
        tried += 1;
        connection.execute("SAVEPOINT operation").await?;
        let result = match reach(connection, task).await {
            Ok(()) => carry_out(connection, task, locks).await,
            Err(error) => Err(error),
        };
        match result {
            Ok(done) => {
                connection.execute("RELEASE operation").await?;
                return Ok(Ok(done));
            }
            Err(error) if spoils_transaction(&error) => return Err(error),
            Err(error) => {
                connection.execute("ROLLBACK TO operation; RELEASE operation").await?;
                match error {
                    error if !met_another(&error) => return Ok(Err(error)),
                    _ if tried < TRIES => {}
                    _ => return Ok(Err(Error::Busy)),
                }
            }
        }
    }
}

fn spoils_transaction(error: &Error) -> bool {
    matches!(error, Error::Unavailable { source } if is_passing(source))
}

/// Whether another transaction has stored the same SOP Instance UID, or made the same facility, since this one looked.
fn met_another(error: &Error) -> bool {
    let Error::Defect { source } = error else { return false };
    source.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.state == "23505")
}

/// Says which facilities the operation may reach.
async fn reach(connection: &mut PgConnection, task: &Task) -> Result<(), Error> {
    const REACH: &str = "SELECT set_config('noctis.facilities', $1, TRUE)";
    let facilities = match task {
        Task::Commit { chunk } => chunk.facility.clone(),
        Task::Delete { scope, .. } | Task::Protect { scope, .. } | Task::Resolve { scope, .. } => {
            listed(scope.facilities())
        }
        Task::Begin { .. }
        | Task::Extend { .. }
        | Task::Heartbeat { .. }
        | Task::Abandon { .. }
        | Task::Intents { .. }
        | Task::DueRemovals { .. }
        | Task::Removed { .. }
        | Task::SetRight { .. }
        | Task::Probe => return Ok(()),
    };
    sqlx::query(REACH).bind(facilities).execute(connection).await?;
    Ok(())
}

async fn carry_out(connection: &mut PgConnection, task: &Task, locks: &Locks) -> Result<Done, Error> {
    match task {
        Task::Begin { intent, keys, now } => intents::begin(connection, intent, keys, *now).await?,
        Task::Extend { intent, keys, now } => intents::extend(connection, intent, keys, *now).await?,
        Task::Heartbeat { intents, now } => intents::heartbeat(connection, intents, *now).await?,
        Task::Abandon { intent, now } => intents::abandon(connection, intent, *now).await?,
        Task::Protect { scope, resource, protection } => {
            protect::protect(connection, scope, resource, *protection).await?;
        }
        Task::Resolve { scope, disagreement, now } => {
            disagreements::resolve(connection, scope, *disagreement, *now).await?;
        }
        Task::Removed { removals } => removals::removed(connection, removals).await?,
        Task::SetRight { now, latest } => {
            intents::set_right(connection, *now).await?;
            removals::set_right(connection, *latest).await?;
        }
        // Refused by a server that only reads.
        Task::Probe => {
            sqlx::query("DELETE FROM intent WHERE FALSE").execute(connection).await?;
        }
        Task::Commit { chunk } => return commit::commit(connection, chunk, locks).await.map(Done::Outcomes),
        Task::Delete { scope, resource, now, grace_ms } => {
            return delete::delete(connection, scope, resource, *now, *grace_ms).await.map(Done::Deleted);
        }
        Task::Intents { before } => return intents::without_heartbeat(connection, *before).await.map(Done::Intents),
        Task::DueRemovals { now, limit } => return removals::due(connection, *now, *limit).await.map(Done::Removals),
    }
    Ok(Done::Nothing)
}
