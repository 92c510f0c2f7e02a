//! Inserts many rows with few statements.

use crate::prepare::Cell;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, Type};

/// The most rows of one statement. Statements are cached by their text, so they come in few sizes: the powers of two.
const MOST_ROWS: usize = 64;

/// Collects the values of rows.
#[derive(Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
    failed: Option<sqlx::error::BoxDynError>,
}

impl Values {
    /// Adds the next value.
    pub(super) fn add<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = Arguments::add(&mut self.arguments, value) {
            self.failed = Some(error);
        }
        self
    }

    /// Adds the values of search columns.
    pub(super) fn add_cells(&mut self, cells: Vec<Cell>) -> &mut Self {
        for cell in cells {
            match cell {
                Cell::Null => self.add(None::<String>),
                Cell::Text(text) => self.add(text),
                Cell::Number(number) => self.add(number),
            };
        }
        self
    }

    pub(super) fn finish(self) -> Result<SqliteArguments, sqlx::Error> {
        match self.failed {
            None => Ok(self.arguments),
            Some(error) => Err(sqlx::Error::Encode(error)),
        }
    }
}

/// Inserts rows into a table, given as `name (columns)`. `bind` adds the values of a row in the order of the columns.
pub(super) async fn insert<T>(
    connection: &mut SqliteConnection,
    table: &str,
    rows: Vec<T>,
    mut bind: impl FnMut(T, &mut Values),
) -> Result<(), sqlx::Error> {
    let width = table.matches(',').count().saturating_add(1);
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let count = step(left);
        let mut values = Values::default();
        rows.by_ref().take(count).for_each(|row| bind(row, &mut values));
        sqlx::query_with(AssertSqlSafe(statement(table, width, count)), values.finish()?)
            .execute(&mut *connection)
            .await?;
        left = left.saturating_sub(count);
    }
    Ok(())
}

/// The greatest power of two that is not more than what is left.
fn step(left: usize) -> usize {
    (1_usize << left.ilog2()).min(MOST_ROWS)
}

fn statement(table: &str, width: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; width].join(","));
    format!("INSERT INTO {table} VALUES {}", vec![row; rows].join(","))
}

#[cfg(test)]
mod tests {
    use super::{statement, step};

    #[test]
    fn statements_come_in_few_sizes() {
        assert_eq!([step(1), step(3), step(10), step(64), step(100)], [1, 2, 8, 64, 64]);
        assert_eq!(statement("t (a, b)", 2, 2), "INSERT INTO t (a, b) VALUES (?,?),(?,?)");
    }
}
