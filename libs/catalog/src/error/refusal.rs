//! What PostgreSQL refused, without the values that its messages and details may show.

use sqlx::postgres::PgDatabaseError;

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
