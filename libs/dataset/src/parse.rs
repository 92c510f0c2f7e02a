//! The push parser: a state machine that takes a data set (PS3.5 chapter 7) in chunks of any size and reports what
//! passes to a [`Sink`]. It keeps a header that is not complete yet, the values that the sink asks for, the open
//! sequences and the tags seen in them; nothing else.

mod envelope;
mod header;
mod level;
mod machine;
mod object;

pub(crate) use envelope::{Missing, Opened, uid_of};
pub(crate) use machine::PIXEL_DATA;
pub(crate) use object::ObjectParser;

use envelope::Envelope;
use machine::Parser;

use crate::{Refusal, Tag};

/// The item tag (PS3.5 7.5).
pub(crate) const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_DELIMITER: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_DELIMITER: Tag = Tag(0xFFFE, 0xE0DD);
/// The length of a value that ends with a delimiter.
pub(crate) const UNDEFINED: u32 = u32::MAX;

/// How elements are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Syntax {
    /// Explicit VR.
    pub explicit: bool,
    /// Big endian.
    pub big_endian: bool,
}

impl Syntax {
    /// Implicit VR Little Endian.
    pub(crate) const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    /// Explicit VR Little Endian.
    pub(crate) const EXPLICIT: Self = Self { explicit: true, big_endian: false };
}

/// An element, or a fragment of an encapsulated value (with the tag [`ITEM`]), before its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element {
    pub tag: Tag,
    /// As read, or for implicit VR as the dictionary says.
    pub vr: [u8; 2],
    /// As declared; may be [`UNDEFINED`] for sequences and encapsulated values.
    pub length: u32,
    /// Where the value begins, counted from the begin of the data set.
    pub offset: u64,
    /// How many items are around it.
    pub depth: u16,
    pub big_endian: bool,
}

/// What a sink wants of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handling {
    /// All bytes at once, by [`Sink::value`].
    Whole,
    /// As they come, by [`Sink::bytes`] and then [`Sink::value_end`].
    Stream,
}

/// What is made of the elements as they pass.
pub(crate) trait Sink {
    /// The data set begins behind this.
    fn opened(&mut self, _opened: &Opened) {}
    /// A value of defined length begins, or a fragment.
    fn begin(&mut self, element: &Element) -> Result<Handling, Refusal>;
    /// The complete value.
    fn value(&mut self, element: &Element, value: &[u8]) -> Result<(), Refusal>;
    /// Some bytes of a streamed value.
    fn bytes(&mut self, element: &Element, bytes: &[u8]) -> Result<(), Refusal>;
    /// A streamed value is complete.
    fn value_end(&mut self, element: &Element) -> Result<(), Refusal>;
    /// A sequence begins.
    fn begin_sequence(&mut self, element: &Element) -> Result<(), Refusal>;
    /// An item of the innermost sequence begins.
    fn begin_item(&mut self) -> Result<(), Refusal>;
    /// The innermost item ends.
    fn end_item(&mut self) -> Result<(), Refusal>;
    /// The innermost sequence ends.
    fn end_sequence(&mut self) -> Result<(), Refusal>;
    /// An encapsulated value begins; its items follow by [`Sink::begin`].
    fn begin_fragments(&mut self, element: &Element) -> Result<(), Refusal>;
    /// The encapsulated value ends; its delimiter, or the end of the input, is at `end`.
    fn end_fragments(&mut self, element: &Element, end: u64) -> Result<(), Refusal>;
}
