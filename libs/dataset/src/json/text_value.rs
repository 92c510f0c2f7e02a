//! Values that are text in the data set: strings, person names (PS3.18 F.2.2), and numbers written in decimal.

use super::{ValueNotes, escape, number};
use crate::{CharacterSets, text::TextForm};

/// The names of the component groups of a person name, in their order (PS3.5 6.2.1).
const GROUPS: [&str; 3] = ["Alphabetic", "Ideographic", "Phonetic"];

/// Writes `,"Value":[…]`, or nothing if there is nothing but padding.
pub(super) fn write(
    out: &mut Vec<u8>,
    vr: [u8; 2],
    form: TextForm,
    value: &[u8],
    charset: &CharacterSets,
) -> ValueNotes {
    let (text, invalid_text) = charset.decode_whole(value, form.context);
    let mut notes = ValueNotes { invalid_text, invalid_value: false };
    if form.trim(&text).is_empty() {
        return notes;
    }
    let mut separator: &[u8] = b",\"Value\":[";
    for value in form.values(&text) {
        out.extend_from_slice(separator);
        separator = b",";
        let valid = match &vr {
            _ if value.is_empty() => {
                out.extend_from_slice(b"null");
                true
            }
            b"DS" => number::write_decimal(out, value, number::Digits::Decimal),
            b"IS" => number::write_decimal(out, value, number::Digits::Integer),
            b"PN" => write_name(out, value),
            _ => {
                escape::write_string(out, value);
                true
            }
        };
        notes.invalid_value |= !valid;
    }
    out.push(b']');
    notes
}

/// Writes a person name as an object of its component groups, without the empty ones; `false` if it has more groups
/// than there are.
fn write_name(out: &mut Vec<u8>, name: &str) -> bool {
    let mut groups = name.split('=');
    let start = out.len();
    let mut separator: u8 = b'{';
    for (title, group) in GROUPS.iter().zip(groups.by_ref()) {
        let group = group.trim_end_matches(' ');
        if !group.is_empty() {
            out.push(separator);
            separator = b',';
            escape::write_string(out, title);
            out.push(b':');
            escape::write_string(out, group);
        }
    }
    match out.len() == start {
        true => out.extend_from_slice(b"null"),
        false => out.push(b'}'),
    }
    groups.all(|group| group.trim_end_matches(' ').is_empty())
}
