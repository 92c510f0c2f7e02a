//! Tokens for finding a text by any part of it, from one character on: every run of one, two and three characters.
//!
//! Three characters are what trigram indexes take; the shorter runs are there because a Chinese or Japanese family name
//! is often one or two characters long.

use std::fmt::Write;

/// The longest run that is a token.
const LONGEST: usize = 3;

/// Texts beyond this many characters are found by their beginning only.
const MAX_CHARACTERS: usize = 1024;

/// The tokens of some texts, as they are indexed. Runs do not reach from one text into the next.
pub(crate) fn gram_text<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut tokens = String::new();
    for text in texts {
        let characters: Vec<char> = text.chars().take(MAX_CHARACTERS).collect();
        for at in 0..characters.len() {
            for length in 1..=LONGEST {
                if let Some(run) = characters.get(at..at.saturating_add(length)) {
                    push_token(&mut tokens, run);
                    tokens.push(' ');
                }
            }
        }
    }
    tokens
}

/// A full-text query for what contains all these texts. `None` if they hold no character.
pub(crate) fn gram_query<'a>(column: &str, texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut query = String::new();
    for text in texts {
        let characters: Vec<char> = text.chars().take(MAX_CHARACTERS).collect();
        let runs = characters.windows(characters.len().clamp(1, LONGEST));
        for run in runs {
            query.push_str(if query.is_empty() { "(" } else { " AND " });
            push_token(&mut query, run);
        }
    }
    if query.is_empty() { None } else { Some(format!("{column} : {query})")) }
}

/// The same for PostgreSQL: a `tsquery` of lexemes.
pub(crate) fn gram_tsquery<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut query = String::new();
    for text in texts {
        let characters: Vec<char> = text.chars().take(MAX_CHARACTERS).collect();
        for run in characters.windows(characters.len().clamp(1, LONGEST)) {
            if !query.is_empty() {
                query.push_str(" & ");
            }
            push_token(&mut query, run);
        }
    }
    (!query.is_empty()).then_some(query)
}

/// Hexadecimal numbers joined by `x`: one word for the tokenizer whatever the characters, and no syntax for the query.
fn push_token(out: &mut String, run: &[char]) {
    for (at, character) in run.iter().enumerate() {
        let lead = if at == 0 { "" } else { "x" };
        // Writing to a string cannot fail.
        let _written = write!(out, "{lead}{:x}", u32::from(*character));
    }
}

#[cfg(test)]
mod tests {
    use super::{gram_query, gram_text};

    #[test]
    fn every_run_is_a_token() {
        assert_eq!(gram_text(["abc"]), "61 61x62 61x62x63 62 62x63 63 ");
        assert_eq!(gram_text(["a", "山"]), "61 5c71 ");
    }

    #[test]
    fn queries_take_the_longest_runs() {
        assert_eq!(gram_query("c", ["abcd", "x"]).as_deref(), Some("c : (61x62x63 AND 62x63x64 AND 78)"));
        assert_eq!(
            gram_query("c", ["\" OR *"]).as_deref(),
            Some("c : (22x20x4f AND 20x4fx52 AND 4fx52x20 AND 52x20x2a)")
        );
        assert_eq!(gram_query("c", [""]), None);
        assert_eq!(gram_query("c", []), None);
    }
}
