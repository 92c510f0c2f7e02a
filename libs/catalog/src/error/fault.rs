//! Whose fault it is that the database did not do what it was asked to.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

/// What is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// What the database runs on: the same may succeed later.
    Surroundings,
    /// What is stored.
    Content,
    /// This program.
    Program,
}

impl Fault {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::ColumnDecode { .. } | E::Decode(_) => Self::Content,
            E::Database(error) => Self::of_database(error.as_ref()),
            E::RowNotFound
            | E::TypeNotFound { .. }
            | E::ColumnIndexOutOfBounds { .. }
            | E::ColumnNotFound(_)
            | E::Encode(_)
            | E::InvalidArgument(_)
            | E::InvalidSavePointStatement => Self::Program,
            // Connections, and the pool of them.
            _ => Self::Surroundings,
        }
    }

    fn of_database(error: &dyn DatabaseError) -> Self {
        match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => Self::of_state(error.code()),
            None => Self::of_result_code(error),
        }
    }

    /// By the SQLSTATE of PostgreSQL (appendix A of its manual), of which the first two characters are the class.
    fn of_state(state: &str) -> Self {
        match (state.get(..2).unwrap_or_default(), state) {
            // Data corrupted, index corrupted.
            (_, "XX001" | "XX002") => Self::Content,
            // Connections, refused logins, no such database, rolled back by conflicts, no resources, object in use or lock
            // not to be had, stopped by somebody, the system, a replica that is behind.
            ("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58" | "72", _) => Self::Surroundings,
            // Read-only, as after a failover; a statement prepared for tables as they were before a migration; one that a
            // pooler has lost.
            (_, "25006" | "0A000" | "26000") => Self::Surroundings,
            _ => Self::Program,
        }
    }

    /// By SQLite's primary result code, the low byte of what the error has (<https://www.sqlite.org/rescode.html>).
    fn of_result_code(error: &dyn DatabaseError) -> Self {
        let code = error.code().and_then(|code| code.parse::<u32>().ok());
        match code.map(|code| code & 0xFF) {
            // PERM, ABORT, BUSY, LOCKED, NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN, PROTOCOL, SCHEMA, NOLFS.
            Some(3..=10 | 13..=15 | 17 | 22) => Self::Surroundings,
            // CORRUPT, FORMAT, NOTADB.
            Some(11 | 24 | 26) => Self::Content,
            // ERROR (what the statement says makes no sense), CONSTRAINT, MISMATCH, MISUSE, RANGE and the like.
            _ => Self::Program,
        }
    }
}
