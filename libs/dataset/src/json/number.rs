//! Numbers: those in binary form, and those that are decimal text in the data set (DS, IS).

use crate::Tag;
use std::{
    fmt::{Display, LowerExp},
    io::Write,
};

/// The longest decimal text that is written as a JSON number. DS has at most 16 characters and IS 12; what is much
/// longer would lose digits in most readers of JSON.
const MAX_DECIMAL: usize = 24;

/// The largest integer that every reader of JSON keeps exact (RFC 8259, section 6).
const MAX_EXACT: u64 = (1 << 53) - 1;

/// What a decimal text may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digits {
    /// IS.
    Integer,
    /// DS.
    Decimal,
}

/// Writes a decimal text as a JSON number, with the digits it has: only what JSON does not allow is taken away or
/// added (a plus sign, zeros in front, a bare point). What is no number is written as a string. Returns whether the
/// text is what its VR asks for.
pub(super) fn write_decimal(out: &mut Vec<u8>, text: &str, digits: Digits) -> bool {
    let parts = Decimal::parse(text);
    let valid = parts.as_ref().is_some_and(|parts| digits == Digits::Decimal || parts.is_integer());
    match parts {
        Some(parts) if text.len() <= MAX_DECIMAL && parts.is_finite(text) && parts.is_exact() => parts.write(out),
        _ => super::escape::write_string(out, text),
    }
    valid
}

/// The parts of a decimal number.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// With its sign, after the `E`; empty if there is none.
    exponent: &'a str,
}

impl<'a> Decimal<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        let exponent_is_valid = exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && all_digits(digits)
        });
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        (has_digits && all_digits(whole) && all_digits(fraction) && exponent_is_valid).then_some(Self {
            negative,
            whole,
            fraction,
            exponent: exponent.unwrap_or_default(),
        })
    }

    fn is_integer(&self) -> bool {
        self.fraction.is_empty() && self.exponent.is_empty()
    }

    /// An exponent can make a number that readers of JSON refuse.
    fn is_finite(&self, text: &str) -> bool {
        self.exponent.is_empty() || text.parse::<f64>().is_ok_and(f64::is_finite)
    }

    /// Integers beyond what a double holds are kept as text.
    fn is_exact(&self) -> bool {
        !self.is_integer() || self.whole.parse::<u64>().is_ok_and(|number| number <= MAX_EXACT)
    }

    fn write(&self, out: &mut Vec<u8>) {
        if self.negative {
            out.push(b'-');
        }
        match self.whole.trim_start_matches('0') {
            "" => out.push(b'0'),
            whole => out.extend_from_slice(whole.as_bytes()),
        }
        if !self.fraction.is_empty() {
            out.push(b'.');
            out.extend_from_slice(self.fraction.as_bytes());
        }
        if !self.exponent.is_empty() {
            out.push(b'E');
            out.extend_from_slice(self.exponent.as_bytes());
        }
    }
}

/// Writes `,"Value":[…]` for the VRs of binary numbers and AT; `false` if the length is no multiple of their size.
pub(super) fn write_binary(out: &mut Vec<u8>, vr: [u8; 2], value: &[u8], big_endian: bool) -> bool {
    let size = size_of_number(vr);
    let mut separator: &[u8] = b",\"Value\":[";
    for cell in value.chunks_exact(size) {
        out.extend_from_slice(separator);
        separator = b",";
        write_number(out, vr, cell, big_endian);
    }
    if separator == b"," {
        out.push(b']');
    }
    value.len().is_multiple_of(size)
}

/// The numbers of a value as texts to match by, as they stand in JSON without quotes.
pub(crate) fn texts(vr: [u8; 2], value: &[u8], big_endian: bool) -> Vec<String> {
    if !matches!(&vr, b"AT" | b"FD" | b"FL" | b"SL" | b"SS" | b"SV" | b"UL" | b"US" | b"UV") {
        return Vec::new();
    }
    let mut text = Vec::new();
    let mut cell_text = |cell| {
        text.clear();
        write_number(&mut text, vr, cell, big_endian);
        String::from_utf8_lossy(&text).trim_matches('"').to_owned()
    };
    value.chunks_exact(size_of_number(vr)).map(&mut cell_text).collect()
}

fn size_of_number(vr: [u8; 2]) -> usize {
    match &vr {
        b"SS" | b"US" => 2,
        b"FD" | b"SV" | b"UV" => 8,
        _ => 4,
    }
}

fn write_number(out: &mut Vec<u8>, vr: [u8; 2], cell: &[u8], big_endian: bool) {
    let bits = bits(cell, big_endian);
    match &vr {
        // A number of 16 or 32 bits lies in the lowest of the 64.
        b"SS" => write_integer(out, i64::from(bits as u16 as i16)),
        b"SL" => write_integer(out, i64::from(bits as u32 as i32)),
        b"SV" => write_integer(out, bits as i64),
        b"FL" => write_float(out, f32::from_bits(bits as u32)),
        b"FD" => write_float(out, f64::from_bits(bits)),
        b"AT" => write_tag(out, cell, big_endian),
        _ => write_natural(out, bits),
    }
}

/// The octets of one number as an unsigned one.
fn bits(cell: &[u8], big_endian: bool) -> u64 {
    let append = |number: u64, octet: &u8| (number << 8) | u64::from(*octet);
    match big_endian {
        true => cell.iter().fold(0, append),
        false => cell.iter().rev().fold(0, append),
    }
}

fn write_integer(out: &mut Vec<u8>, number: i64) {
    let exact = number.unsigned_abs() <= MAX_EXACT;
    write_digits(out, number < 0, number.unsigned_abs(), exact);
}

fn write_natural(out: &mut Vec<u8>, number: u64) {
    write_digits(out, false, number, number <= MAX_EXACT);
}

/// PS3.18 F.2.3 lets SV and UV be strings where a number would lose precision.
fn write_digits(out: &mut Vec<u8>, negative: bool, magnitude: u64, exact: bool) {
    let quote: &[u8] = if exact { b"" } else { b"\"" };
    out.extend_from_slice(quote);
    if negative {
        out.push(b'-');
    }
    let mut digits = [0u8; 20];
    let (mut rest, mut used) = (magnitude, 0);
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
    out.extend_from_slice(quote);
}

/// Writes the fewest digits that give the same number again. JSON has no form for what is not finite; as strings these
/// are read by JavaScript's `Number` and Python's `float` (and so by pydicom).
fn write_float<F: Copy + Into<f64> + Display + LowerExp>(out: &mut Vec<u8>, number: F) {
    let value: f64 = number.into();
    if value.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { b"\"-Infinity\"" } else { b"\"Infinity\"" });
    } else if value == 0.0 || (1e-5..1e17).contains(&value.abs()) {
        // Writing into a Vec cannot fail.
        write!(out, "{number}").unwrap_or_default();
    } else {
        write!(out, "{number:e}").unwrap_or_default();
    }
}

/// AT: group and element in this order, each of two octets in the byte order of the data set.
fn write_tag(out: &mut Vec<u8>, cell: &[u8], big_endian: bool) {
    let (group, element) = cell.split_at_checked(2).unwrap_or_default();
    out.push(b'"');
    write_hexadecimal(out, Tag(bits(group, big_endian) as u16, bits(element, big_endian) as u16));
    out.push(b'"');
}

/// Writes a tag as eight upper-case hexadecimal digits.
pub(super) fn write_hexadecimal(out: &mut Vec<u8>, tag: Tag) {
    for half in [tag.group(), tag.element()] {
        for octet in half.to_be_bytes() {
            out.push(hexadecimal_digit(octet >> 4));
            out.push(hexadecimal_digit(octet));
        }
    }
}

/// The digit for the lower four bits.
pub(super) fn hexadecimal_digit(octet: u8) -> u8 {
    match octet & 0x0F {
        digit @ 0..=9 => b'0' + digit,
        digit => b'A' + (digit - 10),
    }
}
