//! Searches as SQL: what is alike in all databases, and where they differ.

mod conditions;
mod dialect;
mod empty;
mod items;
mod moments;
mod names;
mod order;
mod sequences;
mod statement;
mod zoned;

pub(crate) use dialect::Dialect;
pub(crate) use order::is_sorted;
pub(crate) use statement::{
    check_sortable, count_statement, page_is_full, page_statement, remaining, sort_count_statement,
};
