//! Writes File Meta Information (PS3.10 7.1).

/// Implementation Class UID (0002,0012) of Noctis.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.194384400034841866921315769430783847008";
/// Implementation Version Name (0002,0013).
pub const IMPLEMENTATION_VERSION_NAME: &str = "NOCTIS_1";

/// The preamble (zeros) and the prefix `DICM`, in front of File Meta Information.
#[must_use]
pub fn preamble() -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    out
}

/// Preamble, prefix and File Meta Information for a data set with these UIDs.
#[must_use]
pub fn generate(sop_class: &str, sop_instance: &str, transfer_syntax: &str) -> Vec<u8> {
    let mut group = Vec::with_capacity(256);
    group.extend_from_slice(b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01");
    element(&mut group, 0x02, *b"UI", sop_class);
    element(&mut group, 0x03, *b"UI", sop_instance);
    element(&mut group, 0x10, *b"UI", transfer_syntax);
    element(&mut group, 0x12, *b"UI", IMPLEMENTATION_CLASS_UID);
    element(&mut group, 0x13, *b"SH", IMPLEMENTATION_VERSION_NAME);
    let mut out = preamble();
    out.extend_from_slice(b"\x02\0\0\0UL\x04\0");
    out.extend_from_slice(&u32::try_from(group.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&group);
    out
}

/// Appends an element of group 0002 with a short text value, padded to an even length.
fn element(out: &mut Vec<u8>, number: u8, vr: [u8; 2], value: &str) {
    let odd = value.len() % 2;
    out.extend_from_slice(&[2, 0, number, 0]);
    out.extend_from_slice(&vr);
    let length = u16::try_from(value.len().saturating_add(odd)).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(value.as_bytes());
    if odd == 1 {
        out.push(crate::vr::padding(vr));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    #[test]
    fn writes_a_complete_even_group() {
        let bytes = super::generate("1.2.3", "1.2.34", "1.2.840.10008.1.2");
        assert_eq!(&bytes[128..132], b"DICM");
        let length = u32::from_le_bytes([bytes[140], bytes[141], bytes[142], bytes[143]]) as usize;
        assert_eq!(bytes.len(), 144 + length);
        assert_eq!(length % 2, 0);
        assert_eq!(&bytes[158..172], b"\x02\0\x02\0UI\x06\x001.2.3\0");
    }
}
