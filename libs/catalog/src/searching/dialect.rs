//! Where the databases differ in what a search says.

use crate::matching::{self, Pattern};
use dataset::{Level, SearchKey};
use sea_query::extension::sqlite::SqliteExpr;
use sea_query::{Expr, ExprTrait, IntoCondition, JoinType, LikeExpr, Query, SelectStatement};
use std::borrow::Cow;

/// The database that a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// Selects from the table of a level, which has the level's name within the statement.
    pub(super) fn from(self, select: &mut SelectStatement, level: Level) {
        match self {
            Self::Sqlite => select.from(table(level)),
            Self::Postgres => select.from_as(searched(level), table(level)),
        };
    }

    /// Joins the table of a level.
    pub(super) fn join(self, select: &mut SelectStatement, level: Level, on: impl IntoCondition) {
        match self {
            Self::Sqlite => select.join(JoinType::Join, table(level), on),
            Self::Postgres => select.join_as(JoinType::Join, searched(level), table(level), on),
        };
    }

    /// A text as it is bound. PostgreSQL takes no NUL, neither here nor in what is stored.
    pub(super) fn bound(self, text: &str) -> String {
        match self {
            Self::Sqlite => text.to_owned(),
            Self::Postgres => matching::without_nul(Cow::Borrowed(text)).into_owned(),
        }
    }

    /// Tests a text against a pattern with wildcards in any place.
    pub(super) fn like(self, value: Expr, pattern: &Pattern) -> Expr {
        match self {
            // SQLite plans a bare bound pattern anew for each value; a signed one it does not look into.
            Self::Sqlite => value.glob(Expr::cust_with_values("+?", [pattern.glob()])),
            Self::Postgres => value.like(LikeExpr::new(pattern.like()).escape('\\')),
        }
    }

    /// The numbers of the studies that contain all these texts, by the index of their tokens.
    pub(super) fn grams(self, column: &'static str, texts: &[&str]) -> Option<SelectStatement> {
        let mut select = Query::select();
        select.from("study_gram");
        match self {
            Self::Sqlite => {
                let query = matching::gram_query(column, texts.iter().copied())?;
                select.column("rowid").and_where(Expr::col("study_gram").matches(query));
            }
            Self::Postgres => {
                let query = matching::gram_tsquery(texts.iter().copied())?;
                let tokens = Expr::col(("study_gram", column));
                let query = Expr::cust_with_values("CAST($1 AS tsquery)", [query]);
                select.column("study").and_where(tokens.binary(sea_query::BinOper::Custom("@@"), query));
            }
        }
        Some(select)
    }

    /// A test of what an index has found already. Taken for a choice of its own, it would have PostgreSQL read whole tables for
    /// it, since that takes patterns for rarer than they are.
    pub(super) fn sifting(self, test: Expr) -> Expr {
        match self {
            Self::Sqlite => test,
            Self::Postgres => Expr::cust_with_expr("COALESCE($1, FALSE)", test),
        }
    }

    /// Whether what has this key is listed from an index of its own and then joined, since the database cannot look into
    /// two tables for alternatives as SQLite can.
    pub(super) fn lists(self, key: &SearchKey) -> bool {
        self == Self::Postgres && matching::is_indexed(key)
    }
}

/// The table of a level.
pub(super) fn table(level: Level) -> &'static str {
    match level {
        Level::Study => "study",
        Level::Series => "series",
        Level::Instance => "instance",
    }
}

/// The view of it that searches read through (docs/adr/0005).
fn searched(level: Level) -> &'static str {
    match level {
        Level::Study => "searched_study",
        Level::Series => "searched_series",
        Level::Instance => "searched_instance",
    }
}
