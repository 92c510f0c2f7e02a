//! Octet streams as InlineBinary (PS3.18 F.2.7): base64 of the value in little endian.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Writes `,"InlineBinary":"…"` for a value of OB, OD, OF, OL, OV, OW or UN.
pub(super) fn write(out: &mut Vec<u8>, vr: [u8; 2], value: &[u8], big_endian: bool) {
    out.extend_from_slice(b",\"InlineBinary\":\"");
    let word = match &vr {
        b"OW" => 2,
        b"OF" | b"OL" => 4,
        b"OD" | b"OV" => 8,
        _ => 1,
    };
    if big_endian && word > 1 {
        let mut swapped = value.to_vec();
        swapped.chunks_exact_mut(word).for_each(<[u8]>::reverse);
        write_base64(out, &swapped);
    } else {
        write_base64(out, value);
    }
    out.push(b'"');
}

fn write_base64(out: &mut Vec<u8>, value: &[u8]) {
    let start = out.len();
    let encoded = base64::encoded_len(value.len(), true).unwrap_or_default();
    out.resize(start.saturating_add(encoded), b'=');
    let written = out.get_mut(start..).and_then(|place| STANDARD.encode_slice(value, place).ok());
    out.truncate(start.saturating_add(written.unwrap_or_default()));
}
