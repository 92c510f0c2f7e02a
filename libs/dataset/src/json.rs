//! Elements in the DICOM JSON Model (PS3.18 Annex F): one element's raw value to its JSON text.
//!
//! Everything written is valid JSON in UTF-8, whatever the bytes are; what could not be read as its VR asks is told in
//! [`ValueNotes`].

mod binary;
mod escape;
mod number;
mod text_value;

pub(crate) use number::texts as number_texts;

use crate::{Attribute, CharacterSets, Finding, Tag};

/// Specific Character Set, which describes the JSON, not the data set it came from.
const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// What was wrong with a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueNotes {
    /// Text that is not valid in its character set.
    pub invalid_text: bool,
    /// A value that is not of the form its VR asks for: a number that is none, a length that does not fit.
    pub invalid_value: bool,
}

impl ValueNotes {
    /// The notes as findings.
    pub fn findings(self) -> impl Iterator<Item = Finding> {
        let text = self.invalid_text.then_some(Finding::InvalidText);
        let value = self.invalid_value.then_some(Finding::InvalidValue);
        text.into_iter().chain(value)
    }
}

/// Writes an element with its complete value as a member of a JSON object: `"00100010":{"vr":"PN","Value":[…]}`.
///
/// The value of Specific Character Set (0008,0005) becomes ISO_IR 192. A VR that is not defined is written as UN, with
/// its bytes. An element of VR SQ is written as an empty sequence.
pub fn write_element(
    out: &mut Vec<u8>,
    tag: Tag,
    vr: [u8; 2],
    value: &[u8],
    big_endian: bool,
    charset: &CharacterSets,
) -> ValueNotes {
    write_name(out, tag);
    write_object(out, tag, vr, value, big_endian, charset)
}

/// Writes what [`write_element`] puts after the name: `{"vr":"PN","Value":[…]}`.
pub fn write_object(
    out: &mut Vec<u8>,
    tag: Tag,
    vr: [u8; 2],
    value: &[u8],
    big_endian: bool,
    charset: &CharacterSets,
) -> ValueNotes {
    let known = is_defined(vr);
    out.extend_from_slice(b"{\"vr\":\"");
    out.extend_from_slice(if known { &vr } else { b"UN" });
    out.push(b'"');
    let notes = if tag == SPECIFIC_CHARACTER_SET {
        out.extend_from_slice(b",\"Value\":[\"ISO_IR 192\"]");
        ValueNotes::default()
    } else if value.is_empty() || &vr == b"SQ" {
        ValueNotes::default()
    } else {
        write_value(out, vr, value, big_endian, charset)
    };
    out.push(b'}');
    ValueNotes { invalid_value: notes.invalid_value || !known, ..notes }
}

fn write_value(out: &mut Vec<u8>, vr: [u8; 2], value: &[u8], big_endian: bool, charset: &CharacterSets) -> ValueNotes {
    match &vr {
        b"AT" | b"FD" | b"FL" | b"SL" | b"SS" | b"SV" | b"UL" | b"US" | b"UV" => {
            let invalid_value = !number::write_binary(out, vr, value, big_endian);
            ValueNotes { invalid_value, ..ValueNotes::default() }
        }
        _ => match crate::text::TextForm::of(vr) {
            Some(form) => text_value::write(out, vr, form, value, charset),
            None => {
                binary::write(out, vr, value, big_endian);
                ValueNotes::default()
            }
        },
    }
}

fn is_defined(vr: [u8; 2]) -> bool {
    matches!(
        &vr,
        b"AE"
            | b"AS"
            | b"AT"
            | b"CS"
            | b"DA"
            | b"DS"
            | b"DT"
            | b"FD"
            | b"FL"
            | b"IS"
            | b"LO"
            | b"LT"
            | b"OB"
            | b"OD"
            | b"OF"
            | b"OL"
            | b"OV"
            | b"OW"
            | b"PN"
            | b"SH"
            | b"SL"
            | b"SQ"
            | b"SS"
            | b"ST"
            | b"SV"
            | b"TM"
            | b"UC"
            | b"UI"
            | b"UL"
            | b"UN"
            | b"UR"
            | b"US"
            | b"UT"
            | b"UV"
    )
}

/// Writes `"7FE00010":{"vr":"OW","BulkDataURI":"`; the address and [`write_bulk_end`] follow.
pub fn write_bulk_start(out: &mut Vec<u8>, tag: Tag, vr: [u8; 2]) {
    write_name(out, tag);
    out.extend_from_slice(b"{\"vr\":\"");
    out.extend_from_slice(if is_defined(vr) { &vr } else { b"UN" });
    out.extend_from_slice(b"\",\"BulkDataURI\":\"");
}

/// Ends what [`write_bulk_start`] began.
pub fn write_bulk_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"}");
}

/// Writes `"00400275":{"vr":"SQ"`; the items, if there are any, go in `,"Value":[…]`, and a brace ends the element.
pub fn write_sequence_start(out: &mut Vec<u8>, tag: Tag) {
    write_name(out, tag);
    out.extend_from_slice(b"{\"vr\":\"SQ\"");
}

/// Writes a sequence of collected attributes: `{"vr":"SQ","Value":[{…},…]}`.
pub(crate) fn write_sequence_object<'a>(out: &mut Vec<u8>, items: impl Iterator<Item = &'a [Attribute]>) {
    out.extend_from_slice(b"{\"vr\":\"SQ\"");
    let mut separator: &[u8] = b",\"Value\":[";
    for item in items {
        out.extend_from_slice(separator);
        separator = b",";
        out.push(b'{');
        for (at, attribute) in item.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_name(out, attribute.tag);
            out.extend_from_slice(&attribute.json);
        }
        out.push(b'}');
    }
    if separator == b"," {
        out.push(b']');
    }
    out.push(b'}');
}

/// Writes `"00100010":`.
fn write_name(out: &mut Vec<u8>, tag: Tag) {
    out.push(b'"');
    number::write_hexadecimal(out, tag);
    out.extend_from_slice(b"\":");
}

/// Writes a JSON string, quotes included.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    escape::write_string(out, text);
}
