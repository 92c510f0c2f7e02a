//! What PostgreSQL refused, without the values that its messages and details may show.

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::postgres::PgDatabaseError;
use std::borrow::Cow;
use std::error::Error as StdError;

/// A statement that the server refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server refused a statement: SQLSTATE {state}, table {table:?}, constraint {constraint:?}")]
pub(crate) struct Refusal {
    /// The SQLSTATE.
    pub(crate) state: String,
    /// The table that it is about.
    pub(crate) table: Option<String>,
    /// The constraint that would be broken.
    pub(crate) constraint: Option<String>,
}

impl Refusal {
    /// `None` for what was not said by a PostgreSQL server.
    pub(crate) fn of(error: &sqlx::Error) -> Option<Self> {
        let error = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
        Some(Self {
            state: error.code().to_owned(),
            table: error.table().map(str::to_owned),
            constraint: error.constraint().map(str::to_owned),
        })
    }
}

/// An error whose words may go into logs: those of the server are kept only where they are about connections, logins and
/// the server itself, never about a statement or the rows that it met.
pub(crate) fn without_values(error: sqlx::Error) -> sqlx::Error {
    match Refusal::of(&error) {
        Some(refusal) if !refusal.is_about_the_server() => sqlx::Error::Database(Box::new(refusal)),
        _ => error,
    }
}

impl Refusal {
    fn is_about_the_server(&self) -> bool {
        // Connections, logins, no such database, no resources, the server going down or coming up.
        ["08", "28", "3D", "53", "57P"].iter().any(|class| self.state.starts_with(class))
    }
}

impl DatabaseError for Refusal {
    fn message(&self) -> &str {
        "the server refused a statement"
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.state))
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}
