//! What is done to the bytes of a native value on their way out: big endian cells become little endian ones, and a
//! frame of 1-bit pixels that begins inside a byte is moved to the begin of one.

use bytes::Bytes;
use dataset::byte_order;

/// The largest unit that changes its byte order.
const LARGEST_UNIT: usize = 8;

/// How a stretch of a value becomes what is sent. Takes the stretch in pieces of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cells {
    order: Option<Order>,
    /// Bytes to drop from the begin, after the change of order.
    skip: u64,
    /// Bits to drop from the byte behind those; the first pixel is in the lowest bit (PS3.5 8.1.1).
    shift: u32,
    carry: Option<u8>,
    /// What is still to be sent.
    bits: u64,
}

/// Units of a big endian value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Order {
    bits: u16,
    /// The begin of a unit whose end has not come yet.
    begun: Vec<u8>,
}

/// Bits of the units in which a big endian value of this VR is turned (PS3.5 7.3); `None` where it has no byte order.
/// Pixel Data with VR OW is turned by its Bits Allocated.
pub(crate) fn big_endian_unit(vr: [u8; 2], bits_allocated: Option<u16>) -> Option<u16> {
    match &vr {
        b"OW" => Some(bits_allocated.filter(|bits| matches!(bits, 32 | 64)).unwrap_or(16)),
        b"AT" | b"SS" | b"US" => Some(16),
        b"FL" | b"OF" | b"OL" | b"SL" | b"UL" => Some(32),
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => Some(64),
        _ => None,
    }
}

impl Cells {
    /// Sends `bits` bits from bit `shift` of byte `skip` on, after turning units of `order` bits. The stretch
    /// begins at a unit.
    pub(crate) fn new(order: Option<u16>, skip: u64, shift: u32, bits: u64) -> Self {
        let order = order.map(|bits| Order { bits, begun: Vec::with_capacity(LARGEST_UNIT) });
        Self { order, skip, shift, carry: None, bits }
    }

    /// Takes the next bytes of the stretch; gives those that are ready to be sent.
    pub(crate) fn push(&mut self, bytes: Bytes) -> Bytes {
        let bytes = match &mut self.order {
            Some(order) => order.push(&bytes),
            None => bytes,
        };
        self.take(bytes)
    }

    /// Ends the stretch; gives the last bytes.
    pub(crate) fn finish(mut self) -> Bytes {
        let rest = self.order.take().map(|order| Bytes::from(order.begun)).unwrap_or_default();
        let mut last = Vec::from(self.take(rest));
        if let Some(carry) = self.carry.take() {
            self.emit(joined(carry, 0, self.shift), &mut last);
        }
        last.into()
    }

    fn take(&mut self, mut bytes: Bytes) -> Bytes {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip = self.skip.saturating_sub(skipped as u64);
        bytes = bytes.slice(skipped..);
        let whole = self.bits / 8;
        if self.shift == 0 && bytes.len() as u64 <= whole {
            self.bits = self.bits.saturating_sub((bytes.len() as u64).saturating_mul(8));
            return bytes;
        }
        let mut out = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if self.shift == 0 {
                self.emit(byte, &mut out);
            } else if let Some(before) = self.carry.replace(byte) {
                self.emit(joined(before, byte, self.shift), &mut out);
            }
        }
        out.into()
    }

    /// Bits behind the last pixel of the frame belong to the next one and are cleared.
    fn emit(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.bits {
            0 => {}
            bits @ 1..8 => {
                out.push(byte & ((1 << bits) - 1));
                self.bits = 0;
            }
            bits => {
                out.push(byte);
                self.bits = bits - 8;
            }
        }
    }
}

impl Order {
    fn push(&mut self, bytes: &[u8]) -> Bytes {
        let unit = usize::from(self.bits / 8);
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let complete = all.len() - all.len() % unit.max(1);
        self.begun = all.split_off(complete);
        byte_order::swap(self.bits, &mut all);
        all.into()
    }
}

/// The eight bits from bit `shift` of a byte on, the last ones from the byte behind it.
fn joined(byte: u8, next: u8, shift: u32) -> u8 {
    let [low, _] = (u16::from_le_bytes([byte, next]) >> shift).to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::{Cells, big_endian_unit};
    use bytes::Bytes;
    use proptest::prelude::*;

    /// One bit for each pixel, bit by bit: slow and plain.
    fn bits_of(bytes: &[u8], from: u64, count: u64) -> Vec<u8> {
        let bit = |at: u64| bytes[(at / 8) as usize] >> (at % 8) & 1;
        let mut out = vec![0; count.div_ceil(8) as usize];
        for at in 0..count {
            out[(at / 8) as usize] |= bit(from + at) << (at % 8);
        }
        out
    }

    fn run(mut cells: Cells, bytes: &[u8], step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in bytes.chunks(step) {
            out.extend_from_slice(&cells.push(Bytes::copy_from_slice(piece)));
        }
        out.extend_from_slice(&cells.finish());
        out
    }

    #[test]
    fn a_big_endian_frame_that_begins_inside_a_word_is_cut_after_turning() {
        // Words 0201 0403 0605 hold the pixels 1 to 6; the second frame of three 8-bit pixels begins at pixel 4.
        let cells = Cells::new(Some(16), 1, 0, 24);
        assert_eq!(run(cells, &[4, 3, 6, 5], 1), [4, 5, 6]);
    }

    #[test]
    fn units_follow_the_vr_and_bits_allocated() {
        assert_eq!(big_endian_unit(*b"OW", Some(8)), Some(16));
        assert_eq!(big_endian_unit(*b"OW", Some(32)), Some(32));
        assert_eq!(big_endian_unit(*b"OB", Some(16)), None);
        assert_eq!(big_endian_unit(*b"OD", None), Some(64));
        assert_eq!(big_endian_unit(*b"UN", None), None);
    }

    proptest! {
        #[test]
        fn any_stretch_of_bits_is_cut_exactly(
            bytes in proptest::collection::vec(any::<u8>(), 1..200),
            from in 0_u64..1600,
            count in 0_u64..1600,
            step in 1_usize..50,
        ) {
            let total = bytes.len() as u64 * 8;
            let from = from % total;
            let count = count % (total - from + 1);
            let (first, last) = (from / 8, (from + count).div_ceil(8));
            let cells = Cells::new(None, 0, (from % 8) as u32, count);
            let out = run(cells, &bytes[first as usize..last.max(first) as usize], step);
            prop_assert_eq!(out, bits_of(&bytes, from, count));
        }

        #[test]
        fn turning_does_not_depend_on_the_pieces(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            step in 1_usize..20,
            unit in prop_oneof![Just(16_u16), Just(32), Just(64)],
            skip in 0_u64..8,
        ) {
            let mut turned = bytes.clone();
            dataset::byte_order::swap(unit, &mut turned);
            let expected = turned.get(skip as usize..).unwrap_or_default();
            let cells = Cells::new(Some(unit), skip, 0, expected.len() as u64 * 8);
            prop_assert_eq!(run(cells, &bytes, step), expected);
        }
    }
}
