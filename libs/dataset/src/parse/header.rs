//! Tag, VR and length of one element (PS3.5 7.1), and recognising how a data set is encoded.

use super::Syntax;
use crate::vr::{self, Surroundings};
use crate::{Finding, Tag};

/// The shortest header: tag and 32-bit length, or tag, VR and 16-bit length.
pub(super) const SHORT: usize = 8;
/// Tag, VR, two reserved bytes and 32-bit length.
const LONG: usize = 12;

/// A header that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub tag: Tag,
    pub vr: [u8; 2],
    pub length: u32,
    /// How many bytes the header has.
    pub size: usize,
    pub finding: Option<Finding>,
}

/// Reads a tag.
pub(super) fn tag(bytes: [u8; 4], big_endian: bool) -> Tag {
    let [a, b, c, d] = bytes;
    if big_endian {
        Tag(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
    } else {
        Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]))
    }
}

/// Reads a 32-bit length.
pub(super) fn length(bytes: [u8; 4], big_endian: bool) -> u32 {
    if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
}

/// Reads tag and length of a header without VR: items, delimiters and implicit VR.
pub(super) fn bare(bytes: &[u8], big_endian: bool) -> Option<(Tag, u32)> {
    let (first, rest) = bytes.split_first_chunk::<4>()?;
    let second = rest.first_chunk::<4>()?;
    Some((tag(*first, big_endian), length(*second, big_endian)))
}

/// Reads the header of an element.
///
/// # Errors
/// The number of bytes needed, when `bytes` has fewer.
pub(super) fn read(bytes: &[u8], syntax: Syntax, surroundings: Surroundings) -> Result<Header, usize> {
    let (tag, bare_length) = bare(bytes, syntax.big_endian).ok_or(SHORT)?;
    let implied =
        |finding| Header { tag, vr: vr::implied(tag, surroundings), length: bare_length, size: SHORT, finding };
    if !syntax.explicit {
        return Ok(implied(None));
    }
    let Some(&[a, b, c, d]) = bytes.get(4..SHORT) else { return Err(SHORT) };
    let (vr, field) = ([a, b], [c, d]);
    let short_length = u32::from(if syntax.big_endian { u16::from_be_bytes(field) } else { u16::from_le_bytes(field) });
    let short = |finding| Header { tag, vr, length: short_length, size: SHORT, finding };
    if vr::is_known(vr) {
        if !vr::is_long_form(vr) {
            return Ok(short(None));
        }
        return long(bytes, tag, vr, syntax.big_endian, None);
    }
    if !vr.iter().all(u8::is_ascii_uppercase) {
        // Some writers change to implicit VR within sequences.
        return Ok(implied(Some(Finding::MixedVrEncoding)));
    }
    // A VR of a later edition has the long form (PS3.5 7.1.2); where the field for it is not zero, the writer
    // must have meant the short one.
    if field != [0, 0] || follows_short(bytes, tag, syntax.big_endian)? {
        return Ok(short(Some(Finding::InvalidVr)));
    }
    long(bytes, tag, vr, syntax.big_endian, Some(Finding::InvalidVr))
}

fn long(bytes: &[u8], tag: Tag, vr: [u8; 2], big_endian: bool, finding: Option<Finding>) -> Result<Header, usize> {
    let Some(&[a, b, c, d]) = bytes.get(SHORT..LONG) else { return Err(LONG) };
    Ok(Header { tag, vr, length: length([a, b, c, d], big_endian), size: LONG, finding })
}

/// Whether the next tag stands right behind a short header: the element is empty.
fn follows_short(bytes: &[u8], tag: Tag, big_endian: bool) -> Result<bool, usize> {
    let Some(&[a, b, c, d]) = bytes.get(SHORT..LONG) else { return Err(LONG) };
    let next = self::tag([a, b, c, d], big_endian);
    Ok(next > tag && (next.group() == tag.group() || next.group() == 0xFFFE))
}

/// How the data set that begins with `bytes` (at least 8) is encoded: whether the third pair of bytes can be a
/// VR, and in which byte order the first group is the smaller number.
pub(super) fn recognise(bytes: [u8; 8]) -> (Tag, Syntax) {
    let [a, b, c, d, e, f, ..] = bytes;
    let little = tag([a, b, c, d], false);
    let big = tag([a, b, c, d], true);
    let explicit = vr::is_known([e, f]);
    if explicit && big.group() < little.group() {
        return (big, Syntax { explicit, big_endian: true });
    }
    (little, Syntax { explicit, big_endian: false })
}

#[cfg(test)]
mod tests {
    use super::{Header, Surroundings, Syntax, read};
    use crate::{Finding, Tag};

    fn explicit(bytes: &[u8]) -> Result<Header, usize> {
        read(bytes, Syntax::EXPLICIT, Surroundings::default())
    }

    fn header(vr: &[u8; 2], length: u32, size: usize, finding: Option<Finding>) -> Result<Header, usize> {
        Ok(Header { tag: Tag(0x0008, 0x0060), vr: *vr, length, size, finding })
    }

    #[test]
    fn reads_each_form() {
        let bad = Some(Finding::InvalidVr);
        assert_eq!(explicit(b"\x08\0\x60\0CS\x02\0"), header(b"CS", 2, 8, None));
        assert_eq!(explicit(b"\x08\0\x60\0UT\0\0"), Err(12));
        assert_eq!(explicit(b"\x08\0\x60\0UT\0\0\x01\0\x02\0"), header(b"UT", 0x2_0001, 12, None));
        assert_eq!(explicit(b"\x08\0\x60\0\x04\0\0\0"), header(b"CS", 4, 8, Some(Finding::MixedVrEncoding)));
        assert_eq!(explicit(b"\x08\0\x60\0ZZ\x04\0"), header(b"ZZ", 4, 8, bad));
        assert_eq!(explicit(b"\x08\0\x60\0ZZ\0\0\x04\0\0\0"), header(b"ZZ", 4, 12, bad));
        assert_eq!(explicit(b"\x08\0\x60\0ZZ\0\0\x08\0\x70\0"), header(b"ZZ", 0, 8, bad));
        assert_eq!(explicit(b"\x08\0\x60\0CS\x02"), Err(8));
    }
}
