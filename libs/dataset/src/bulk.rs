//! Where the bulk values of an instance lie, and their storage form in the catalog.

use crate::{CorruptPiece, varint};

/// A value that is not in the metadata but fetched by its path (PS3.18 10.4.1.1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkValue {
    /// Tags and 1-based item numbers, as `00880200/1/7FE00010`.
    pub path: String,
    /// Value representation.
    pub vr: [u8; 2],
    /// Where the value begins in the stored object, or in the inflated data set of a deflated one. For an
    /// encapsulated value: its first item, which is the Basic Offset Table.
    pub offset: u64,
    /// Bytes from `offset` on; of an encapsulated value up to and without its sequence delimiter.
    pub length: u64,
    /// Whether the value is in fragments (PS3.5 A.4).
    pub encapsulated: bool,
}

const VERSION: u8 = 1;

impl BulkValue {
    /// The storage form of a list of values.
    #[must_use]
    pub fn encode_all(values: &[Self]) -> Vec<u8> {
        let mut out = Vec::with_capacity(values.len().saturating_mul(40).saturating_add(4));
        out.push(VERSION);
        varint::write(&mut out, values.len() as u64);
        for value in values {
            varint::write(&mut out, value.path.len() as u64);
            out.extend_from_slice(value.path.as_bytes());
            out.extend_from_slice(&value.vr);
            varint::write(&mut out, value.offset);
            varint::write(&mut out, value.length);
            out.push(u8::from(value.encapsulated));
        }
        out
    }

    /// Reads what [`Self::encode_all`] wrote.
    ///
    /// # Errors
    /// [`CorruptPiece`] when the bytes are not such a form.
    pub fn decode_all(bytes: &[u8]) -> Result<Vec<Self>, CorruptPiece> {
        let mut rest = bytes.strip_prefix(&[VERSION]).ok_or(CorruptPiece)?;
        let count = varint::read(&mut rest)?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(Self::decode(&mut rest)?);
        }
        if rest.is_empty() { Ok(values) } else { Err(CorruptPiece) }
    }

    fn decode(rest: &mut &[u8]) -> Result<Self, CorruptPiece> {
        let length = usize::try_from(varint::read(rest)?).map_err(|_| CorruptPiece)?;
        let path = std::str::from_utf8(varint::take(rest, length)?).map_err(|_| CorruptPiece)?.to_owned();
        let vr = varint::take(rest, 2)?.try_into().map_err(|_| CorruptPiece)?;
        let offset = varint::read(rest)?;
        let length = varint::read(rest)?;
        let encapsulated = varint::take(rest, 1)? == [1];
        Ok(Self { path, vr, offset, length, encapsulated })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::BulkValue;

    #[test]
    fn comes_back_as_it_was_and_damage_is_noticed() {
        let values = vec![
            BulkValue { path: "00420011".into(), vr: *b"OB", offset: 1000, length: 1 << 33, encapsulated: false },
            BulkValue { path: "00880200/1/7FE00010".into(), vr: *b"OW", offset: 0, length: 0, encapsulated: true },
        ];
        let bytes = BulkValue::encode_all(&values);
        assert_eq!(BulkValue::decode_all(&bytes).unwrap(), values);
        for length in 0..bytes.len() {
            assert!(BulkValue::decode_all(&bytes[..length]).is_err());
        }
        assert!(BulkValue::decode_all(&[1, 255, 255, 255, 255, 255, 255, 255, 255, 127]).is_err());
    }
}
