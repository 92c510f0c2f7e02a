//! Keys of one sequence that have columns, which must match in one and the same item (PS3.4 C.2.2.2.6).

use super::conditions::{matches_all, never, pattern_test};
use super::dialect::{Dialect, table};
use crate::matching::{Pattern, Sequence, sequences};
use crate::search::{Match, SearchMatch};
use dataset::{Level, SearchKey};
use sea_query::{Expr, ExprTrait, Query, SelectStatement};

/// The conditions of keys that stand in sequences of a level together, besides those of each key.
pub(super) fn conditions(dialect: Dialect, level: Level, keys: &[SearchMatch]) -> impl Iterator<Item = Expr> {
    sequences(level).filter_map(move |sequence| {
        let asked = || keys.iter().filter(|asked| sequence.keys.contains(&asked.key) && !matches_all(&asked.test));
        let first = asked().next()?;
        // A single key is in some item if it matches at all.
        asked().any(|other| other.key != first.key).then(|| in_one_item(dialect, sequence, asked()))
    })
}

/// Rows without texts of their items have one item, or items that are not told apart.
fn in_one_item<'a>(dialect: Dialect, sequence: &Sequence, asked: impl Iterator<Item = &'a SearchMatch>) -> Expr {
    let mut matching = texts(sequence);
    for SearchMatch { key, test } in asked {
        matching.and_where(item_test(dialect, sequence, key, test));
    }
    Expr::exists(matching).or(Expr::exists(texts(sequence)).not())
}

fn texts(sequence: &Sequence) -> SelectStatement {
    let own = table(sequence.level);
    let values = format!("{own}_value");
    let mut select = Query::select();
    select.expr(Expr::val(1)).from(values.clone());
    select.and_where(Expr::col((values.clone(), own)).equals((own, "id")));
    select.and_where(Expr::col((values, "attribute")).eq(sequence.keyword));
    select
}

fn item_test(dialect: Dialect, sequence: &Sequence, key: &SearchKey, test: &Match) -> Expr {
    let patterns: Vec<Pattern> = match test {
        Match::Wildcard(text) => vec![sequence.pattern(key, text)],
        Match::AnyOf(texts) => texts.iter().map(|text| sequence.pattern(key, text)).collect(),
        // A star that stands for itself is some character.
        Match::Single(text) => vec![sequence.pattern(key, &text.replace(['*', '?'], "?"))],
        Match::AnyUid(uids) => uids.iter().map(|uid| sequence.pattern(key, uid.as_str())).collect(),
        Match::Empty => vec![sequence.pattern(key, "")],
        Match::Universal | Match::Range { .. } | Match::Moments { .. } => vec![sequence.pattern(key, "*")],
    };
    let value = Expr::col((format!("{}_value", table(sequence.level)), "value"));
    let tests = patterns.iter().map(|pattern| pattern_test(dialect, value.clone(), pattern));
    tests.reduce(ExprTrait::or).unwrap_or_else(never)
}
