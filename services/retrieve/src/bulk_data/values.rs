//! Which values of an instance answer a request.

use super::{Header, Which};
use crate::{
    accepted::{Accepted, syntax_of_value},
    cells::big_endian_unit,
    part::{NativeValue, Part},
};
use catalog::StoredInstance;
use dataset::BulkValue;
use std::ops::Range;
use uid::transfer_syntax::EXPLICIT_VR_BIG_ENDIAN;

/// Paths of the pixel data of a data set: Pixel Data, Float Pixel Data and Double Float Pixel Data.
const PIXEL_DATA: [&str; 3] = ["7FE00010", "7FE00008", "7FE00009"];

/// A value that is sent.
pub(super) struct Value {
    pub(super) path: String,
    /// Where it lies.
    pub(super) range: Range<u64>,
    pub(super) encapsulated: bool,
    /// Frames of encapsulated Pixel Data, each of which is one part; 0 when the value is one part.
    pub(super) frames: u32,
    /// Bits of the units that are to be turned from big endian.
    order: Option<u16>,
}

/// Those values of one instance that a request means.
pub(super) struct Values {
    pub(super) accepted: Vec<Value>,
    /// Parts that are not sent, and the transfer syntaxes in which they could be.
    refused: u64,
    available: Vec<String>,
}

impl Values {
    pub(super) fn new(bulk: Vec<BulkValue>, stored: &StoredInstance, which: &Which, accepted: &Accepted) -> Self {
        let mut values = Self { accepted: Vec::new(), refused: 0, available: Vec::new() };
        for value in bulk.into_iter().filter(|value| which.means(&value.path)) {
            let value = Value::new(value, stored);
            let syntax = value.syntax(stored);
            if accepted.takes(syntax) {
                values.accepted.push(value);
            } else {
                values.refused = values.refused.saturating_add(value.parts());
                values.available.push(syntax.to_owned());
            }
        }
        values
    }

    /// Adds the parts to a header.
    pub(super) fn count(self: &Values, header: &mut Header) {
        for value in &self.accepted {
            header.parts = header.parts.saturating_add(value.parts());
        }
        header.not_acceptable = header.not_acceptable.saturating_add(self.refused);
        header.available.extend(self.available.iter().cloned());
    }
}

impl Which {
    fn means(&self, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::PixelData => PIXEL_DATA.contains(&path),
            Self::Path(wanted) => wanted.eq_ignore_ascii_case(path),
        }
    }
}

impl Value {
    fn new(value: BulkValue, stored: &StoredInstance) -> Self {
        let is_pixel_data = PIXEL_DATA.contains(&value.path.as_str());
        let pixels = stored.pixels.as_ref().filter(|_| is_pixel_data);
        let frames =
            pixels.filter(|pixels| value.encapsulated && pixels.native.is_none()).map_or(0, |pixels| pixels.frames);
        let is_big_endian = stored.transfer_syntax.as_str() == EXPLICIT_VR_BIG_ENDIAN && !value.encapsulated;
        let bits_allocated = pixels.map(|pixels| pixels.bits_allocated);
        Self {
            range: value.offset..value.offset.saturating_add(value.length),
            order: if is_big_endian { big_endian_unit(value.vr, bits_allocated) } else { None },
            path: value.path,
            encapsulated: value.encapsulated,
            frames,
        }
    }

    fn parts(&self) -> u64 {
        u64::from(self.frames.max(1))
    }

    /// The transfer syntax in which it is sent.
    pub(super) fn syntax<'a>(&self, stored: &'a StoredInstance) -> &'a str {
        syntax_of_value(stored.transfer_syntax.as_str(), self.encapsulated)
    }

    /// The whole value, if it is not encapsulated.
    pub(super) fn native(&self) -> Option<Part> {
        self.native_bytes(0..self.range.end.checked_sub(self.range.start)?)
    }

    /// These bytes of the part that the value is.
    pub(super) fn stretch(&self, part: Part, bytes: Range<u64>) -> Option<Part> {
        if self.encapsulated { Some(part.cut(bytes)) } else { self.native_bytes(bytes) }
    }

    fn native_bytes(&self, bytes: Range<u64>) -> Option<Part> {
        let length = self.range.end.checked_sub(self.range.start)?;
        NativeValue { offset: self.range.start, length, order: self.order }.bytes(bytes)
    }
}
