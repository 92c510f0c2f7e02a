//! Part 10 objects (PS3.10 section 7): preamble, file meta group, data set in its transfer syntax.

use std::io::Write;

use flate2::{Compression, write::DeflateEncoder};

use crate::data_set::{DataSet, Encoding};

/// The transfer syntaxes that the generators write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferSyntax {
    /// Implicit VR Little Endian.
    ImplicitLittle,
    /// Explicit VR Little Endian.
    ExplicitLittle,
    /// Explicit VR Big Endian (retired).
    ExplicitBig,
    /// Deflated Explicit VR Little Endian.
    Deflated,
    /// JPEG Baseline (Process 1), encapsulated.
    JpegBaseline,
    /// RLE Lossless, encapsulated.
    RleLossless,
}

impl TransferSyntax {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::ImplicitLittle,
        Self::ExplicitLittle,
        Self::ExplicitBig,
        Self::Deflated,
        Self::JpegBaseline,
        Self::RleLossless,
    ];

    /// The UID of the transfer syntax.
    pub fn uid(self) -> &'static str {
        match self {
            Self::ImplicitLittle => "1.2.840.10008.1.2",
            Self::ExplicitLittle => "1.2.840.10008.1.2.1",
            Self::ExplicitBig => "1.2.840.10008.1.2.2",
            Self::Deflated => "1.2.840.10008.1.2.1.99",
            Self::JpegBaseline => "1.2.840.10008.1.2.4.50",
            Self::RleLossless => "1.2.840.10008.1.2.5",
        }
    }

    /// Whether pixel data is in fragments.
    pub fn is_encapsulated(self) -> bool {
        matches!(self, Self::JpegBaseline | Self::RleLossless)
    }

    pub(crate) fn encoding(self) -> Encoding {
        Encoding { explicit: self != Self::ImplicitLittle, big_endian: self == Self::ExplicitBig }
    }
}

/// Writes a whole Part 10 object. SOP class and instance are taken from (0008,0016) and (0008,0018).
pub fn part10(data_set: &DataSet, syntax: TransferSyntax) -> Vec<u8> {
    let mut out = head(data_set, syntax);
    let mut body = Vec::new();
    data_set.encode(syntax.encoding(), &mut body);
    if syntax == TransferSyntax::Deflated {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(&body).expect("writing to memory");
        body = deflate.finish().expect("writing to memory");
        if body.len() % 2 == 1 {
            body.push(0); // PS3.5 A.5: padded to even length
        }
    }
    out.extend_from_slice(&body);
    out
}

/// Preamble, `DICM` and the file meta group.
pub(crate) fn head(data_set: &DataSet, syntax: TransferSyntax) -> Vec<u8> {
    let explicit = TransferSyntax::ExplicitLittle.encoding();
    let mut meta = DataSet::new();
    meta.put(0x0002_0001, "OB", crate::Value::Bytes(vec![0, 1]));
    meta.text(0x0002_0002, "UI", data_set.get_text(0x0008_0016).unwrap_or_default());
    meta.text(0x0002_0003, "UI", data_set.get_text(0x0008_0018).unwrap_or_default());
    meta.text(0x0002_0010, "UI", syntax.uid());
    meta.text(0x0002_0012, "UI", "2.25.30903241687305716043120386301911371010");
    meta.text(0x0002_0013, "SH", "NOCTIS_TEST_1");
    let mut group = Vec::new();
    meta.encode(explicit, &mut group);
    let mut length = DataSet::new();
    length.put(0x0002_0000, "UL", crate::Value::U32(vec![group.len() as u32]));

    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    length.encode(explicit, &mut out);
    out.extend_from_slice(&group);
    out
}
