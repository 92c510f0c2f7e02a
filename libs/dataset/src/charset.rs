//! Text of a data set to Unicode: Specific Character Set (0008,0005), PS3.3 C.12.1.1.2, with the code extensions of
//! PS3.5 6.1.2, as a state machine over the raw octets.
//!
//! What is wrong with a text never stops it from being read: the nearest reading is taken, and the caller is told.

mod decoder;
mod escapes;
mod sets;
mod terms;

use crate::{Finding, text::TextContext};
use encoding_rs::Encoding;
use sets::G1;
use std::borrow::Cow;
use terms::Term;

/// The most values of Specific Character Set that are read; there are fewer defined terms.
const MAX_TERMS: usize = 32;

const ESCAPE: u8 = 0x1B;

/// The character sets of a data set or item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CharacterSets {
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One encoding, no code extensions.
    StandAlone(&'static Encoding),
    /// Sets in G0 and G1, changed by escape sequences.
    Extensible {
        /// G1 at the start of a value and after a delimiter, by the first term. G0 is ASCII there in any case.
        initial: Option<G1>,
        /// The first set for G1 among all terms: what upper octets mean when no set was designated for them.
        declared: Option<G1>,
    },
}

impl Default for CharacterSets {
    fn default() -> Self {
        Self::default_repertoire()
    }
}

impl CharacterSets {
    /// The default repertoire (PS3.5 6.1.1), which holds where there is no Specific Character Set.
    #[must_use]
    pub fn default_repertoire() -> Self {
        Self { kind: Kind::Extensible { initial: None, declared: None } }
    }

    /// Reads the raw value of Specific Character Set (0008,0005). A term that nobody knows counts as the default
    /// repertoire and gives a [`Finding::UnknownCharacterSet`].
    #[must_use]
    pub fn parse(value: &[u8]) -> (Self, Vec<Finding>) {
        let value = String::from_utf8_lossy(value.get(..4096).unwrap_or(value));
        let terms: Vec<Option<Term>> = value.split('\\').take(MAX_TERMS).map(terms::term).collect();
        let findings = match terms.iter().all(Option::is_some) {
            true => Vec::new(),
            false => vec![Finding::UnknownCharacterSet],
        };
        let g1 = |term: &Option<Term>| match term {
            Some(Term::G1(set)) => Some(*set),
            _ => None,
        };
        let kind = match terms.first() {
            // PS3.5 6.1.2.5.4: no code extensions beside these; whatever follows them is ignored.
            Some(Some(Term::StandAlone(encoding))) => Kind::StandAlone(encoding),
            first => Kind::Extensible { initial: first.and_then(g1), declared: terms.iter().find_map(g1) },
        };
        (Self { kind }, findings)
    }

    /// Decodes a value and splits it at backslashes where the context asks for it. Padding stays. The second part is
    /// whether something was no valid text in these sets.
    #[must_use]
    pub fn decode(&self, bytes: &[u8], context: TextContext) -> (Vec<String>, bool) {
        let (text, invalid) = self.decode_whole(bytes, context);
        let values = match context {
            TextContext::Text => vec![text.into_owned()],
            TextContext::ShortText | TextContext::PersonName => text.split('\\').map(str::to_owned).collect(),
        };
        (values, invalid)
    }

    /// Decodes a value in one text, backslashes included: a backslash in the result is always a delimiter (or, in
    /// [`TextContext::Text`], a character), never half of a character. Costs no allocation for ASCII.
    #[must_use]
    pub fn decode_whole<'a>(&self, bytes: &'a [u8], context: TextContext) -> (Cow<'a, str>, bool) {
        match self.kind {
            Kind::StandAlone(encoding) => encoding.decode_without_bom_handling(bytes),
            Kind::Extensible { initial, declared } => {
                if memchr::memchr(ESCAPE, bytes).is_some() || (initial.or(declared).is_some() && !bytes.is_ascii()) {
                    let (text, invalid) = decoder::decode(bytes, initial, declared, context);
                    return (Cow::Owned(text), invalid);
                }
                undeclared(bytes)
            }
        }
    }
}

/// Reads text for which no set is declared: upper octets are not allowed there, but are met; they are taken as UTF-8 if
/// they can be, else as Latin-1.
fn undeclared(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), !text.is_ascii()),
        Err(_) => (encoding_rs::mem::decode_latin1(bytes), true),
    }
}
