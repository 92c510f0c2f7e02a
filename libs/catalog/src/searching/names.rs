//! Matching of names of persons: without case and accents, over all component groups, by patterns and by words.

use super::conditions::{gram_select, never, pattern_test, text_test};
use super::dialect::{Dialect, table};
use crate::matching::Pattern;
use crate::search::Match;
use crate::writing::study_texts::gram_column;
use dataset::{SearchKey, folding};
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};

/// The most words of a fuzzy key that are looked for.
const MAX_WORDS: usize = 16;

/// What the table of words is called within a statement.
const WORD: &str = "word";

/// The condition of a name key. In fuzzy matching what matches literally matches too.
pub(super) fn condition(dialect: Dialect, key: &SearchKey, test: &Match, fuzzy: bool) -> Condition {
    let text = match test {
        Match::Universal => return Cond::all(),
        Match::Single(text) | Match::Wildcard(text) => text,
        Match::AnyUid(_) | Match::AnyOf(_) | Match::Range { .. } | Match::Moments { .. } | Match::Empty => {
            return Cond::all().add(never());
        }
    };
    let groups = groups_of(test);
    let words = if fuzzy { words_of(text) } else { Vec::new() };
    if !words.is_empty() {
        // A key of several groups needs them all, which words say well enough.
        let literal = <[Group; 1]>::try_from(groups).ok();
        return by_words(dialect, key, words, literal.map(|[group]| group));
    }
    if groups.is_empty() {
        // Nothing but delimiters.
        return Cond::all().add(never());
    }
    groups
        .iter()
        .filter(|group| !group.is_anything())
        .fold(Cond::all(), |all, group| all.add(group.condition(dialect, key)))
}

/// One component group of a key.
struct Group {
    /// From 1 on; `None` if the key does not say which of the groups it means.
    number: Option<i64>,
    /// Folded.
    text: String,
    /// `None` where the whole name must be equal.
    pattern: Option<Pattern>,
}

/// The component groups of a key that say anything. A key of one group is looked for in all.
fn groups_of(test: &Match) -> Vec<Group> {
    let (text, wild) = match test {
        Match::Wildcard(text) => (text, true),
        Match::Single(text) => (text, false),
        _ => return Vec::new(),
    };
    let numbered = text.contains('=');
    let groups = (1..).zip(folding::name_groups(text)).filter(|(_, text)| !text.is_empty());
    let groups = groups.map(|(number, text)| {
        let pattern = wild.then(|| Pattern::new(&text));
        Group { number: numbered.then_some(number), text, pattern }
    });
    groups.collect()
}

impl Group {
    fn is_anything(&self) -> bool {
        self.pattern.as_ref().is_some_and(Pattern::matches_all)
    }

    fn condition(&self, dialect: Dialect, key: &SearchKey) -> Expr {
        match &self.pattern {
            Some(pattern) if pattern.prefix().is_empty() && self.grams(dialect, key).is_none() => {
                Expr::exists(of_row(key, &names_table(key), self.select(dialect, key)))
            }
            _ => row_id(key).in_subquery(self.select(dialect, key)),
        }
    }

    /// The numbers of the rows that have a name like this.
    fn select(&self, dialect: Dialect, key: &SearchKey) -> SelectStatement {
        let own = table(key.level);
        let names = names_table(key);
        let folded = Expr::col((names.clone(), "folded"));
        let mut select = Query::select();
        select.column((names.clone(), own)).from(names.clone());
        select.and_where(Expr::col((names.clone(), "attribute")).eq(key.keyword));
        if let Some(number) = self.number {
            select.and_where(Expr::col((names.clone(), "component_group")).eq(number));
        }
        let test = match &self.pattern {
            Some(pattern) => pattern_test(dialect, folded, pattern),
            None => text_test(dialect, folded, &Match::Single(self.text.clone())),
        };
        match self.grams(dialect, key) {
            Some(grams) => {
                select.and_where(dialect.sifting(test)).and_where(Expr::col((names, own)).in_subquery(grams));
            }
            None => {
                select.and_where(test);
            }
        }
        select
    }

    /// The studies that contain what is between the wildcards, where there is no prefix to begin with.
    fn grams(&self, dialect: Dialect, key: &SearchKey) -> Option<SelectStatement> {
        let pattern = self.pattern.as_ref().filter(|pattern| pattern.prefix().is_empty())?;
        gram_select(dialect, gram_column(key.keyword)?, pattern.literals())
    }
}

fn names_table(key: &SearchKey) -> String {
    format!("{}_name", table(key.level))
}

fn row_id(key: &SearchKey) -> Expr {
    Expr::col((table(key.level), "id"))
}

/// Looks into the names or words of the one row instead of listing those of all.
fn of_row(key: &SearchKey, names: &str, mut select: SelectStatement) -> SelectStatement {
    let own = table(key.level);
    select.and_where(Expr::col((names.to_owned(), own)).equals((own, "id")));
    select
}

/// The words of a key, the longest first: it is in the fewest names.
fn words_of(text: &str) -> Vec<String> {
    let mut words = folding::words(&text.replace(['*', '?'], " "));
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.truncate(MAX_WORDS);
    words
}

/// Rows that have a word beginning with each of these, and those that match literally. What begins with one or two
/// ASCII letters is in so many names that looking into one row's is less than listing everybody's.
fn by_words(dialect: Dialect, key: &SearchKey, words: Vec<String>, literal: Option<Group>) -> Condition {
    let mut words = words.iter();
    let Some(longest) = words.next() else { return Cond::all().add(never()) };
    if longest.len() <= 2 {
        let one = |word: &String| Expr::exists(of_row(key, WORD, by_word(dialect, key, word, WORD)));
        let all = words.fold(Cond::all().add(one(longest)), |all, word| all.add(one(word)));
        let literally = literal.map(|group| Expr::exists(of_row(key, &names_table(key), group.select(dialect, key))));
        return Cond::any().add(all).add_option(literally);
    }
    let mut select = by_word(dialect, key, longest, WORD);
    for word in words {
        let mut beside = by_word(dialect, key, word, "beside");
        beside.and_where(Expr::col(("beside", table(key.level))).equals((WORD, table(key.level))));
        select.and_where(Expr::exists(beside));
    }
    if let Some(group) = literal {
        select.union(UnionType::Distinct, group.select(dialect, key));
    }
    Cond::all().add(row_id(key).in_subquery(select))
}

/// The rows that have a word beginning like this. `alias` is the name of the table within the statement.
fn by_word(dialect: Dialect, key: &SearchKey, word: &str, alias: &'static str) -> SelectStatement {
    let own = table(key.level);
    let begins = Pattern::new(&format!("{word}*"));
    let mut select = Query::select();
    select.column((alias, own)).from_as(format!("{own}_name_word"), alias);
    select.and_where(Expr::col((alias, "attribute")).eq(key.keyword));
    select.and_where(pattern_test(dialect, Expr::col((alias, "word")), &begins));
    select
}
