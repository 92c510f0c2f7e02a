//! Rows of the databases, read by the names of their columns.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

/// A row of any of the databases.
pub(crate) trait StoredRow {
    /// A number.
    fn number(&self, column: &str) -> Result<i64, Error>;
    /// A number, if there is one.
    fn optional_number(&self, column: &str) -> Result<Option<i64>, Error>;
    /// A text.
    fn text(&self, column: &str) -> Result<&str, Error>;
    /// A text, if there is one.
    fn optional_text(&self, column: &str) -> Result<Option<&str>, Error>;
    /// Octets.
    fn octets(&self, column: &str) -> Result<&[u8], Error>;
    /// A truth value.
    fn truth(&self, column: &str) -> Result<bool, Error>;
}

macro_rules! stored_row {
    ($row:ty) => {
        impl StoredRow for $row {
            fn number(&self, column: &str) -> Result<i64, Error> {
                self.try_get(column)
            }

            fn optional_number(&self, column: &str) -> Result<Option<i64>, Error> {
                self.try_get(column)
            }

            fn text(&self, column: &str) -> Result<&str, Error> {
                self.try_get(column)
            }

            fn optional_text(&self, column: &str) -> Result<Option<&str>, Error> {
                self.try_get(column)
            }

            fn octets(&self, column: &str) -> Result<&[u8], Error> {
                self.try_get(column)
            }

            fn truth(&self, column: &str) -> Result<bool, Error> {
                self.try_get(column)
            }
        }
    };
}

stored_row!(SqliteRow);
stored_row!(PgRow);
