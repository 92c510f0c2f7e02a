//! The defined terms of Specific Character Set (0008,0005), PS3.3 C.12.1.1.2, and the misspellings of them that are met.

use super::sets::{G0, G1};
use encoding_rs::{
    EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7, ISO_8859_8,
    ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1254,
};

/// What one term stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// The default repertoire, ISO-IR 6.
    Default,
    /// A set for G1.
    G1(G1),
    /// A set for G0, to be designated by an escape sequence.
    G0(G0),
    /// An encoding without code extensions.
    StandAlone(&'static Encoding),
}

/// The longest term that is looked at; defined terms have at most 16 characters (CS).
const MAX_TERM: usize = 40;

/// What a term stands for; `None` if nobody knows. Spelling is read generously: case, spaces, hyphens and underscores
/// make no difference, and "ISO_IR" and "ISO 2022 IR" mean the same set.
pub(super) fn term(text: &str) -> Option<Term> {
    let text = text.trim_matches(|character| matches!(character, ' ' | '\0'));
    if text.is_empty() {
        return Some(Term::Default);
    }
    if text.len() > MAX_TERM {
        return None;
    }
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    named(&plain).or_else(|| numbered(&plain)).or_else(|| labelled(text))
}

fn named(plain: &str) -> Option<Term> {
    Some(match plain {
        "ASCII" | "USASCII" | "ISO646" => Term::Default,
        "GB18030" | "ISO2022GB18030" => Term::StandAlone(GB18030),
        "GBK" | "ISO2022GBK" => Term::StandAlone(GBK),
        "GB2312" | "ISO202258" => Term::G1(G1::Double(GBK)),
        "LATIN1" | "ISO88591" => Term::G1(G1::Latin1),
        "UTF8" => Term::StandAlone(UTF_8),
        "SHIFTJIS" | "SJIS" => Term::StandAlone(SHIFT_JIS),
        _ => return None,
    })
}

fn numbered(plain: &str) -> Option<Term> {
    let number = ["ISO2022IR", "ISOIR", "IR"].iter().find_map(|prefix| plain.strip_prefix(prefix))?;
    let registration: u16 = number.parse().ok()?;
    match registration {
        6 | 14 => Some(Term::Default),
        87 => Some(Term::G0(G0::JisX0208)),
        159 => Some(Term::G0(G0::JisX0212)),
        192 => Some(Term::StandAlone(UTF_8)),
        _ => g1_of(registration).map(Term::G1),
    }
}

/// Names of encodings as the Web uses them, which some software writes here.
fn labelled(text: &str) -> Option<Term> {
    let encoding = Encoding::for_label(text.as_bytes())?;
    encoding.is_ascii_compatible().then_some(Term::StandAlone(encoding))
}

/// The set for G1 with this ISO-IR registration number.
pub(super) fn g1_of(registration: u16) -> Option<G1> {
    Some(match registration {
        13 => G1::Katakana,
        58 => G1::Double(GBK),
        100 => G1::Latin1,
        101 => G1::Iso8859(ISO_8859_2),
        109 => G1::Iso8859(ISO_8859_3),
        110 => G1::Iso8859(ISO_8859_4),
        126 => G1::Iso8859(ISO_8859_7),
        127 => G1::Iso8859(ISO_8859_6),
        138 => G1::Iso8859(ISO_8859_8),
        144 => G1::Iso8859(ISO_8859_5),
        148 => G1::Windows(WINDOWS_1254),
        149 => G1::Double(EUC_KR),
        166 => G1::Windows(WINDOWS_874),
        203 => G1::Iso8859(ISO_8859_15),
        _ => return None,
    })
}
