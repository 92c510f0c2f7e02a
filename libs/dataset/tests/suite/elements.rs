//! Builds data sets and Part 10 objects byte by byte, right and wrong ones.

pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const BIG: &str = "1.2.840.10008.1.2.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const JPEG: &str = "1.2.840.10008.1.2.4.50";
pub const UNDEFINED: u32 = u32::MAX;

pub const SOP_CLASS: &str = "1.2.840.10008.5.1.4.1.1.7";
pub const SOP_INSTANCE: &str = "1.2.3.4";

/// VR and byte order of a data set under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Implicit,
    Explicit,
    Big,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Implicit => IMPLICIT,
            Self::Explicit => EXPLICIT,
            Self::Big => BIG,
        }
    }

    fn short(self, number: u16) -> [u8; 2] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn long(self, number: u32) -> [u8; 4] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// Bytes of a data set.
#[derive(Debug, Clone)]
pub struct DataSet {
    pub bytes: Vec<u8>,
    pub encoding: Encoding,
}

impl DataSet {
    pub fn new(encoding: Encoding) -> Self {
        Self { bytes: Vec::new(), encoding }
    }

    /// With the four UIDs of an instance.
    pub fn identified(encoding: Encoding) -> Self {
        Self::new(encoding)
            .text(0x0008_0016, b"UI", SOP_CLASS)
            .text(0x0008_0018, b"UI", SOP_INSTANCE)
            .text(0x0020_000D, b"UI", "1.2.3")
            .text(0x0020_000E, b"UI", "1.2.3.1")
    }

    /// With the UIDs and an image of 8 bit cells.
    pub fn image(encoding: Encoding, rows: u16, columns: u16, frames: &str) -> Self {
        let short = |number: u16| encoding.short(number);
        Self::identified(encoding)
            .value(0x0028_0002, b"US", &short(1))
            .text(0x0028_0004, b"CS", "MONOCHROME2")
            .text(0x0028_0008, b"IS", frames)
            .value(0x0028_0010, b"US", &short(rows))
            .value(0x0028_0011, b"US", &short(columns))
            .value(0x0028_0100, b"US", &short(8))
    }

    fn raw_tag(&mut self, tag: u32) {
        self.bytes.extend(self.encoding.short((tag >> 16) as u16));
        self.bytes.extend(self.encoding.short(tag as u16));
    }

    /// Only the header of an element.
    pub fn header(mut self, tag: u32, vr: &[u8; 2], length: u32) -> Self {
        self.raw_tag(tag);
        if self.encoding == Encoding::Implicit {
            self.bytes.extend(self.encoding.long(length));
            return self;
        }
        self.bytes.extend(vr);
        if matches!(vr, b"OB" | b"OW" | b"OF" | b"OD" | b"OV" | b"SQ" | b"UN" | b"UT" | b"UC") {
            self.bytes.extend([0, 0]);
            self.bytes.extend(self.encoding.long(length));
        } else {
            self.bytes.extend(self.encoding.short(length as u16));
        }
        self
    }

    /// An element with a value as it is.
    pub fn value(self, tag: u32, vr: &[u8; 2], value: &[u8]) -> Self {
        let length = value.len() as u32;
        self.header(tag, vr, length).raw(value)
    }

    /// An element with text, padded.
    pub fn text(self, tag: u32, vr: &[u8; 2], text: &str) -> Self {
        let mut value = text.as_bytes().to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == b"UI" { 0 } else { b' ' });
        }
        self.value(tag, vr, &value)
    }

    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// An item header, a fragment header or a delimiter.
    pub fn item(mut self, tag: u32, length: u32) -> Self {
        self.raw_tag(tag);
        self.bytes.extend(self.encoding.long(length));
        self
    }

    /// A sequence of items, with defined or undefined lengths.
    pub fn sequence(self, tag: u32, items: &[Self], defined: bool) -> Self {
        let mut content = Self::new(self.encoding);
        for item in items {
            let length = if defined { item.bytes.len() as u32 } else { UNDEFINED };
            content = content.item(0xFFFE_E000, length).raw(&item.bytes);
            if !defined {
                content = content.item(0xFFFE_E00D, 0);
            }
        }
        let length = if defined { content.bytes.len() as u32 } else { UNDEFINED };
        let whole = self.header(tag, b"SQ", length).raw(&content.bytes);
        if defined { whole } else { whole.item(0xFFFE_E0DD, 0) }
    }

    /// Encapsulated Pixel Data: a Basic Offset Table and fragments.
    pub fn fragments(self, offsets: &[u32], fragments: &[&[u8]]) -> Self {
        let table: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
        let mut whole = self.header(0x7FE0_0010, b"OB", UNDEFINED).item(0xFFFE_E000, table.len() as u32).raw(&table);
        for fragment in fragments {
            whole = whole.item(0xFFFE_E000, fragment.len() as u32).raw(fragment);
        }
        whole.item(0xFFFE_E0DD, 0)
    }

    /// A Part 10 object in the transfer syntax that the encoding is.
    pub fn part10(&self) -> Vec<u8> {
        part10(self.encoding.name(), &self.bytes)
    }
}

/// File Meta Information with this transfer syntax (none when it is empty), and a data set behind it.
pub fn part10(transfer_syntax: &str, data_set: &[u8]) -> Vec<u8> {
    let mut object = vec![0; 128];
    object.extend(b"DICM");
    object.extend(meta(transfer_syntax));
    object.extend(data_set);
    object
}

/// The File Meta Information group alone.
pub fn meta(transfer_syntax: &str) -> Vec<u8> {
    let mut group = DataSet::new(Encoding::Explicit)
        .value(0x0002_0001, b"OB", &[0, 1])
        .text(0x0002_0002, b"UI", SOP_CLASS)
        .text(0x0002_0003, b"UI", SOP_INSTANCE);
    if !transfer_syntax.is_empty() {
        group = group.text(0x0002_0010, b"UI", transfer_syntax);
    }
    let length = group.bytes.len() as u32;
    DataSet::new(Encoding::Explicit).value(0x0002_0000, b"UL", &length.to_le_bytes()).raw(&group.bytes).bytes
}

/// Raw deflate.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
