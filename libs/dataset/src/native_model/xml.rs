//! What the model is written with: elements and character data of XML 1.0.

use crate::Tag;
use std::io::Write;

/// `<DicomAttribute tag="…" vr="…" keyword="…" privateCreator="…">`.
pub(super) fn begin_attribute(
    out: &mut Vec<u8>,
    tag: Tag,
    vr: [u8; 2],
    keyword: Option<&str>,
    private_creator: Option<&str>,
) {
    // Writing to a Vec cannot fail.
    write!(out, "<DicomAttribute tag=\"{:04X}{:04X}\" vr=\"", tag.group(), tag.element()).unwrap_or_default();
    out.extend_from_slice(&vr);
    for (name, value) in [("\" keyword=\"", keyword), ("\" privateCreator=\"", private_creator)] {
        if let Some(value) = value {
            out.extend_from_slice(name.as_bytes());
            text(out, value);
        }
    }
    out.extend_from_slice(b"\">");
}

/// `<BulkData uri="…"></BulkData>`.
pub(super) fn bulk_data(out: &mut Vec<u8>, uri: &str) {
    out.extend_from_slice(b"<BulkData uri=\"");
    text(out, uri);
    out.extend_from_slice(b"\"></BulkData>");
}

/// `<Value number="1">`.
pub(super) fn begin_numbered(out: &mut Vec<u8>, name: &str, number: u64) {
    write!(out, "<{name} number=\"{number}\">").unwrap_or_default();
}

pub(super) fn begin(out: &mut Vec<u8>, name: &str) {
    write!(out, "<{name}>").unwrap_or_default();
}

pub(super) fn end(out: &mut Vec<u8>, name: &str) {
    write!(out, "</{name}>").unwrap_or_default();
}

/// An element with text in it.
pub(super) fn element(out: &mut Vec<u8>, name: &str, content: &str) {
    begin(out, name);
    text(out, content);
    end(out, name);
}

/// Character data, or the value of an attribute.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(needs_care) {
        let (plain, after) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut characters = after.chars();
        if let Some(character) = characters.next() {
            write_with_care(out, character);
        }
        rest = characters.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

fn needs_care(character: char) -> bool {
    matches!(character, '\0'..='\x1F' | '<' | '>' | '&' | '"' | '\u{FFFE}' | '\u{FFFF}')
}

fn write_with_care(out: &mut Vec<u8>, character: char) {
    match character {
        '<' => out.extend_from_slice(b"&lt;"),
        '>' => out.extend_from_slice(b"&gt;"),
        '&' => out.extend_from_slice(b"&amp;"),
        '"' => out.extend_from_slice(b"&quot;"),
        // Readers of XML turn line ends into LF, and in attributes all of these into spaces, unless they are references.
        '\t' | '\n' | '\r' => write!(out, "&#{};", u32::from(character)).unwrap_or_default(),
        '\0'..='\x1F' => {
            let picture = char::from_u32(0x2400_u32.saturating_add(u32::from(character)));
            write!(out, "{}", picture.unwrap_or(char::REPLACEMENT_CHARACTER)).unwrap_or_default();
        }
        _ => write!(out, "{}", char::REPLACEMENT_CHARACTER).unwrap_or_default(),
    }
}
