//! Matching of names of persons: without case and accents, over all component groups, by patterns and by words.

use super::conditions::{gram_select, never, pattern_test, table, text_test};
use super::study_grams;
use crate::matching::Pattern;
use crate::search::Match;
use dataset::{SearchKey, folding};
use sea_query::{Cond, Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};

/// The most words of a fuzzy key that are looked for.
const MAX_WORDS: usize = 16;

/// The condition of a name key. In fuzzy matching what matches literally matches too.
pub(super) fn condition(key: &SearchKey, test: &Match, fuzzy: bool) -> Condition {
    let text = match test {
        Match::Universal => return Cond::all(),
        Match::Single(text) | Match::Wildcard(text) => text,
        Match::AnyUid(_) | Match::Range { .. } => return Cond::all().add(never()),
    };
    let words = if fuzzy { words_of(text) } else { Vec::new() };
    let id = || Expr::col((table(key.level), "id"));
    if !words.is_empty() {
        return Cond::all().add(id().in_subquery(by_words(key, &words, &groups_of(test))));
    }
    let groups = groups_of(test);
    if groups.is_empty() {
        // Nothing but delimiters.
        return Cond::all().add(never());
    }
    let mut condition = Cond::all();
    for group in groups.iter().filter(|group| !group.is_anything()) {
        condition = condition.add(match &group.grams(key) {
            None if group.pattern.as_ref().is_some_and(|pattern| pattern.prefix().is_empty()) => {
                Expr::exists(of_row(key, group.select(key)))
            }
            _ => id().in_subquery(group.select(key)),
        });
    }
    condition
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
        Match::Universal | Match::AnyUid(_) | Match::Range { .. } => return Vec::new(),
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

    /// The numbers of the rows that have a name like this.
    fn select(&self, key: &SearchKey) -> SelectStatement {
        let own = table(key.level);
        let names = format!("{own}_name");
        let folded = Expr::col((names.clone(), "folded"));
        let mut select = Query::select();
        select.column((names.clone(), own)).from(names.clone());
        select.and_where(Expr::col((names.clone(), "attribute")).eq(key.keyword));
        if let Some(number) = self.number {
            select.and_where(Expr::col((names.clone(), "component_group")).eq(number));
        }
        select.and_where(match &self.pattern {
            Some(pattern) => pattern_test(folded, pattern),
            None => text_test(folded, &Match::Single(self.text.clone())),
        });
        if let Some(grams) = self.grams(key) {
            select.and_where(Expr::col((names, own)).in_subquery(grams));
        }
        select
    }

    /// The studies that contain what is between the wildcards, where there is no prefix to begin with.
    fn grams(&self, key: &SearchKey) -> Option<SelectStatement> {
        let pattern = self.pattern.as_ref().filter(|pattern| pattern.prefix().is_empty())?;
        gram_select(study_grams::column(key.keyword)?, pattern.literals())
    }
}

/// Looks into the names of the one row instead of listing those of all.
fn of_row(key: &SearchKey, mut select: SelectStatement) -> SelectStatement {
    let own = table(key.level);
    select.and_where(Expr::col((format!("{own}_name"), own)).equals((own, "id")));
    select
}

fn words_of(text: &str) -> Vec<String> {
    folding::words(&text.replace(['*', '?'], " ")).into_iter().take(MAX_WORDS).collect()
}

/// Rows that have a word beginning with each of these, and those that match literally.
fn by_words(key: &SearchKey, words: &[String], groups: &[Group]) -> SelectStatement {
    let mut selects = words.iter().map(|word| by_word(key, word));
    let mut select = selects.next().unwrap_or_else(|| by_word(key, ""));
    for next in selects {
        select.union(UnionType::Intersect, next);
    }
    // A key of several groups needs them all, which words say well enough.
    if let [group] = groups {
        select.union(UnionType::Distinct, group.select(key));
    }
    select
}

fn by_word(key: &SearchKey, word: &str) -> SelectStatement {
    let own = table(key.level);
    let words = format!("{own}_name_word");
    let begins = Pattern::new(&format!("{word}*"));
    let mut select = Query::select();
    select.column((words.clone(), own)).from(words.clone());
    select.and_where(Expr::col((words.clone(), "attribute")).eq(key.keyword));
    select.and_where(pattern_test(Expr::col((words, "word")), &begins));
    select
}
