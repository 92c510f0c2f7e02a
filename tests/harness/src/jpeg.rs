//! A JPEG baseline encoder of the smallest kind: grey, one value for each block of 8x8 pixels (only DC coefficients).
//! Any decoder reads it, and its size differs from frame to frame, which is what tests of encapsulation need.

/// Bits of the DC codes of Annex K Table K.3 by category: (code, length).
const DC_CODES: [(u16, u8); 12] = [
    (0b00, 2),
    (0b010, 3),
    (0b011, 3),
    (0b100, 3),
    (0b101, 3),
    (0b110, 3),
    (0b1110, 4),
    (0b11110, 5),
    (0b11_1110, 6),
    (0b111_1110, 7),
    (0b1111_1110, 8),
    (0b1_1111_1110, 9),
];

/// Encodes one grey image; `blocks` holds a value for each block of 8x8 pixels, row by row.
pub fn grey_mosaic(rows: u16, columns: u16, blocks: &[u8]) -> Vec<u8> {
    assert_eq!(
        blocks.len(),
        usize::from(rows.div_ceil(8)) * usize::from(columns.div_ceil(8)),
        "a value for each block"
    );
    let mut out = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    out.extend_from_slice(&[8; 64]); // quantisation: DC is the level times eight, so one step is one level
    out.extend_from_slice(&[0xFF, 0xC0, 0, 11, 8]);
    out.extend_from_slice(&rows.to_be_bytes());
    out.extend_from_slice(&columns.to_be_bytes());
    out.extend_from_slice(&[1, 1, 0x11, 0]);
    out.extend_from_slice(&[0xFF, 0xC4, 0, 31, 0x00, 0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
    out.extend(0..=11);
    out.extend_from_slice(&[0xFF, 0xC4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // AC: only EOB
    out.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0x00, 0, 63, 0]);
    write_scan(blocks, &mut out);
    out.extend_from_slice(&[0xFF, 0xD9]);
    out
}

fn write_scan(blocks: &[u8], out: &mut Vec<u8>) {
    let mut bits = Bits { out, held: 0, count: 0 };
    let mut before = 0;
    for &block in blocks {
        let level = i32::from(block) - 128;
        let difference = level - before;
        before = level;
        let category = 32 - difference.unsigned_abs().leading_zeros();
        let (code, length) = DC_CODES[category as usize];
        bits.push(u32::from(code), u32::from(length));
        let value = if difference < 0 { difference + (1 << category) - 1 } else { difference };
        bits.push(value as u32, category);
        bits.push(0, 1); // end of block
    }
    bits.finish();
}

struct Bits<'a> {
    out: &'a mut Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    fn push(&mut self, value: u32, length: u32) {
        self.held = (self.held << length) | value;
        self.count += length;
        while self.count >= 8 {
            self.count -= 8;
            self.emit((self.held >> self.count) as u8);
            self.held &= (1 << self.count) - 1;
        }
    }

    fn emit(&mut self, byte: u8) {
        self.out.push(byte);
        if byte == 0xFF {
            self.out.push(0); // so that entropy-coded bytes are never taken for a marker
        }
    }

    fn finish(mut self) {
        if self.count > 0 {
            let fill = 8 - self.count;
            self.push((1 << fill) - 1, fill);
        }
    }
}
