//! The connections that read, and one of them while it is used.

use super::connect::{Connect, timed_out};
use super::migrate::Schema;
use crate::Error;
use access::FacilityId;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Executor as _, Postgres};
use std::sync::Arc;
use std::time::Duration;

/// How much longer than the server this side waits for the end of a statement.
const GRACE: Duration = Duration::from_secs(2);

/// The connections that read. Clones share them.
#[derive(Clone)]
pub(crate) struct Readers {
    pool: PgPool,
    deadline: Duration,
    schema: Schema,
}

impl Readers {
    pub(super) fn new(connect: &Connect, schema: Schema) -> Self {
        Self { pool: connect.readers(), deadline: connect.statement_timeout.saturating_add(GRACE), schema }
    }

    /// A connection that reaches what a role that reads may reach without a scope: searches, which put the scope into their
    /// conditions and look at each row that they return.
    pub(super) async fn session(&self) -> Result<Session, Error> {
        Ok(Session { connection: self.pool.acquire().await?, begun: false, sound: false })
    }

    /// A connection that reaches these facilities only, whatever a statement says.
    pub(super) async fn session_within(&self, facilities: &[FacilityId]) -> Result<Session, Error> {
        let mut session = self.session().await?;
        session.begun = true;
        sqlx::raw_sql(AssertSqlSafe(begin_within(facilities))).execute(&mut *session.connection).await?;
        Ok(session)
    }

    /// Gives up where even the server's own timeouts do not come through.
    pub(super) async fn in_time<T>(&self, reading: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let late = || Error::Unavailable { source: Arc::new(timed_out("the database did not answer in time")) };
        tokio::time::timeout(self.deadline, reading).await.unwrap_or_else(|_| Err(late()))
    }

    /// See [`crate::CatalogReader::searches_items`].
    pub(crate) async fn searches_items(&self) -> Result<bool, Error> {
        if self.schema.is_newest() {
            return Ok(true);
        }
        let reading = async {
            let mut session = self.session().await?;
            let searches = self.schema.with_items(session.connection()).await?;
            session.end();
            Ok(searches)
        };
        self.in_time(reading).await
    }

    /// See [`crate::CatalogReader::probe`].
    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let reading = async {
            let mut session = self.session().await?;
            sqlx::query("SELECT version FROM schema_floor").execute(session.connection()).await?;
            session.end();
            Ok(())
        };
        self.in_time(reading).await
    }
}

/// Begins a transaction and says what it may reach, in one message. Names of facilities consist of letters, digits and
/// hyphens.
fn begin_within(facilities: &[FacilityId]) -> String {
    format!("BEGIN READ ONLY; SET LOCAL noctis.facilities = '{}'", listed(facilities))
}

/// Facilities as the policies of the schema take them.
pub(super) fn listed(facilities: &[FacilityId]) -> String {
    facilities.iter().map(FacilityId::as_str).collect::<Vec<_>>().join(",")
}

/// A connection in use. One that was not brought to an end, because something failed or the caller went away, is closed
/// instead of being used again: nobody knows in which state it is.
pub(super) struct Session {
    connection: PoolConnection<Postgres>,
    begun: bool,
    sound: bool,
}

impl Session {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Everything was read. Nobody waits for the end of the transaction.
    pub(super) fn end(mut self) {
        if !self.begun {
            self.sound = true;
            return;
        }
        tokio::spawn(async move {
            let mut session = self;
            let ended = tokio::time::timeout(GRACE, session.connection.execute("COMMIT")).await;
            session.sound = matches!(ended, Ok(Ok(_)));
            drop(session);
        });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.sound {
            self.connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::begin_within;

    #[test]
    fn scopes_are_set_for_the_transaction() {
        let facilities = ["north".parse().unwrap(), "st-marys-2".parse().unwrap()];
        assert_eq!(begin_within(&facilities), "BEGIN READ ONLY; SET LOCAL noctis.facilities = 'north,st-marys-2'");
    }
}
