//! Where the frames of the Pixel Data are, from the Image Pixel attributes (PS3.3 C.7.6.3) and the value itself.

use uid::transfer_syntax;

use super::{PixelLayout, Pixels};
use crate::findings::{Finding, Findings};
use crate::frames::FragmentIndex;
use crate::parse::Element;
use crate::refusal::Place;
use crate::{Refusal, Tag};

/// Float Pixel Data: 32 bits a sample (PS3.3 C.7.6.24).
const FLOAT: Tag = Tag(0x7FE0, 0x0008);
/// Double Float Pixel Data: 64 bits a sample (PS3.3 C.7.6.25).
const DOUBLE_FLOAT: Tag = Tag(0x7FE0, 0x0009);

/// What passed by of the image.
#[derive(Debug, Default)]
pub(super) struct Image {
    rows: u16,
    columns: u16,
    samples_per_pixel: Option<u16>,
    bits_allocated: u16,
    frames: Option<Result<u32, ()>>,
    chroma: Chroma,
    value: Option<Value>,
    pub(super) fragments: FragmentIndex,
    pub(super) encoding: PixelEncoding,
}

/// What the name of the transfer syntax says about Pixel Data (PS3.5 Annex A).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum PixelEncoding {
    /// Nothing: the transfer syntax is private or of another edition.
    #[default]
    Any,
    Native,
    /// A codestream for each frame.
    Encapsulated,
    /// One codestream for all frames (MPEG-2, MPEG-4, HEVC; PS3.5 8.2.5 to 8.2.8).
    Video,
}

impl PixelEncoding {
    pub(super) fn of(name: &str) -> Self {
        if transfer_syntax::is_native(name) {
            return Self::Native;
        }
        if name == transfer_syntax::RLE_LOSSLESS {
            return Self::Encapsulated;
        }
        let Some(rest) = name.strip_prefix("1.2.840.10008.1.2.4.") else { return Self::Any };
        match rest.split('.').next().map(str::parse) {
            Some(Ok(100_u16..=108)) => Self::Video,
            // JPIP: the pixels are elsewhere.
            Some(Ok(94 | 95 | 204 | 205)) => Self::Any,
            _ => Self::Encapsulated,
        }
    }
}

#[derive(Debug)]
enum Value {
    Native(Element),
    Encapsulated,
}

/// How many chroma samples YBR images have in native encoding (PS3.3 C.7.6.3.1.2).
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Chroma {
    #[default]
    Full,
    /// Half: 2 samples for each pixel.
    Half,
    /// A quarter: 3 samples for each 2 pixels.
    Quarter,
}

impl Image {
    /// Takes the value of an element of the data set, if it describes the image.
    pub(super) fn take(&mut self, element: &Element, value: &[u8]) {
        let number = || match value.first_chunk::<2>() {
            Some(bytes) if element.big_endian => u16::from_be_bytes(*bytes),
            Some(bytes) => u16::from_le_bytes(*bytes),
            None => 0,
        };
        match element.tag {
            Tag(0x0028, 0x0002) => self.samples_per_pixel = Some(number()).filter(|samples| *samples > 0),
            Tag(0x0028, 0x0004) => self.chroma = chroma_of(value),
            Tag(0x0028, 0x0008) => self.frames = number_of_frames(value),
            Tag(0x0028, 0x0010) => self.rows = number(),
            Tag(0x0028, 0x0011) => self.columns = number(),
            Tag(0x0028, 0x0100) => self.bits_allocated = number(),
            Tag(0x7FE0, 0x0001) => self.fragments.set_extended_offsets(&little_endian(element, value)),
            Tag(0x7FE0, 0x0002) => self.fragments.set_extended_lengths(&little_endian(element, value)),
            _ => {}
        }
    }

    /// The native value has passed.
    pub(super) fn set_native(&mut self, element: Element) {
        self.value = Some(Value::Native(element));
    }

    /// The encapsulated value has passed.
    pub(super) fn set_encapsulated(&mut self) {
        self.value = Some(Value::Encapsulated);
    }

    /// The frames, when there are some and they can be told apart. Offsets are moved by `shift`.
    pub(super) fn into_pixels(self, shift: u64, findings: &mut Findings) -> Result<Option<Pixels>, Refusal> {
        if self.value.is_some() && matches!(self.frames, Some(Err(()))) {
            findings.note(Finding::IncompletePixelDescription);
        }
        let frames = self.frames.and_then(Result::ok).unwrap_or(1);
        match self.value {
            None => Ok(None),
            Some(Value::Native(_)) if matches!(self.encoding, PixelEncoding::Encapsulated | PixelEncoding::Video) => {
                findings.note(Finding::TransferSyntaxMismatch);
                Ok(None)
            }
            Some(Value::Encapsulated) if self.encoding == PixelEncoding::Native => {
                findings.note(Finding::TransferSyntaxMismatch);
                Ok(None)
            }
            Some(Value::Native(element)) => Ok(self.native(&element, frames, shift, findings)),
            Some(Value::Encapsulated) => self.encapsulated(frames, shift, findings),
        }
    }

    fn pixels(&self, frames: u32, layout: PixelLayout) -> Pixels {
        Pixels {
            frames,
            rows: self.rows,
            columns: self.columns,
            samples_per_pixel: self.samples_per_pixel.unwrap_or(1),
            bits_allocated: self.bits_allocated,
            layout,
        }
    }

    fn native(mut self, element: &Element, frames: u32, shift: u64, findings: &mut Findings) -> Option<Pixels> {
        if self.bits_allocated == 0 {
            self.bits_allocated = match element.tag {
                FLOAT => 32,
                DOUBLE_FLOAT => 64,
                _ => 0,
            };
        }
        let bits = u64::from(element.length).saturating_mul(8);
        let Some(frame_bits) = self.frame_bits(bits, frames) else {
            findings.note(Finding::IncompletePixelDescription);
            return None;
        };
        let there = bits / frame_bits;
        let expected = frame_bits.saturating_mul(u64::from(frames)).div_ceil(16).saturating_mul(16);
        if there < u64::from(frames) {
            findings.note(Finding::ShortPixelData);
        } else if bits > expected {
            findings.note(Finding::LongPixelData);
        }
        let frames = frames.min(u32::try_from(there).unwrap_or(u32::MAX));
        let layout = PixelLayout::Native {
            offset: element.offset.saturating_add(shift),
            length: u64::from(element.length),
            frame_bits,
            big_endian: element.big_endian,
            vr: element.vr,
        };
        (frames > 0).then(|| self.pixels(frames, layout))
    }

    /// Bits of one frame. Images that call themselves subsampled but have all samples are taken as they are.
    fn frame_bits(&self, bits: u64, frames: u32) -> Option<u64> {
        let cells =
            u64::from(self.rows).checked_mul(u64::from(self.columns))?.checked_mul(u64::from(self.bits_allocated))?;
        let full = cells.checked_mul(u64::from(self.samples_per_pixel.unwrap_or(1)))?;
        let is_short = full.checked_mul(u64::from(frames)).is_none_or(|all| all > bits);
        let frame_bits = match self.chroma {
            Chroma::Half if is_short => cells.checked_mul(2)?,
            Chroma::Quarter if is_short => cells.checked_mul(3)?.div_ceil(2),
            _ => full,
        };
        (frame_bits > 0).then_some(frame_bits)
    }

    fn encapsulated(mut self, frames: u32, shift: u64, findings: &mut Findings) -> Result<Option<Pixels>, Refusal> {
        if self.rows == 0 || self.columns == 0 {
            findings.note(Finding::IncompletePixelDescription);
        }
        let frames = if self.encoding == PixelEncoding::Video { 1 } else { frames };
        let is_cut = findings.contains(Finding::MissingDelimiter);
        let fragments = std::mem::take(&mut self.fragments);
        let Some(mut table) = fragments.assign(frames, findings) else {
            return if is_cut { Err(Refusal::EndsBefore(Place::PixelData)) } else { Ok(None) };
        };
        table.shift(shift);
        Ok(Some(self.pixels(table.len(), PixelLayout::Encapsulated { table })))
    }
}

fn chroma_of(photometric_interpretation: &[u8]) -> Chroma {
    match photometric_interpretation.trim_ascii() {
        b"YBR_FULL_422" | b"YBR_PARTIAL_422" => Chroma::Half,
        b"YBR_PARTIAL_420" => Chroma::Quarter,
        _ => Chroma::Full,
    }
}

/// Number of Frames (0028,0008), an IS.
fn number_of_frames(value: &[u8]) -> Option<Result<u32, ()>> {
    let is_padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    if value.iter().all(is_padding) {
        return None;
    }
    let text = std::str::from_utf8(value).unwrap_or_default();
    let text = text.trim_matches(|character: char| character == '\0' || character.is_ascii_whitespace());
    Some(text.parse().ok().filter(|frames| *frames > 0).ok_or(()))
}

fn little_endian(element: &Element, value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if element.big_endian {
        crate::byte_order::swap_units(8, &mut value);
    }
    value
}
