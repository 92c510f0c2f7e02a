//! A native multi-frame object of any size whose bytes are made while they are read.

use bytes::Bytes;

use crate::{
    data_set::{DataSet, Value, write_header},
    part10::{TransferSyntax, head},
    series::new_uid,
};

/// A multi-frame true-to-size object, Explicit VR Little Endian, 16 bits for each pixel. No two words of its pixels are alike
/// by design: each depends on its frame and place, so a wrong offset shows.
#[derive(Clone, Debug)]
pub struct LargeMultiFrame {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
    /// Number of frames.
    pub frames: u32,
    /// Rows of a frame.
    pub rows: u16,
    /// Columns of a frame; a multiple of four.
    pub columns: u16,
}

impl LargeMultiFrame {
    /// Frames of 512x512 pixels (512 KiB each), as many as fit `pixel_bytes`, at least one. 512 MiB are 1024 frames.
    pub fn of_size(pixel_bytes: u64) -> Self {
        let frames = u32::try_from(pixel_bytes / (512 * 512 * 2)).expect("fewer than 2^32 frames").max(1);
        Self { study: new_uid(), series: new_uid(), instance: new_uid(), frames, rows: 512, columns: 512 }
    }

    /// Bytes of one frame.
    pub fn frame_length(&self) -> usize {
        usize::from(self.rows) * usize::from(self.columns) * 2
    }

    /// Bytes of the whole Part 10 object.
    pub fn length(&self) -> u64 {
        self.head().len() as u64 + self.frame_length() as u64 * u64::from(self.frames)
    }

    /// The bytes of one frame, counted from 1 as DICOMweb does.
    pub fn frame(&self, number: u32) -> Vec<u8> {
        assert!((1..=self.frames).contains(&number), "frame {number} of {}", self.frames);
        let words = self.frame_length() / 8;
        let mut bytes = Vec::with_capacity(self.frame_length());
        for word in 0..words as u64 {
            bytes.extend_from_slice(&mix(u64::from(number) << 32 | word).to_le_bytes());
        }
        bytes
    }

    /// The object in order: everything before the pixels, then a chunk for each frame.
    pub fn chunks(&self) -> impl Iterator<Item = Bytes> + Send + 'static {
        let object = self.clone();
        std::iter::once(Bytes::from(self.head()))
            .chain((1..=self.frames).map(move |number| Bytes::from(object.frame(number))))
    }

    fn head(&self) -> Vec<u8> {
        let mut set = DataSet::new();
        set.text(0x0008_0005, "CS", "ISO_IR 192")
            .text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7.3") // Multi-frame Grayscale Word Secondary Capture
            .text(0x0008_0018, "UI", &self.instance)
            .text(0x0008_0020, "DA", "20240229")
            .text(0x0008_0030, "TM", "101500")
            .text(0x0008_0050, "SH", "LARGE")
            .text(0x0008_0060, "CS", "OT")
            .text(0x0008_0064, "CS", "WSD")
            .text(0x0010_0010, "PN", "Large^Object")
            .text(0x0010_0020, "LO", "LARGE-1")
            .text(0x0020_000D, "UI", &self.study)
            .text(0x0020_000E, "UI", &self.series)
            .text(0x0020_0010, "SH", "1")
            .text(0x0020_0011, "IS", "1")
            .text(0x0020_0013, "IS", "1")
            .text(0x0028_0004, "CS", "MONOCHROME2")
            .text(0x0028_0008, "IS", &self.frames.to_string())
            .us(0x0028_0002, 1)
            .us(0x0028_0010, self.rows)
            .us(0x0028_0011, self.columns)
            .us(0x0028_0100, 16)
            .us(0x0028_0101, 16)
            .us(0x0028_0102, 15)
            .us(0x0028_0103, 0)
            .put(0x0028_0009, "AT", Value::U16(vec![0x0018, 0x1063]))
            .text(0x0018_1063, "DS", "33.3");
        let mut out = head(&set, TransferSyntax::ExplicitLittle);
        let explicit = TransferSyntax::ExplicitLittle.encoding();
        set.encode(explicit, &mut out);
        let pixels = self.frame_length() as u64 * u64::from(self.frames);
        let length = u32::try_from(pixels).expect("native pixel data ends below 4 GiB");
        write_header(0x7FE0_0010, *b"OW", length, explicit, &mut out);
        out
    }
}

/// SplitMix64: cheap, and every input gives another output.
fn mix(input: u64) -> u64 {
    let mut word = input.wrapping_add(0x9E37_79B9_7F4A_7C15);
    word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}
