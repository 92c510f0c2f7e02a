//! Writes the elements that pass in Explicit VR Little Endian (PS3.5 7.1.2).

use uid::Uid;

use crate::parse::{Element, Handling, ITEM, PIXEL_DATA, Sink, UNDEFINED, uid_of};
use crate::{Refusal, Tag, byte_order, vr};

const BITS_ALLOCATED: Tag = Tag(0x0028, 0x0100);
const SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x0018);
/// Values up to this length are turned at once; larger ones as they come.
const WHOLE: u32 = 64 * 1024;
/// The longest value of an element with a 16-bit length: even, and not the undefined length.
const SHORT_MAX: u32 = 0xFFFE;

/// Writes what passes, and notes what the File Meta Information needs.
#[derive(Debug, Default)]
pub(super) struct RewriteSink {
    pub(super) out: Vec<u8>,
    pub(super) sop_class: Option<Uid>,
    pub(super) sop_instance: Option<Uid>,
    /// Whether an element behind SOP Instance UID was met.
    pub(super) identity_passed: bool,
    /// Whether the Pixel Data is encapsulated: nothing more is written then.
    pub(super) encapsulated: bool,
    bits_allocated: u16,
    /// The begin of a unit that is not complete.
    carry: Vec<u8>,
}

impl RewriteSink {
    fn tag(&mut self, tag: Tag) {
        self.out.extend_from_slice(&tag.group().to_le_bytes());
        self.out.extend_from_slice(&tag.element().to_le_bytes());
    }

    fn header(&mut self, tag: Tag, vr: [u8; 2], length: u32) {
        self.tag(tag);
        let fits_short = length <= SHORT_MAX;
        if vr::is_known(vr) && !vr::is_long_form(vr) && fits_short {
            self.out.extend_from_slice(&vr);
            let length = u16::try_from(length).unwrap_or_default();
            self.out.extend_from_slice(&length.to_le_bytes());
            return;
        }
        // A value too long for its VR is written as UN (PS3.5 6.2.2 note 2).
        let vr = if vr::is_long_form(vr) { vr } else { *b"UN" };
        self.out.extend_from_slice(&vr);
        self.out.extend_from_slice(&[0, 0]);
        self.out.extend_from_slice(&length.to_le_bytes());
    }

    fn item_header(&mut self, tag: Tag, length: u32) {
        self.tag(tag);
        self.out.extend_from_slice(&length.to_le_bytes());
    }

    /// Bytes that change places together.
    fn unit(&self, element: &Element) -> usize {
        if !element.big_endian || element.tag == ITEM {
            return 1;
        }
        if element.depth == 0 && PIXEL_DATA.contains(&element.tag) && &element.vr == b"OW" {
            return byte_order::pixel_unit(self.bits_allocated);
        }
        byte_order::unit(element.vr)
    }

    fn write(&mut self, unit: usize, mut bytes: &[u8]) {
        if unit == 1 {
            self.out.extend_from_slice(bytes);
            return;
        }
        if !self.carry.is_empty() {
            let missing = unit.saturating_sub(self.carry.len());
            let (now, later) = bytes.split_at_checked(missing).unwrap_or((bytes, &[]));
            self.carry.extend_from_slice(now);
            bytes = later;
            if self.carry.len() < unit {
                return;
            }
            self.carry.reverse();
            self.out.append(&mut self.carry);
        }
        let (units, rest) = bytes.split_at(bytes.len() / unit * unit);
        let from = self.out.len();
        self.out.extend_from_slice(units);
        if let Some(written) = self.out.get_mut(from..) {
            byte_order::swap_units(unit, written);
        }
        self.carry.extend_from_slice(rest);
    }

    fn end(&mut self, element: &Element) {
        self.out.append(&mut self.carry);
        if element.length % 2 == 1 {
            self.out.push(if element.tag == ITEM { 0 } else { vr::padding(element.vr) });
        }
    }

    fn note(&mut self, element: &Element, value: &[u8]) {
        match element.tag {
            Tag(0x0008, 0x0016) => self.sop_class = uid_of(value).and_then(Result::ok),
            SOP_INSTANCE_UID => self.sop_instance = uid_of(value).and_then(Result::ok),
            BITS_ALLOCATED => {
                let bytes = value.first_chunk::<2>().copied().unwrap_or_default();
                self.bits_allocated =
                    if element.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
            }
            _ => {}
        }
    }

    fn pass(&mut self, element: &Element) {
        self.identity_passed |= element.depth == 0 && element.tag > SOP_INSTANCE_UID;
    }
}

/// Group lengths (retired) would be wrong.
fn is_left_out(element: &Element) -> bool {
    element.tag.element() == 0 && element.tag != ITEM
}

impl Sink for RewriteSink {
    fn begin(&mut self, element: &Element) -> Result<Handling, Refusal> {
        if self.encapsulated || is_left_out(element) {
            return Ok(Handling::Stream);
        }
        let length = element.length.saturating_add(element.length % 2);
        if element.tag == ITEM {
            self.item_header(ITEM, length);
        } else {
            self.pass(element);
            self.header(element.tag, element.vr, length);
        }
        Ok(if element.length <= WHOLE { Handling::Whole } else { Handling::Stream })
    }

    fn value(&mut self, element: &Element, value: &[u8]) -> Result<(), Refusal> {
        if element.depth == 0 {
            self.note(element, value);
        }
        self.bytes(element, value)?;
        self.value_end(element)
    }

    fn bytes(&mut self, element: &Element, bytes: &[u8]) -> Result<(), Refusal> {
        if !self.encapsulated && !is_left_out(element) {
            self.write(self.unit(element), bytes);
        }
        Ok(())
    }

    fn value_end(&mut self, element: &Element) -> Result<(), Refusal> {
        if !self.encapsulated && !is_left_out(element) {
            self.end(element);
        }
        Ok(())
    }

    fn begin_sequence(&mut self, element: &Element) -> Result<(), Refusal> {
        self.pass(element);
        self.header(element.tag, *b"SQ", UNDEFINED);
        Ok(())
    }

    fn begin_item(&mut self) -> Result<(), Refusal> {
        self.item_header(ITEM, UNDEFINED);
        Ok(())
    }

    fn end_item(&mut self) -> Result<(), Refusal> {
        self.item_header(Tag(0xFFFE, 0xE00D), 0);
        Ok(())
    }

    fn end_sequence(&mut self) -> Result<(), Refusal> {
        self.item_header(Tag(0xFFFE, 0xE0DD), 0);
        Ok(())
    }

    fn begin_fragments(&mut self, element: &Element) -> Result<(), Refusal> {
        self.encapsulated |= element.depth == 0 && PIXEL_DATA.contains(&element.tag);
        if !self.encapsulated {
            self.pass(element);
            self.header(element.tag, element.vr, UNDEFINED);
        }
        Ok(())
    }

    fn end_fragments(&mut self, _element: &Element, _end: u64) -> Result<(), Refusal> {
        if !self.encapsulated {
            self.item_header(Tag(0xFFFE, 0xE0DD), 0);
        }
        Ok(())
    }
}
