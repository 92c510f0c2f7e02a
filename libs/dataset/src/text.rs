//! The rules of PS3.5 6.2 for values that are text: which VRs have several values, and which spaces are padding.

use crate::{CharacterSets, json};
use std::borrow::Cow;

/// Where a text stands: what separates values in it, and where code extensions start over (PS3.5 6.1.2.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextContext {
    /// Several values with backslashes between them.
    ShortText,
    /// One value, in which a backslash is a character.
    Text,
    /// Several person names, each with groups (`=`) of components (`^`).
    PersonName,
}

/// Which spaces of a value carry no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Padding {
    BothEnds,
    End,
}

/// How a VR holds its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextForm {
    pub(crate) context: TextContext,
    padding: Padding,
}

impl TextForm {
    /// The form of a VR; `None` if its values are no text. NUL counts as a space at both ends: PS3.5 asks for it in UI,
    /// and many writers pad everything with it.
    pub(crate) fn of(vr: [u8; 2]) -> Option<Self> {
        let (context, padding) = match &vr {
            b"AE" | b"AS" | b"CS" | b"DA" | b"DS" | b"DT" | b"IS" | b"LO" | b"SH" | b"TM" | b"UI" => {
                (TextContext::ShortText, Padding::BothEnds)
            }
            b"UC" => (TextContext::ShortText, Padding::End),
            b"LT" | b"ST" | b"UR" | b"UT" => (TextContext::Text, Padding::End),
            b"PN" => (TextContext::PersonName, Padding::End),
            _ => return None,
        };
        Some(Self { context, padding })
    }

    /// A value without its padding.
    pub(crate) fn trim(self, value: &str) -> &str {
        let is_padding = |character| matches!(character, ' ' | '\0');
        match self.padding {
            Padding::BothEnds => value.trim_matches(is_padding),
            Padding::End => value.trim_end_matches(is_padding),
        }
    }

    /// The values of a decoded text, without padding. One empty text is one empty value.
    pub(crate) fn values(self, text: &str) -> impl Iterator<Item = &str> {
        let separator = match self.context {
            TextContext::Text => None,
            TextContext::ShortText | TextContext::PersonName => Some('\\'),
        };
        text.split(move |character| Some(character) == separator).map(move |value| self.trim(value))
    }
}

/// The values of an element to match by: text as it is without padding, numbers in decimal, tags as eight hexadecimal
/// digits. Empty for an element without value, and for VRs of octet streams.
#[must_use]
pub fn match_values(vr: [u8; 2], value: &[u8], big_endian: bool, charset: &CharacterSets) -> Vec<String> {
    let Some(form) = TextForm::of(vr) else { return json::number_texts(vr, value, big_endian) };
    let (text, _) = charset.decode_whole(value, form.context);
    let values: Vec<String> = form.values(&text).map(without_nul).collect();
    match values.as_slice() {
        [only] if only.is_empty() => Vec::new(),
        _ => values,
    }
}

/// NUL within a text says nothing, and databases refuse it.
fn without_nul(value: &str) -> String {
    match value.contains('\0') {
        true => value.replace('\0', ""),
        false => value.to_owned(),
    }
}

/// Decodes one text value without padding, as for identifiers.
#[must_use]
pub fn decode_trimmed<'a>(vr: [u8; 2], value: &'a [u8], charset: &CharacterSets) -> Cow<'a, str> {
    let Some(form) = TextForm::of(vr) else { return Cow::Borrowed("") };
    match charset.decode_whole(value, form.context).0 {
        Cow::Borrowed(text) => Cow::Borrowed(form.trim(text)),
        Cow::Owned(text) => Cow::Owned(form.trim(&text).to_owned()),
    }
}
