//! The Native DICOM Model (PS3.19 A.1): one data set as an XML document, made from its DICOM JSON (PS3.18 Annex F) piece
//! by piece.
//!
//! The document is UTF-8 and always well-formed. Where the two models differ:
//! - A private attribute is named by its group, `00` and the last two digits of its element, with its creator in
//!   `privateCreator` (PS3.19 Table A.1.5-2). So private creators are no attributes of their own. A private attribute
//!   whose block nobody reserved in front of it keeps its whole tag.
//! - Numbers have the text that they have in JSON. A null among values is an empty `Value`, `PersonName` or `Item`.
//! - Person names are split into their components. What is behind the fifth caret stays in `NameSuffix`.
//! - Control characters that XML cannot hold are shown by their Control Pictures: form feed as U+240C. The
//!   noncharacters U+FFFE and U+FFFF become U+FFFD.

mod json_reader;
mod person_name;
mod xml;

use crate::{CorruptPiece, Tag, keyword_of};
use json_reader::JsonReader;
use std::collections::BTreeMap;

/// How long a piece of the document is, about, in bytes.
const PIECE: usize = 32 * 1024;

const BEGIN: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" xml:space=\"preserve\">";
const END: &[u8] = b"</NativeDicomModel>";

/// The document of a data set that is one object of DICOM JSON.
///
/// # Errors
/// [`CorruptPiece`] when the text is not in the DICOM JSON model.
pub fn document(json: String) -> Result<Vec<u8>, CorruptPiece> {
    NativeModel::new(json).try_fold(Vec::new(), |mut whole, piece| {
        whole.extend_from_slice(&piece?);
        Ok(whole)
    })
}

/// The pieces of a document in order, each about 32 KiB; after an error there are no more.
///
/// Beside the JSON text it holds one piece and, for each open sequence, its place and the private creators there.
#[derive(Debug)]
pub struct NativeModel {
    json: JsonReader,
    open: Vec<Open>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Ended,
}

/// What has begun and not ended: of JSON an object, a member of it, or the array of a member's values.
#[derive(Debug)]
enum Open {
    DataSet { first: bool, creators: Creators },
    Attribute { first: bool, vr: [u8; 2], has_content: bool },
    Values { first: bool, vr: [u8; 2], number: u64 },
}

/// The private creators of a data set by group and block (PS3.5 7.8.1).
type Creators = BTreeMap<(u16, u16), String>;

impl Iterator for NativeModel {
    type Item = Result<Vec<u8>, CorruptPiece>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.state == State::Ended {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.state = State::Ended;
        }
        Some(piece)
    }
}

impl NativeModel {
    /// The document of a data set that is one object of DICOM JSON.
    #[must_use]
    pub fn new(json: String) -> Self {
        Self { json: JsonReader::new(json), open: Vec::new(), state: State::Before }
    }

    fn piece(&mut self) -> Result<Vec<u8>, CorruptPiece> {
        let mut out = Vec::with_capacity(PIECE + PIECE / 8);
        if self.state == State::Before {
            self.json.expect(b'{')?;
            self.open.push(Open::data_set());
            out.extend_from_slice(BEGIN);
            self.state = State::Within;
        }
        while out.len() < PIECE {
            if !self.step(&mut out)? {
                self.json.end()?;
                self.state = State::Ended;
                break;
            }
        }
        Ok(out)
    }

    /// Goes on by one member, one value, or one closing bracket; `false` where nothing is open any more.
    fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, CorruptPiece> {
        let json = &mut self.json;
        let begun = match self.open.last_mut() {
            None => return Ok(false),
            Some(Open::DataSet { first, creators }) => {
                if !json.more(first, b'}')? {
                    self.open.pop();
                    out.extend_from_slice(if self.open.is_empty() { END } else { b"</Item>" });
                    return Ok(true);
                }
                attribute(json, creators, out)?
            }
            Some(Open::Attribute { first, vr, has_content }) => {
                if !json.more(first, b'}')? {
                    self.open.pop();
                    out.extend_from_slice(b"</DicomAttribute>");
                    return Ok(true);
                }
                member(json, *vr, has_content, out)?
            }
            Some(Open::Values { first, vr, number }) => {
                if !json.more(first, b']')? {
                    self.open.pop();
                    return Ok(true);
                }
                *number = number.saturating_add(1);
                value(json, *vr, *number, out)?
            }
        };
        self.open.extend(begun);
        Ok(true)
    }
}

impl Open {
    fn data_set() -> Self {
        Self::DataSet { first: true, creators: Creators::new() }
    }
}

/// Begins an attribute. A private creator is kept in mind instead.
fn attribute(json: &mut JsonReader, creators: &mut Creators, out: &mut Vec<u8>) -> Result<Option<Open>, CorruptPiece> {
    let tag = tag_of(&json.string()?)?;
    json.expect(b':')?;
    let is_private = tag.group() % 2 == 1;
    if is_private
        && (0x10..=0xFF).contains(&tag.element())
        && let Some(name) = private_creator(json)?
    {
        creators.insert((tag.group(), tag.element()), name);
        return Ok(None);
    }
    json.expect(b'{')?;
    let vr = vr(json)?;
    let creator = creators.get(&(tag.group(), tag.element() >> 8)).filter(|_| is_private);
    match creator {
        Some(name) => xml::begin_attribute(out, Tag(tag.group(), tag.element() & 0xFF), vr, None, Some(name)),
        None => xml::begin_attribute(out, tag, vr, keyword_of(tag), None),
    }
    Ok(Some(Open::Attribute { first: true, vr, has_content: false }))
}

/// Eight upper-case hexadecimal digits.
fn tag_of(name: &str) -> Result<Tag, CorruptPiece> {
    let is_tag = name.len() == 8 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    let number = u32::from_str_radix(name, 16).ok().filter(|_| is_tag).ok_or(CorruptPiece)?;
    let [a, b, c, d] = number.to_be_bytes();
    Ok(Tag(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// The one text of the element that follows. Where it has no such text nothing is taken.
fn private_creator(json: &mut JsonReader) -> Result<Option<String>, CorruptPiece> {
    let start = json.position();
    let (mut name, mut values, mut first) = (None, 0_u32, true);
    json.expect(b'{')?;
    while json.more(&mut first, b'}')? {
        let is_value = json.string()? == "Value";
        json.expect(b':')?;
        if !is_value {
            json.skip()?;
            continue;
        }
        json.expect(b'[')?;
        let mut first = true;
        while json.more(&mut first, b']')? {
            values = values.saturating_add(1);
            if json.peek()? == b'"' {
                name = Some(json.string()?.into_owned());
            } else {
                json.skip()?;
            }
        }
    }
    if values != 1 || name.is_none() {
        json.go_back(start);
        return Ok(None);
    }
    Ok(name)
}

/// The VR of the element that has begun, wherever among its members it stands. Nothing is taken.
fn vr(json: &mut JsonReader) -> Result<[u8; 2], CorruptPiece> {
    let start = json.position();
    let mut first = true;
    while json.more(&mut first, b'}')? {
        let is_vr = json.string()? == "vr";
        json.expect(b':')?;
        if is_vr {
            let vr = <[u8; 2]>::try_from(json.string()?.as_bytes()).map_err(|_| CorruptPiece)?;
            json.go_back(start);
            return if vr.iter().all(u8::is_ascii_uppercase) { Ok(vr) } else { Err(CorruptPiece) };
        }
        json.skip()?;
    }
    Err(CorruptPiece)
}

fn member(
    json: &mut JsonReader,
    vr: [u8; 2],
    has_content: &mut bool,
    out: &mut Vec<u8>,
) -> Result<Option<Open>, CorruptPiece> {
    let name = json.string()?.into_owned();
    json.expect(b':')?;
    if !matches!(name.as_str(), "Value" | "BulkDataURI" | "InlineBinary") {
        json.skip()?;
        return Ok(None);
    }
    if std::mem::replace(has_content, true) {
        return Err(CorruptPiece);
    }
    match name.as_str() {
        "Value" => {
            json.expect(b'[')?;
            return Ok(Some(Open::Values { first: true, vr, number: 0 }));
        }
        "BulkDataURI" => xml::bulk_data(out, &json.string()?),
        _ => xml::element(out, "InlineBinary", &json.string()?),
    }
    Ok(None)
}

fn value(json: &mut JsonReader, vr: [u8; 2], number: u64, out: &mut Vec<u8>) -> Result<Option<Open>, CorruptPiece> {
    match (&vr, json.peek()?) {
        (b"SQ", b'{') => {
            json.expect(b'{')?;
            xml::begin_numbered(out, "Item", number);
            return Ok(Some(Open::data_set()));
        }
        (b"SQ", _) => {
            json.null()?;
            xml::begin_numbered(out, "Item", number);
            out.extend_from_slice(b"</Item>");
        }
        (b"PN", _) => person_name::convert(json, number, out)?,
        (_, b'"') => {
            xml::begin_numbered(out, "Value", number);
            xml::text(out, &json.string()?);
            out.extend_from_slice(b"</Value>");
        }
        _ => {
            let literal = json.literal()?;
            xml::begin_numbered(out, "Value", number);
            out.extend_from_slice(if literal == "null" { b"" } else { literal.as_bytes() });
            out.extend_from_slice(b"</Value>");
        }
    }
    Ok(None)
}
