//! Keys in items of sequences, without columns of their own (PS3.4 C.2.2.2.6): those of one sequence in one and the same item,
//! and within it those of a sequence in that item in one and the same item of that.

use super::conditions::{begins_with_text, matches_all, never, text_test};
use super::dialect::{Dialect, table};
use crate::matching::item_name;
use crate::search::{Match, SearchMatch};
use dataset::{Level, Tag};
use sea_query::{Expr, ExprTrait, Query, SelectStatement};

/// What one asks of an item.
struct Asked<'a> {
    name: &'static str,
    test: &'a Match,
    /// The sequence in the item; `None` for what is directly in it.
    inner: Option<Tag>,
}

/// The conditions of the keys in sequences of a level: one for each sequence.
pub(super) fn conditions(dialect: Dialect, level: Level, keys: &[SearchMatch]) -> Vec<Expr> {
    let of_level = |asked: &&SearchMatch| asked.key.level == level && !matches_all(&asked.test);
    let mut sequences: Vec<Option<&Tag>> = Vec::new();
    for asked in keys.iter().filter(of_level).filter(|asked| asked.key.in_items()) {
        if !sequences.contains(&asked.key.path.first()) {
            sequences.push(asked.key.path.first());
        }
    }
    let of_sequence = |sequence: Option<&Tag>| {
        let within = |asked: &&SearchMatch| asked.key.path.len() > 1 && asked.key.path.first() == sequence;
        let asked = keys.iter().filter(of_level).filter(within).filter_map(|SearchMatch { key, test }| {
            let inner = if let [_, inner, _] = *key.path { Some(inner) } else { None };
            Some(Asked { name: item_name(key)?, test, inner })
        });
        condition(dialect, level, asked.collect())
    };
    sequences.into_iter().map(of_sequence).collect()
}

/// One item that all is in. The key that leads to the fewest rows comes first.
fn condition(dialect: Dialect, level: Level, mut asked: Vec<Asked<'_>>) -> Expr {
    asked.sort_by_key(|asked| match asked.test {
        Match::Empty => 2,
        test if begins_with_text(test) => 0,
        _ => 1,
    });
    let Some((lead, others)) = asked.split_first() else { return never() };
    if matches!(lead.test, Match::Empty) {
        // Nothing is asked of any item but that it lacks something: rows without the attribute in all of them.
        let without = asked.iter().map(|asked| Expr::exists(of_row(level, found(level, asked.name, 0))).not());
        return without.reduce(ExprTrait::and).unwrap_or_else(never);
    }
    let items = Items { dialect, level };
    let mut select = items.select(lead, 0);
    items.restrict(&mut select, lead, others, 0);
    if begins_with_text(lead.test) {
        let own = table(level);
        select.clear_selects();
        select.column((alias(0), own));
        return Expr::col((own, "id")).in_subquery(select);
    }
    Expr::exists(of_row(level, select))
}

/// The tables of values in items, by what they are called within a statement: one for each key, in a row.
fn alias(depth: usize) -> String {
    format!("item_{depth}")
}

fn found(level: Level, name: &'static str, depth: usize) -> SelectStatement {
    let mut select = Query::select();
    select.expr(Expr::val(1)).from_as(format!("{}_item", table(level)), alias(depth));
    select.and_where(Expr::col((alias(depth), "attribute")).eq(name));
    select
}

/// Looks into one row instead of listing those of all.
fn of_row(level: Level, mut select: SelectStatement) -> SelectStatement {
    select.and_where(Expr::col((alias(0), table(level))).equals((table(level), "id")));
    select
}

/// Values in items of a level.
struct Items {
    dialect: Dialect,
    level: Level,
}

impl Items {
    fn select(&self, asked: &Asked<'_>, depth: usize) -> SelectStatement {
        let mut select = found(self.level, asked.name, depth);
        if !matches!(asked.test, Match::Empty) {
            select.and_where(text_test(self.dialect, Expr::col((alias(depth), "value")), asked.test));
        }
        select
    }

    /// Demands the others of the item that was found at this depth, sequence by sequence.
    fn restrict(&self, select: &mut SelectStatement, lead: &Asked<'_>, others: &[Asked<'_>], depth: usize) {
        let mut later: Vec<Option<Tag>> = Vec::new();
        for other in others {
            // What is in the same inner sequence is in the same item of that.
            if other.inner == lead.inner {
                select.and_where(self.beside(other, &[], depth, true));
            } else if other.inner.is_none() {
                select.and_where(self.beside(other, &[], depth, false));
            } else if !later.contains(&other.inner) {
                later.push(other.inner);
            }
        }
        for inner in later {
            let of_inner: Vec<&Asked<'_>> = others.iter().filter(|other| other.inner == inner).collect();
            match of_inner.split_first() {
                Some((first, rest)) if !matches!(first.test, Match::Empty) => {
                    select.and_where(self.beside(first, rest, depth, false));
                }
                // None of the inner items has any of them.
                _ => of_inner.iter().for_each(|empty| {
                    select.and_where(self.beside(empty, &[], depth, false));
                }),
            }
        }
    }

    /// That the item has this too, and in one inner item with it all of `together`.
    fn beside(&self, asked: &Asked<'_>, together: &[&Asked<'_>], depth: usize, same_inner: bool) -> Expr {
        let (own, next) = (table(self.level), depth.saturating_add(1));
        let mut select = self.select(asked, next);
        for column in [own, "item"].into_iter().chain(same_inner.then_some("inner_item")) {
            select.and_where(Expr::col((alias(next), column)).equals((alias(depth), column)));
        }
        for other in together {
            select.and_where(self.beside(other, &[], next, true));
        }
        let exists = Expr::exists(select);
        if matches!(asked.test, Match::Empty) { exists.not() } else { exists }
    }
}
