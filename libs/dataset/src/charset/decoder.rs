//! The state machine of ISO 2022 as PS3.5 6.1.2.5 uses it: two sets, G0 for the lower and G1 for the upper octets, that
//! escape sequences change and delimiters set back.

use super::escapes::{self, Designation};
use super::sets::{self, G0, G1};
use super::{ESCAPE, TextContext};

/// Decodes one value; the second part is whether something in it was no text. `initial` is G1 at the start and after a
/// delimiter, `declared` what upper octets mean when nothing was designated for them.
pub(super) fn decode(bytes: &[u8], initial: Option<G1>, declared: Option<G1>, context: TextContext) -> (String, bool) {
    let mut decoder = Decoder {
        initial,
        declared,
        context,
        g0: G0::Ascii,
        g1: initial,
        text: String::with_capacity(bytes.len()),
        invalid: false,
    };
    decoder.run(bytes);
    (decoder.text, decoder.invalid)
}

/// Decodes one value with code extensions.
struct Decoder {
    initial: Option<G1>,
    declared: Option<G1>,
    context: TextContext,
    g0: G0,
    g1: Option<G1>,
    text: String,
    invalid: bool,
}

impl Decoder {
    fn run(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(octet) = rest.first() {
            let taken = match octet {
                &ESCAPE => self.escape(rest),
                0x00..=0x20 | 0x7F => self.control(*octet),
                0x21..=0x7E => self.lower(rest),
                0x80..=0xFF => self.upper(rest),
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    fn escape(&mut self, rest: &[u8]) -> usize {
        match escapes::designation(rest) {
            Some((Designation::G0(set), length)) => {
                self.g0 = set;
                length
            }
            Some((Designation::G1(set), length)) => {
                self.g1 = Some(set);
                length
            }
            None => {
                self.invalid = true;
                self.text.push(char::from(ESCAPE));
                1
            }
        }
    }

    /// PS3.5 6.1.2.5.3: the ends of lines and pages, and tabs, switch back to the initial sets.
    fn control(&mut self, octet: u8) -> usize {
        self.text.push(char::from(octet));
        if matches!(octet, b'\t' | b'\n' | 0x0C | b'\r') {
            self.reset();
        }
        1
    }

    fn reset(&mut self) {
        self.g0 = G0::Ascii;
        self.g1 = self.initial;
    }

    fn lower(&mut self, rest: &[u8]) -> usize {
        let (first, second) = (rest.first().copied().unwrap_or_default(), rest.get(1).copied().unwrap_or_default());
        match self.g0 {
            G0::Ascii => {
                self.text.push(char::from(first));
                if self.is_delimiter(first) {
                    self.reset();
                }
                1
            }
            G0::Katakana => self.character(sets::katakana(first | 0x80), 1),
            G0::JisX0208 | G0::JisX0212 if matches!(second, 0x21..=0x7E) => {
                self.character(self.g0.double(first, second), 2)
            }
            G0::JisX0208 | G0::JisX0212 => self.character(None, 1),
        }
    }

    fn is_delimiter(&self, octet: u8) -> bool {
        match self.context {
            TextContext::Text => false,
            TextContext::ShortText => octet == b'\\',
            TextContext::PersonName => matches!(octet, b'\\' | b'^' | b'='),
        }
    }

    fn upper(&mut self, rest: &[u8]) -> usize {
        let length = rest.iter().position(|octet| *octet < 0x80).unwrap_or(rest.len());
        let run = rest.get(..length).unwrap_or_default();
        // Sets of two octets are used without their escape sequence, or only with a first one, often enough.
        self.invalid |= self.g1.is_none();
        match self.g1.or(self.declared) {
            Some(G1::Katakana) => self.katakana(rest),
            Some(set) => {
                self.invalid |= !set.decode(run, &mut self.text);
                length
            }
            None => {
                self.text.push_str(&super::undeclared(run).0);
                length
            }
        }
    }

    /// One octet of JIS X 0201, or two of Shift JIS, which stand in their place in real files.
    fn katakana(&mut self, rest: &[u8]) -> usize {
        let (first, second) = (rest.first().copied().unwrap_or_default(), rest.get(1).copied().unwrap_or_default());
        match sets::katakana(first) {
            Some(character) => self.character(Some(character), 1),
            None => match sets::shift_jis(first, second) {
                Some(character) => self.character(Some(character), 2),
                None => self.character(None, 1),
            },
        }
    }

    fn character(&mut self, character: Option<char>, octets: usize) -> usize {
        self.invalid |= character.is_none();
        self.text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        octets
    }
}
