//! Text as a JSON string (RFC 8259, section 7).

/// Writes a text with quotes around it, and with those characters escaped that must be.
pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|octet| needs_escape(*octet)) {
        let (plain, after) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((octet, after)) = after.split_first() else { break };
        write_escape(out, *octet);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// DEL needs none, but is no graphic character either.
fn needs_escape(octet: u8) -> bool {
    matches!(octet, 0x00..=0x1F | b'"' | b'\\' | 0x7F)
}

fn write_escape(out: &mut Vec<u8>, octet: u8) {
    match octet {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            out.extend_from_slice(b"\\u00");
            out.push(super::number::hexadecimal_digit(octet >> 4));
            out.push(super::number::hexadecimal_digit(octet));
        }
    }
}
