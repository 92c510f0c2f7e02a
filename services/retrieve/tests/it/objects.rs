//! Objects whose pixels are known byte by byte, each in an encoding of its own.

use bytes::Bytes;
use harness::{DataSet, TransferSyntax, Value, new_uid, part10};

/// What the frames of an image look like.
#[derive(Clone, Copy)]
pub struct Shape {
    pub rows: u16,
    pub columns: u16,
    pub frames: u32,
    pub bits_allocated: u16,
}

/// The attributes of an image without its pixels, in a study of its own.
pub fn image(shape: Shape) -> DataSet {
    let mut set = DataSet::new();
    set.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7.3")
        .text(0x0008_0018, "UI", &new_uid())
        .text(0x0008_0060, "CS", "OT")
        .text(0x0010_0010, "PN", "Test^Object")
        .text(0x0010_0020, "LO", "T-1")
        .text(0x0020_000D, "UI", &new_uid())
        .text(0x0020_000E, "UI", &new_uid())
        .text(0x0020_0013, "IS", "1")
        .text(0x0028_0004, "CS", "MONOCHROME2")
        .text(0x0028_0008, "IS", &shape.frames.to_string())
        .us(0x0028_0002, 1)
        .us(0x0028_0010, shape.rows)
        .us(0x0028_0011, shape.columns)
        .us(0x0028_0100, shape.bits_allocated)
        .us(0x0028_0101, shape.bits_allocated)
        .us(0x0028_0102, shape.bits_allocated - 1)
        .us(0x0028_0103, 0);
    set
}

/// The same instance with another number, in the same series.
pub fn sibling(set: &DataSet, number: u32) -> DataSet {
    let mut set = set.clone();
    set.text(0x0008_0018, "UI", &new_uid()).text(0x0020_0013, "IS", &number.to_string());
    set
}

pub fn object(set: &DataSet, syntax: TransferSyntax) -> Bytes {
    part10(set, syntax).into()
}

/// Bytes in which every place looks different from its neighbours.
pub fn pattern(length: usize, seed: u32) -> Vec<u8> {
    (0..length as u32).map(|at| ((at ^ seed.rotate_left(16)).wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// The value of OW whose little endian bytes are these.
pub fn words(bytes: &[u8]) -> Value {
    let word = |pair: &[u8]| u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
    Value::U16(bytes.chunks(2).map(word).collect())
}

/// An image of 16-bit frames, and its frames.
pub fn grey(shape: Shape, syntax: TransferSyntax) -> (Bytes, Vec<Vec<u8>>) {
    let length = usize::from(shape.rows) * usize::from(shape.columns) * usize::from(shape.bits_allocated / 8);
    let frames: Vec<Vec<u8>> = (0..shape.frames).map(|frame| pattern(length, frame + 1)).collect();
    let mut set = image(shape);
    set.put(0x7FE0_0010, "OW", words(&frames.concat()));
    (object(&set, syntax), frames)
}

/// An image whose frames are several fragments each, and its frames.
pub fn fragmented(frames: u32, fragments: usize) -> (DataSet, Vec<Vec<u8>>) {
    let mut set = image(Shape { rows: 64, columns: 64, frames, bits_allocated: 16 });
    let (mut offsets, mut all, mut at) = (Vec::new(), Vec::new(), 0);
    let mut expected = Vec::new();
    for frame in 0..frames {
        offsets.push(at);
        let pieces: Vec<Vec<u8>> =
            (0..fragments).map(|number| pattern(1000 + 2 * number, frame * 100 + number as u32)).collect();
        at += pieces.iter().map(|piece| piece.len() as u32 + 8).sum::<u32>();
        expected.push(pieces.concat());
        all.extend(pieces);
    }
    set.put(0x7FE0_0010, "OB", Value::Fragments { offsets, fragments: all });
    (set, expected)
}
