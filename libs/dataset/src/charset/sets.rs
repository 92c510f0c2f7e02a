//! The coded character sets of PS3.3 Tables C.12-2 to C.12-4 and the decoding of their octets.

use encoding_rs::Encoding;

/// What the octets 0x21 to 0x7E stand for. JIS X 0201 Romaji counts as ASCII: in DICOM files its 0x5C and 0x7E, a yen
/// sign and an overline by that standard, are written and read as backslash and tilde.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum G0 {
    Ascii,
    /// JIS X 0201 Katakana, which belongs in G1 but is met here.
    Katakana,
    /// JIS X 0208, two octets.
    JisX0208,
    /// JIS X 0212, two octets.
    JisX0212,
}

/// What the octets 0xA0 to 0xFF stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum G1 {
    Latin1,
    /// ISO 8859 parts 2 to 8 and 15, all of which `encoding_rs` has as they are.
    Iso8859(&'static Encoding),
    /// ISO 8859-9 and TIS 620, which `encoding_rs` has only in their Windows forms, with characters in 0x80 to 0x9F.
    Windows(&'static Encoding),
    /// JIS X 0201 Katakana.
    Katakana,
    /// KS X 1001 or GB 2312, two octets.
    Double(&'static Encoding),
}

impl G0 {
    /// Decodes one character of a set of two octets. `None` if there is no such character.
    pub(super) fn double(self, first: u8, second: u8) -> Option<char> {
        let (first, second) = (first | 0x80, second | 0x80);
        match self {
            Self::Ascii | Self::Katakana => None,
            Self::JisX0208 => match (first, second) {
                // Here `encoding_rs` follows Microsoft's table; these are the characters of JIS X 0208 itself.
                (0xA1, 0xC1) => Some('\u{301C}'),
                (0xA1, 0xC2) => Some('\u{2016}'),
                (0xA1, 0xDD) => Some('\u{2212}'),
                (0xA1, 0xF1) => Some('\u{00A2}'),
                (0xA1, 0xF2) => Some('\u{00A3}'),
                (0xA2, 0xCC) => Some('\u{00AC}'),
                _ => only_char(encoding_rs::EUC_JP, &[first, second]),
            },
            Self::JisX0212 => only_char(encoding_rs::EUC_JP, &[0x8F, first, second]),
        }
    }
}

impl G1 {
    /// Decodes octets of 0x80 and above; `false` if some are no characters of the set.
    pub(super) fn decode(self, octets: &[u8], text: &mut String) -> bool {
        match self {
            Self::Latin1 => {
                text.extend(octets.iter().map(|octet| char::from(*octet)));
                true
            }
            Self::Iso8859(encoding) | Self::Double(encoding) => whole(encoding, octets, text),
            Self::Windows(encoding) => octets.iter().fold(true, |valid, octet| match octet {
                0x80..=0x9F => {
                    text.push(char::from(*octet));
                    valid
                }
                _ => whole(encoding, &[*octet], text) && valid,
            }),
            Self::Katakana => octets.iter().fold(true, |valid, octet| {
                let katakana = katakana(*octet);
                text.push(katakana.unwrap_or(char::REPLACEMENT_CHARACTER));
                katakana.is_some() && valid
            }),
        }
    }
}

/// A half-width character of JIS X 0201 Katakana.
pub(super) fn katakana(octet: u8) -> Option<char> {
    match octet {
        0xA1..=0xDF => char::from_u32(0xFF61 + u32::from(octet - 0xA1)),
        _ => None,
    }
}

/// Two octets as Shift JIS, which files put where they declare JIS X 0201.
pub(super) fn shift_jis(first: u8, second: u8) -> Option<char> {
    only_char(encoding_rs::SHIFT_JIS, &[first, second])
}

fn whole(encoding: &'static Encoding, octets: &[u8], text: &mut String) -> bool {
    let (decoded, invalid) = encoding.decode_without_bom_handling(octets);
    text.push_str(&decoded);
    !invalid
}

fn only_char(encoding: &'static Encoding, octets: &[u8]) -> Option<char> {
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(octets)?;
    let mut characters = decoded.chars();
    let character = characters.next()?;
    characters.next().is_none().then_some(character)
}
