//! Wildcard patterns (PS3.4 C.2.2.2.4): `*` for any characters, `?` for one.

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    text: String,
}

impl Pattern {
    /// Takes a pattern as the request has it; `**` is the same as `*`. NUL, at which GLOB stops reading, is in no value.
    pub(crate) fn new(text: &str) -> Self {
        let mut plain = String::with_capacity(text.len());
        for character in
            text.chars().map(|character| if character == '\0' { char::REPLACEMENT_CHARACTER } else { character })
        {
            if !(character == '*' && plain.ends_with('*')) {
                plain.push(character);
            }
        }
        Self { text: plain }
    }

    /// Whether everything matches, except perhaps what is empty.
    pub(crate) fn matches_all(&self) -> bool {
        self.text == "*"
    }

    /// What every match begins with; empty if the pattern begins with a wildcard.
    pub(crate) fn prefix(&self) -> &str {
        self.text.split(['*', '?']).next().unwrap_or_default()
    }

    /// Whether the pattern is its prefix and `*`, so that nothing remains to be compared.
    pub(crate) fn is_prefix_only(&self) -> bool {
        self.text.strip_suffix('*') == Some(self.prefix())
    }

    /// The texts between the wildcards, each of which every match contains.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.text.split(['*', '?']).filter(|literal| !literal.is_empty())
    }

    /// The pattern for GLOB: what that takes for more than itself is put in brackets.
    pub(crate) fn glob(&self) -> String {
        self.text.replace('[', "[[]")
    }

    /// The pattern for LIKE with `\\` as the escape.
    pub(crate) fn like(&self) -> String {
        let mut like = String::with_capacity(self.text.len().saturating_add(8));
        for character in self.text.chars() {
            match character {
                '*' => like.push('%'),
                '?' => like.push('_'),
                '%' | '_' | '\\' => like.extend(['\\', character]),
                other => like.push(other),
            }
        }
        like
    }

    /// The least text that is greater than all that begin with `prefix`; `None` if there is none.
    pub(crate) fn after_prefix(prefix: &str) -> Option<String> {
        let mut characters: Vec<char> = prefix.chars().collect();
        while let Some(last) = characters.pop() {
            // Surrogates are no characters.
            let next = match u32::from(last) {
                0xD7FF => Some('\u{E000}'),
                code => char::from_u32(code.saturating_add(1)),
            };
            if let Some(next) = next {
                characters.push(next);
                return Some(characters.into_iter().collect());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_are_taken_apart() {
        let pattern = Pattern::new("ab**c?[d]*");
        assert_eq!(pattern.prefix(), "ab");
        assert_eq!(pattern.literals().collect::<Vec<_>>(), ["ab", "c", "[d]"]);
        assert_eq!(pattern.glob(), "ab*c?[[]d]*");
        assert_eq!(pattern.like(), "ab%c_[d]%");
        assert_eq!(Pattern::new("50%_\\*").like(), "50\\%\\_\\\\%");
        assert!(!pattern.is_prefix_only());
        assert!(Pattern::new("ab*").is_prefix_only());
        assert!(!Pattern::new("ab").is_prefix_only());
        assert!(Pattern::new("***").matches_all());
        assert_eq!(Pattern::new("?x").prefix(), "");
        assert_eq!(Pattern::new("*\0*").glob(), "*\u{FFFD}*");
    }

    #[test]
    fn a_range_holds_all_that_begins_alike() {
        assert_eq!(Pattern::after_prefix("ab").as_deref(), Some("ac"));
        assert_eq!(Pattern::after_prefix("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(Pattern::after_prefix("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(Pattern::after_prefix("\u{10FFFF}"), None);
        assert_eq!(Pattern::after_prefix(""), None);
    }
}
