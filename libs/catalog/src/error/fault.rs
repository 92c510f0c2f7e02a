//! Whose fault it is that the database did not do what it was asked to.

use sqlx::error::DatabaseError;

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

    /// By SQLite's primary result code, the low byte of what the error has (<https://www.sqlite.org/rescode.html>).
    fn of_database(error: &dyn DatabaseError) -> Self {
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
