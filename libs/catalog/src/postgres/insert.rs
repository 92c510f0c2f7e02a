//! Inserts many rows with one statement: an array for each column.

use crate::Error;
use crate::matching::{self, Column, without_nul};
use crate::prepare::Cell;
use dataset::Matching;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::borrow::Cow;

/// The most octets of a text that has an index: an entry of an index takes no more than a third of a page. What the standard
/// allows in these attributes is far shorter.
const MOST_INDEXED: usize = 2000;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Text,
    Octets,
    Truth,
    /// Tokens, as text, of a column that indexes them.
    Tokens,
}

/// A table, and the columns that are given.
pub(super) struct Layout {
    kinds: Vec<Kind>,
    statement: String,
}

impl Layout {
    pub(super) fn new(table: &str, columns: &[(&str, Kind)]) -> Self {
        let join = |part: &dyn Fn(usize, &(&str, Kind)) -> String| {
            columns.iter().enumerate().map(|(at, column)| part(at, column)).collect::<Vec<_>>().join(", ")
        };
        let names = join(&|_, (name, _)| (*name).to_owned());
        let values = join(&|at, (_, kind)| match kind {
            Kind::Tokens => format!("CAST(c{at} AS TSVECTOR)"),
            _ => format!("c{at}"),
        });
        let arrays = join(&|at, (_, kind)| format!("${}::{}", at.saturating_add(1), array_of(*kind)));
        let labels = join(&|at, _| format!("c{at}"));
        let statement =
            format!("INSERT INTO {table} ({names}) SELECT {values} FROM unnest({arrays}) AS given ({labels})");
        Self { kinds: columns.iter().map(|(_, kind)| *kind).collect(), statement }
    }

    /// With the search columns of a level behind those of its own.
    pub(super) fn with_search_columns(table: &str, columns: &[(&str, Kind)], level: dataset::Level) -> Self {
        let searched = matching::columns(level).map(|column| (column.name.as_str(), kind_of(column)));
        Self::new(table, &columns.iter().copied().chain(searched).collect::<Vec<_>>())
    }

    /// No rows yet.
    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { layout: self, columns: self.kinds.iter().map(|kind| Values::new(*kind)).collect(), next: 0, fits: true }
    }
}

/// What a search column holds.
pub(super) fn kind_of(column: &Column) -> Kind {
    if column.key.matching == Matching::Number { Kind::Number } else { Kind::Text }
}

fn array_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "BIGINT[]",
        Kind::Text | Kind::Tokens => "TEXT[]",
        Kind::Octets => "BYTEA[]",
        Kind::Truth => "BOOLEAN[]",
    }
}

/// The values of a column.
enum Values {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Octets(Vec<Option<Vec<u8>>>),
    Truths(Vec<Option<bool>>),
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Numbers(Vec::new()),
            Kind::Text | Kind::Tokens => Self::Texts(Vec::new()),
            Kind::Octets => Self::Octets(Vec::new()),
            Kind::Truth => Self::Truths(Vec::new()),
        }
    }
}

/// A value of a row.
pub(super) enum Value {
    Null,
    Number(i64),
    Text(String),
    Octets(Vec<u8>),
    Truth(bool),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(without_nul(Cow::Borrowed(text)).into_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(without_nul(Cow::Owned(text)).into_owned())
    }
}

impl From<&[u8]> for Value {
    fn from(octets: &[u8]) -> Self {
        Self::Octets(octets.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows to be inserted, given value by value in the order of the columns.
pub(super) struct Rows<'a> {
    layout: &'a Layout,
    columns: Vec<Values>,
    next: usize,
    fits: bool,
}

impl Rows<'_> {
    /// Adds the next value.
    pub(super) fn add(&mut self, value: impl Into<Value>) -> &mut Self {
        match (self.columns.get_mut(self.next), value.into()) {
            (Some(Values::Numbers(column)), Value::Number(number)) => column.push(Some(number)),
            (Some(Values::Texts(column)), Value::Text(text)) => column.push(Some(text)),
            (Some(Values::Octets(column)), Value::Octets(octets)) => column.push(Some(octets)),
            (Some(Values::Truths(column)), Value::Truth(truth)) => column.push(Some(truth)),
            (Some(Values::Numbers(column)), Value::Null) => column.push(None),
            (Some(Values::Texts(column)), Value::Null) => column.push(None),
            (Some(Values::Octets(column)), Value::Null) => column.push(None),
            (Some(Values::Truths(column)), Value::Null) => column.push(None),
            _ => self.fits = false,
        }
        self.next = self.next.saturating_add(1) % self.columns.len().max(1);
        self
    }

    /// Adds the values of the search columns of a level.
    pub(super) fn add_cells(&mut self, level: dataset::Level, cells: &[Cell]) -> &mut Self {
        for (column, cell) in matching::columns(level).zip(cells) {
            self.add(searched(column, cell));
        }
        self
    }

    /// Inserts the rows, if there are any.
    pub(super) async fn insert(self, connection: &mut PgConnection) -> Result<(), Error> {
        if !self.fits || self.next != 0 {
            return Err(Error::Defect { source: "values that do not fit their columns".into() });
        }
        if self.is_empty() {
            return Ok(());
        }
        let mut query = sqlx::query(AssertSqlSafe(self.layout.statement.as_str()));
        for column in self.columns {
            query = match column {
                Values::Numbers(values) => query.bind(values),
                Values::Texts(values) => query.bind(values),
                Values::Octets(values) => query.bind(values),
                Values::Truths(values) => query.bind(values),
            };
        }
        query.execute(connection).await?;
        Ok(())
    }

    fn is_empty(&self) -> bool {
        match self.columns.first() {
            None => true,
            Some(Values::Numbers(column)) => column.is_empty(),
            Some(Values::Texts(column)) => column.is_empty(),
            Some(Values::Octets(column)) => column.is_empty(),
            Some(Values::Truths(column)) => column.is_empty(),
        }
    }
}

/// The value of a search column.
pub(super) fn searched(column: &Column, cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Number(number) => Value::Number(*number),
        Cell::Text(text) if matching::is_indexed(column.key) => Value::from(indexed(text)),
        Cell::Text(text) => Value::from(text.as_str()),
    }
}

/// What of a text is indexed.
pub(super) fn indexed(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_INDEXED)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Kind, Layout, indexed};

    #[test]
    fn a_statement_takes_an_array_for_each_column() {
        let layout = Layout::new("t", &[("a", Kind::Number), ("b", Kind::Tokens)]);
        assert_eq!(
            layout.statement,
            "INSERT INTO t (a, b) SELECT c0, CAST(c1 AS TSVECTOR) FROM unnest($1::BIGINT[], $2::TEXT[]) AS given (c0, c1)"
        );
    }

    #[test]
    fn indexed_texts_end_between_characters() {
        let long = "山".repeat(1000);
        assert_eq!(indexed(&long).chars().count(), 666);
        assert_eq!(indexed("short"), "short");
    }
}
