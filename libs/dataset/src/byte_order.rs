//! Byte order of values: how wide the units of a VR are, and turning big endian units into little endian ones.

/// Turns big endian pixel cells of an OW value into little endian ones, in place.
///
/// Cells of up to 16 bits are stored in 16-bit words, whose bytes change places even when each holds two 8-bit
/// cells (PS3.5 7.3 and Annex D); cells of 32 and 64 bits are turned as wholes. `bytes` must start at a word
/// of the value; an incomplete word at its end stays as it is. Values with VR OB have no byte order: do not call
/// it for them.
pub fn swap(bits_allocated: u16, bytes: &mut [u8]) {
    swap_units(pixel_unit(bits_allocated), bytes);
}

/// Bytes in one unit of Pixel Data with VR OW.
pub(crate) fn pixel_unit(bits_allocated: u16) -> usize {
    match bits_allocated {
        32 => 4,
        64 => 8,
        _ => 2,
    }
}

/// Bytes in one unit of a value (PS3.5 7.3): 1 when the VR has no byte order.
pub(crate) fn unit(vr: [u8; 2]) -> usize {
    match &vr {
        b"AT" | b"OW" | b"SS" | b"US" => 2,
        b"FL" | b"OF" | b"OL" | b"SL" | b"UL" => 4,
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
        _ => 1,
    }
}

/// Reverses the bytes of each complete unit.
pub(crate) fn swap_units(unit: usize, bytes: &mut [u8]) {
    match unit {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|word| word.reverse()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|word| word.reverse()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{swap, unit};

    #[test]
    fn swaps_words_cells_and_leaves_a_rest() {
        let turned = |bits: u16, bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            swap(bits, &mut bytes);
            bytes
        };
        assert_eq!(turned(8, &[1, 2, 3, 4]), [2, 1, 4, 3]);
        assert_eq!(turned(16, &[1, 2, 3]), [2, 1, 3]);
        assert_eq!(turned(32, &[1, 2, 3, 4, 5]), [4, 3, 2, 1, 5]);
        assert_eq!(turned(64, &[1, 2, 3, 4, 5, 6, 7, 8]), [8, 7, 6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn units_follow_the_vr() {
        assert_eq!([unit(*b"OB"), unit(*b"AT"), unit(*b"FL"), unit(*b"SV"), unit(*b"LO")], [1, 2, 4, 8, 1]);
    }
}
