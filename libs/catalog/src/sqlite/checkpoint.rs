//! Copies the write-ahead log back into the file beside the commits, so that no commit has to wait for that.

use super::connect::Connect;
use crate::Error;
use sqlx::sqlite::SqliteConnection;
use std::time::Duration;
use tokio::sync::mpsc;

/// Rest between two runs: what is written often in between is copied once.
const PAUSE: Duration = Duration::from_millis(500);

/// Starts the task. The writer tells it of commits; it ends with the writer.
pub(super) async fn start(connect: &Connect) -> Result<mpsc::Sender<()>, Error> {
    let connection = connect.checkpointer().await?;
    let (committed, commits) = mpsc::channel(1);
    tokio::spawn(run(connection, commits));
    Ok(committed)
}

async fn run(mut connection: SqliteConnection, mut commits: mpsc::Receiver<()>) {
    while commits.recv().await.is_some() {
        tokio::time::sleep(PAUSE).await;
        // Passive: takes what no reader needs any more and waits for nobody. What it could not do, the next run does.
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&mut connection).await {
            tracing::warn!(%error, "cannot copy the write-ahead log of the catalog back");
        }
    }
}
