//! Keys in sequences. Several of them must match in one and the same item (PS3.4 C.2.2.2.6); columns hold the values of
//! each key apart. So series with several items have, beside, a text for each item: the values of the keys in it, with a
//! separator between them. It stands among the values of the series under the keyword of the sequence.

use super::Pattern;
use dataset::{AttributeSet, Level, SEARCH_KEYS, SearchKey, Tag, keyword_of};
use std::sync::LazyLock;

/// Stands between the values of an item, and in none of them.
const SEPARATOR: char = '\u{1F}';
/// The most texts of one sequence. Of a value that should be single there may be several.
const MAX_TEXTS: usize = 256;
/// The longest text, in octets. Databases bound what they index.
const MAX_TEXT: usize = 1024;

/// A sequence that has several keys.
pub(crate) struct Sequence {
    /// Its keyword.
    pub(crate) keyword: &'static str,
    /// The level that it belongs to.
    pub(crate) level: Level,
    /// Its keys, in the order in which their values stand in a text.
    pub(crate) keys: Vec<&'static SearchKey>,
    tag: Tag,
}

static SEQUENCES: LazyLock<Vec<Sequence>> = LazyLock::new(|| {
    let mut sequences: Vec<Sequence> = Vec::new();
    for key in SEARCH_KEYS {
        let [tag, _] = key.path else { continue };
        match sequences.iter_mut().find(|sequence| sequence.tag == *tag) {
            Some(sequence) => sequence.keys.push(key),
            None => sequences.extend(keyword_of(*tag).map(|keyword| Sequence {
                keyword,
                level: key.level,
                keys: vec![key],
                tag: *tag,
            })),
        }
    }
    sequences.retain(|sequence| sequence.keys.len() > 1);
    sequences
});

/// The sequences of a level that have several keys.
pub(crate) fn sequences(level: Level) -> impl Iterator<Item = &'static Sequence> {
    SEQUENCES.iter().filter(move |sequence| sequence.level == level)
}

impl Sequence {
    /// A text for each item; none where there is but one item, of which the columns say all. None either where one is too
    /// long: then items are not told apart.
    pub(crate) fn texts(&self, attributes: &AttributeSet) -> Vec<String> {
        let items = attributes.get(self.tag).map(|attribute| attribute.items.as_slice()).unwrap_or_default();
        if items.len() < 2 {
            return Vec::new();
        }
        let mut texts: Vec<String> = items.iter().flat_map(|item| self.texts_of(item)).take(MAX_TEXTS).collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.iter().any(|text| text.len() > MAX_TEXT) { Vec::new() } else { texts }
    }

    fn texts_of(&self, item: &AttributeSet) -> Vec<String> {
        let mut texts = vec![String::new()];
        for (at, key) in self.keys.iter().enumerate() {
            let mut values = key.path.get(1..).map(|path| item.values_at(path)).unwrap_or_default();
            values.truncate(4);
            if values.is_empty() {
                values.push("");
            }
            let separator = if at > 0 { SEPARATOR.to_string() } else { String::new() };
            let joined = texts.iter().flat_map(|before| {
                let with = |value: &&str| format!("{before}{separator}{}", plain(value));
                values.iter().map(with).collect::<Vec<_>>()
            });
            texts = joined.collect();
        }
        texts
    }

    /// The pattern of texts in which the value of a key is like this.
    pub(crate) fn pattern(&self, key: &SearchKey, pattern: &str) -> Pattern {
        let parts: Vec<String> =
            self.keys.iter().map(|other| if *other == key { plain(pattern) } else { "*".to_owned() }).collect();
        Pattern::new(&parts.join(&SEPARATOR.to_string()))
    }
}

/// A value without separators, and without NUL, which databases do not take.
fn plain(value: &str) -> String {
    value.replace([SEPARATOR, '\0'], "\u{FFFD}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_pattern_of_a_key_leaves_the_others_open() {
        let sequence = sequences(Level::Series).next().unwrap();
        assert_eq!(sequence.keyword, "RequestAttributesSequence");
        let keys: Vec<&str> = sequence.keys.iter().map(|key| key.keyword).collect();
        assert_eq!(keys, ["ScheduledProcedureStepID", "RequestedProcedureID"]);
        let pattern = |at: usize, text: &str| sequence.pattern(sequence.keys.get(at).unwrap(), text);
        assert_eq!(pattern(0, "A?"), Pattern::new("A?\u{1F}*"));
        assert_eq!(pattern(1, "B\u{1F}*"), Pattern::new("*\u{1F}B\u{FFFD}*"));
    }
}
