//! Searches as SQL: what is alike in all databases, and where they differ.

mod conditions;
mod dialect;
mod names;
mod statement;

pub(crate) use dialect::Dialect;
pub(crate) use statement::{count_statement, page_is_full, page_statement, remaining};
