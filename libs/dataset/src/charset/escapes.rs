//! Escape sequences that designate a character set as G0 or G1 (PS3.3 Tables C.12-3 and C.12-4).

use super::sets::{G0, G1};
use super::terms::g1_of;

/// What an escape sequence changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Designation {
    G0(G0),
    G1(G1),
}

/// Reads the escape sequence at the start of `bytes`, the ESC included; gives what it designates and its length. `None`
/// when it is none that DICOM uses.
pub(super) fn designation(bytes: &[u8]) -> Option<(Designation, usize)> {
    let g0 = |set, length| Some((Designation::G0(set), length));
    let g1 = |registration, length| Some((Designation::G1(g1_of(registration)?), length));
    match bytes.get(1..)? {
        [b'(', b'B' | b'J', ..] => g0(G0::Ascii, 3),
        [b'(', b'I', ..] => g0(G0::Katakana, 3),
        [b')', b'I', ..] => g1(13, 3),
        [b'$', b'B' | b'@', ..] => g0(G0::JisX0208, 3),
        [b'$', b'(', b'B', ..] => g0(G0::JisX0208, 4),
        [b'$', b'(', b'D', ..] => g0(G0::JisX0212, 4),
        [b'$', b')', b'C', ..] => g1(149, 4),
        [b'$', b')', b'A', ..] => g1(58, 4),
        [b'-', last, ..] => g1(single_octet_set(*last)?, 3),
        _ => None,
    }
}

/// ISO-IR registration number of a set of 96 characters by the final octet of its escape sequence.
fn single_octet_set(last: u8) -> Option<u16> {
    Some(match last {
        b'A' => 100,
        b'B' => 101,
        b'C' => 109,
        b'D' => 110,
        b'F' => 126,
        b'G' => 127,
        b'H' => 138,
        b'L' => 144,
        b'M' => 148,
        b'T' => 166,
        b'b' => 203,
        _ => return None,
    })
}
