//! A data set under construction and its encoding: a writer of our own, so that tests do not check the product
//! against a library it uses itself, and can also write what no library would.

use std::collections::BTreeMap;

/// The value of one element, before it has a byte order.
#[derive(Clone, Debug)]
pub enum Value {
    /// Text, already in the bytes of its character set. Padded to even length when written.
    Text(Vec<u8>),
    /// Bytes without order (OB, UN). Padded to even length when written.
    Bytes(Vec<u8>),
    /// 16-bit words (US, SS, OW, AT in pairs).
    U16(Vec<u16>),
    /// 32-bit words (UL, SL, OL).
    U32(Vec<u32>),
    /// FL, OF.
    F32(Vec<f32>),
    /// FD, OD.
    F64(Vec<f64>),
    /// A sequence.
    Items {
        /// Its items.
        items: Vec<DataSet>,
        /// Whether lengths are written, or else delimiters.
        defined: bool,
    },
    /// Encapsulated pixel data.
    Fragments {
        /// The Basic Offset Table; may be empty.
        offsets: Vec<u32>,
        /// The fragments, each of even length.
        fragments: Vec<Vec<u8>>,
    },
}

/// Elements by tag (`0xGGGGEEEE`); written in ascending order.
#[derive(Clone, Debug, Default)]
pub struct DataSet {
    elements: BTreeMap<u32, ([u8; 2], Value)>,
}

/// How the elements of a data set are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub explicit: bool,
    pub big_endian: bool,
}

const LONG_LENGTH: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
const ITEM: u32 = 0xFFFE_E000;
const ITEM_END: u32 = 0xFFFE_E00D;
const SEQUENCE_END: u32 = 0xFFFE_E0DD;
const UNDEFINED: u32 = 0xFFFF_FFFF;

impl DataSet {
    /// An empty data set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an element. `vr` has two letters.
    pub fn put(&mut self, tag: u32, vr: &str, value: Value) -> &mut Self {
        let vr: [u8; 2] = vr.as_bytes().try_into().expect("a VR has two letters");
        self.elements.insert(tag, (vr, value));
        self
    }

    /// Sets an element of text.
    pub fn text(&mut self, tag: u32, vr: &str, text: &str) -> &mut Self {
        self.put(tag, vr, Value::Text(text.as_bytes().to_vec()))
    }

    /// Sets an element of US words.
    pub fn us(&mut self, tag: u32, value: u16) -> &mut Self {
        self.put(tag, "US", Value::U16(vec![value]))
    }

    /// Sets a sequence, written with delimiters.
    pub fn sequence(&mut self, tag: u32, items: Vec<DataSet>) -> &mut Self {
        self.put(tag, "SQ", Value::Items { items, defined: false })
    }

    /// Takes an element out.
    pub fn remove(&mut self, tag: u32) -> &mut Self {
        self.elements.remove(&tag);
        self
    }

    /// The text of an element, when it has one.
    pub fn get_text(&self, tag: u32) -> Option<&str> {
        match self.elements.get(&tag) {
            Some((_, Value::Text(bytes))) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// How many elements there are at the top level.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub(crate) fn encode(&self, encoding: Encoding, out: &mut Vec<u8>) {
        for (&tag, (vr, value)) in &self.elements {
            write_element(tag, *vr, value, encoding, out);
        }
    }
}

fn write_element(tag: u32, vr: [u8; 2], value: &Value, encoding: Encoding, out: &mut Vec<u8>) {
    match value {
        Value::Items { items, defined } => {
            let mut body = Vec::new();
            for item in items {
                write_item(item, *defined, encoding, &mut body);
            }
            let length = if *defined { body.len() as u32 } else { UNDEFINED };
            write_header(tag, vr, length, encoding, out);
            out.extend_from_slice(&body);
            if !defined {
                write_mark(SEQUENCE_END, 0, encoding, out);
            }
        }
        Value::Fragments { offsets, fragments } => {
            write_header(tag, vr, UNDEFINED, encoding, out);
            write_mark(ITEM, offsets.len() as u32 * 4, encoding, out);
            out.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
            for fragment in fragments {
                write_mark(ITEM, fragment.len() as u32, encoding, out);
                out.extend_from_slice(fragment);
            }
            write_mark(SEQUENCE_END, 0, encoding, out);
        }
        plain => {
            let bytes = plain_bytes(vr, plain, encoding.big_endian);
            write_header(tag, vr, bytes.len() as u32, encoding, out);
            out.extend_from_slice(&bytes);
        }
    }
}

fn write_item(item: &DataSet, defined: bool, encoding: Encoding, out: &mut Vec<u8>) {
    let mut body = Vec::new();
    item.encode(encoding, &mut body);
    write_mark(ITEM, if defined { body.len() as u32 } else { UNDEFINED }, encoding, out);
    out.extend_from_slice(&body);
    if !defined {
        write_mark(ITEM_END, 0, encoding, out);
    }
}

fn plain_bytes(vr: [u8; 2], value: &Value, big_endian: bool) -> Vec<u8> {
    macro_rules! words {
        ($words:expr) => {
            $words.iter().flat_map(|word| if big_endian { word.to_be_bytes() } else { word.to_le_bytes() }).collect()
        };
    }
    let mut bytes: Vec<u8> = match value {
        Value::Text(bytes) | Value::Bytes(bytes) => bytes.clone(),
        Value::U16(words) => words!(words),
        Value::U32(words) => words!(words),
        Value::F32(words) => words!(words),
        Value::F64(words) => words!(words),
        Value::Items { .. } | Value::Fragments { .. } => unreachable!("written by the caller"),
    };
    if bytes.len() % 2 == 1 {
        bytes.push(if matches!(&vr, b"UI" | b"OB" | b"UN") { 0 } else { b' ' });
    }
    bytes
}

pub(crate) fn write_header(tag: u32, vr: [u8; 2], length: u32, encoding: Encoding, out: &mut Vec<u8>) {
    write_tag(tag, encoding.big_endian, out);
    if !encoding.explicit {
        return out.extend_from_slice(&length.to_le_bytes());
    }
    out.extend_from_slice(&vr);
    if LONG_LENGTH.contains(&&vr) {
        out.extend_from_slice(&[0, 0]);
        write_u32(length, encoding.big_endian, out);
    } else {
        let short = u16::try_from(length).expect("a value of a short VR is below 64 KiB");
        out.extend_from_slice(&if encoding.big_endian { short.to_be_bytes() } else { short.to_le_bytes() });
    }
}

fn write_mark(tag: u32, length: u32, encoding: Encoding, out: &mut Vec<u8>) {
    write_tag(tag, encoding.big_endian, out);
    write_u32(length, encoding.big_endian, out);
}

fn write_tag(tag: u32, big_endian: bool, out: &mut Vec<u8>) {
    for half in [(tag >> 16) as u16, tag as u16] {
        out.extend_from_slice(&if big_endian { half.to_be_bytes() } else { half.to_le_bytes() });
    }
}

fn write_u32(value: u32, big_endian: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(&if big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
}
