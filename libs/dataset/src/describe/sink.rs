//! What the describer makes of the elements that pass.

use uid::InstanceRef;

use super::Pixels;
use super::identity::{Identity, SOP_INSTANCE_UID};
use super::image::{Image, PixelEncoding};
use crate::findings::{Finding, Findings};
use crate::metadata::MetadataWriter;
use crate::parse::{Element, Handling, ITEM, Missing, Opened, PIXEL_DATA, Sink};
use crate::refusal::IdentityAttribute;
use crate::{AttributeCollector, Attributes, BulkValue, CharacterSets, Limits, Metadata, Refusal, Tag, vr};

const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);
/// Extended Offset Table and its lengths (PS3.3 C.7.6.3.1.8): read even when they are long, unless they would take
/// up the room of the attributes; without them each frame is still found, with its padding.
const EXTENDED_OFFSETS: [Tag; 2] = [Tag(0x7FE0, 0x0001), Tag(0x7FE0, 0x0002)];
/// Attributes are collected from items of sequences this deep.
const COLLECTED: u16 = 2;
/// Data Set Trailing Padding (PS3.10 7.2).
const PADDING: Tag = Tag(0xFFFC, 0xFFFC);

/// Collects identity, attributes, metadata, frames and bulk values.
#[derive(Debug)]
pub(super) struct IndexSink {
    limits: Limits,
    /// Bytes of values and paths kept so far.
    kept: u64,
    pub(super) identity: Identity,
    image: Image,
    writer: MetadataWriter,
    collector: AttributeCollector,
    bulk: Vec<BulkValue>,
    charset: CharacterSets,
    /// For each open item the character sets around it, if it has its own.
    outer_charsets: Vec<Option<CharacterSets>>,
    /// For each open sequence its tag and the number of its current item.
    path: Vec<(Tag, u32)>,
    /// Whether the File Meta Information will be made from the identity, which must come in time for that.
    identity_needed: bool,
    fragments: Option<Fragments>,
    transfer_syntax_known: bool,
    findings: Findings,
}

/// The encapsulated value that is passing.
#[derive(Debug)]
struct Fragments {
    is_pixel_data: bool,
    /// Whether the first item, the Basic Offset Table, has begun.
    begun: bool,
    /// The first bytes of the current fragment, and how many of them have passed.
    begin: [u8; 2],
    passed: usize,
}

/// What [`IndexSink`] has collected.
pub(super) struct Parts {
    pub attributes: Attributes,
    pub metadata: Metadata,
    pub pixels: Option<Pixels>,
    pub bulk: Vec<BulkValue>,
}

impl IndexSink {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            kept: 0,
            identity: Identity::default(),
            image: Image::default(),
            writer: MetadataWriter::new(),
            collector: AttributeCollector::new(),
            bulk: Vec::new(),
            charset: CharacterSets::default_repertoire(),
            outer_charsets: Vec::new(),
            path: Vec::new(),
            identity_needed: false,
            fragments: None,
            transfer_syntax_known: false,
            findings: Findings::default(),
        }
    }

    /// What was collected; offsets are moved by `shift`.
    pub(super) fn into_parts(
        self,
        instance: &InstanceRef,
        shift: u64,
        findings: &mut Findings,
    ) -> Result<Parts, Refusal> {
        findings.extend(self.findings);
        let mut bulk = self.bulk;
        for value in &mut bulk {
            value.offset = value.offset.saturating_add(shift);
        }
        Ok(Parts {
            pixels: self.image.into_pixels(shift, findings)?,
            attributes: self.collector.finish(),
            metadata: self.writer.finish(instance),
            bulk,
        })
    }

    /// Notes that an element of the data set itself begins. Elements being in order, SOP Class and SOP Instance UID
    /// cannot come after it if its tag is greater.
    fn pass(&mut self, element: &Element) -> Result<(), Refusal> {
        if self.identity_needed && element.depth == 0 && element.tag > SOP_INSTANCE_UID {
            self.identity.require(IdentityAttribute::SopClass)?;
            self.identity.require(IdentityAttribute::SopInstance)?;
            self.identity_needed = false;
        }
        Ok(())
    }

    fn keep(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > self.limits.header_bytes {
            return Err(Refusal::HeaderTooLarge { limit: self.limits.header_bytes });
        }
        Ok(())
    }

    /// Whether a value of this length goes into the metadata.
    fn is_inline(&self, element: &Element) -> bool {
        let binary = vr::is_binary(element.vr) || !vr::is_known(element.vr);
        element.length <= if binary { self.limits.inline_value } else { Limits::INLINE_TEXT }
    }

    fn is_offset_table(&self, element: &Element) -> bool {
        element.depth == 0
            && EXTENDED_OFFSETS.contains(&element.tag)
            && element.length.div_ceil(8) <= self.limits.fragments
            && u64::from(element.length) <= self.limits.header_bytes / 4
    }

    fn add_bulk(&mut self, element: &Element, length: u64, encapsulated: bool) -> Result<(), Refusal> {
        let path = self.path_to(element.tag);
        self.keep(path.len() as u64)?;
        self.writer.bulk(element.tag, element.vr, &path);
        self.bulk.push(BulkValue { path, vr: element.vr, offset: element.offset, length, encapsulated });
        Ok(())
    }

    fn path_to(&self, tag: Tag) -> String {
        let mut path = String::with_capacity(self.path.len().saturating_mul(12).saturating_add(8));
        for (Tag(group, element), item) in &self.path {
            path.push_str(&format!("{group:04X}{element:04X}/{item}/"));
        }
        path.push_str(&format!("{:04X}{:04X}", tag.group(), tag.element()));
        path
    }

    fn set_charset(&mut self, value: &[u8]) {
        let (charset, findings) = CharacterSets::parse(value);
        let outer = std::mem::replace(&mut self.charset, charset);
        if let Some(slot) = self.outer_charsets.last_mut() {
            slot.get_or_insert(outer);
        }
        findings.into_iter().for_each(|finding| self.findings.note(finding));
    }

    fn begin_fragment(&mut self, element: &Element) -> Handling {
        let Some(fragments) = self.fragments.as_mut().filter(|fragments| fragments.is_pixel_data) else {
            return Handling::Stream;
        };
        if fragments.begun {
            fragments.passed = 0;
            self.image.fragments.add(element.offset, element.length);
            return Handling::Stream;
        }
        fragments.begun = true;
        if element.length.div_ceil(4) <= self.limits.fragments {
            return Handling::Whole;
        }
        self.findings.note(Finding::InvalidOffsetTable);
        Handling::Stream
    }
}

impl Sink for IndexSink {
    fn opened(&mut self, opened: &Opened) {
        self.transfer_syntax_known = opened.named;
        self.identity_needed = opened.missing == Missing::FileMeta;
        self.image.encoding = PixelEncoding::of(opened.transfer_syntax.as_str());
    }

    fn begin(&mut self, element: &Element) -> Result<Handling, Refusal> {
        if element.tag == ITEM {
            return Ok(self.begin_fragment(element));
        }
        self.pass(element)?;
        if is_left_out(element) || is_pixel_data(element) {
            return Ok(Handling::Stream);
        }
        if self.is_inline(element) || self.is_offset_table(element) {
            self.keep(u64::from(element.length))?;
            return Ok(Handling::Whole);
        }
        Ok(Handling::Stream)
    }

    fn value(&mut self, element: &Element, value: &[u8]) -> Result<(), Refusal> {
        if element.tag == ITEM {
            self.image.fragments.set_basic_offsets(value);
            return Ok(());
        }
        if element.depth == 0 {
            self.identity.take(element.tag, value, &mut self.findings);
            self.image.take(element, value);
        }
        if element.tag == SPECIFIC_CHARACTER_SET {
            self.set_charset(value);
        }
        if !self.is_inline(element) {
            return self.add_bulk(element, u64::from(element.length), false);
        }
        let Element { tag, vr, big_endian, depth, .. } = *element;
        let notes = self.writer.element(tag, vr, value, big_endian, &self.charset);
        notes.findings().for_each(|finding| self.findings.note(finding));
        if depth <= COLLECTED {
            self.collector.element(tag, vr, value, big_endian, &self.charset);
        }
        Ok(())
    }

    fn bytes(&mut self, _element: &Element, bytes: &[u8]) -> Result<(), Refusal> {
        let Some(fragments) = self.fragments.as_mut().filter(|f| f.is_pixel_data && f.passed < 2) else {
            return Ok(());
        };
        for (slot, byte) in fragments.begin.iter_mut().skip(fragments.passed).zip(bytes) {
            *slot = *byte;
            fragments.passed += 1;
        }
        if fragments.passed == 2 {
            self.image.fragments.set_begin(fragments.begin);
        }
        Ok(())
    }

    fn value_end(&mut self, element: &Element) -> Result<(), Refusal> {
        if element.tag == ITEM || is_left_out(element) {
            return Ok(());
        }
        if is_pixel_data(element) {
            self.image.set_native(*element);
        }
        self.add_bulk(element, u64::from(element.length), false)
    }

    fn begin_sequence(&mut self, element: &Element) -> Result<(), Refusal> {
        self.pass(element)?;
        if element.depth < COLLECTED {
            self.collector.begin_sequence(element.tag);
        }
        self.writer.begin_sequence(element.tag);
        self.path.push((element.tag, 0));
        Ok(())
    }

    fn begin_item(&mut self) -> Result<(), Refusal> {
        if self.path.len() <= usize::from(COLLECTED) {
            self.collector.begin_item();
        }
        if let Some((_, number)) = self.path.last_mut() {
            *number = number.saturating_add(1);
        }
        self.outer_charsets.push(None);
        self.writer.begin_item();
        Ok(())
    }

    fn end_item(&mut self) -> Result<(), Refusal> {
        if self.path.len() <= usize::from(COLLECTED) {
            self.collector.end_item();
        }
        if let Some(outer) = self.outer_charsets.pop().flatten() {
            self.charset = outer;
        }
        self.writer.end_item();
        Ok(())
    }

    fn end_sequence(&mut self) -> Result<(), Refusal> {
        self.path.pop();
        if self.path.len() < usize::from(COLLECTED) {
            self.collector.end_sequence();
        }
        self.writer.end_sequence();
        Ok(())
    }

    fn begin_fragments(&mut self, element: &Element) -> Result<(), Refusal> {
        self.pass(element)?;
        let is_pixel_data = is_pixel_data(element);
        if is_pixel_data && !self.transfer_syntax_known {
            return Err(Refusal::UnknownTransferSyntax);
        }
        self.fragments = Some(Fragments { is_pixel_data, begun: false, begin: [0; 2], passed: 0 });
        Ok(())
    }

    fn end_fragments(&mut self, element: &Element, end: u64) -> Result<(), Refusal> {
        if self.fragments.take().is_some_and(|fragments| fragments.is_pixel_data) {
            self.image.set_encapsulated();
        }
        self.add_bulk(element, end.saturating_sub(element.offset), true)
    }
}

fn is_pixel_data(element: &Element) -> bool {
    element.depth == 0 && PIXEL_DATA.contains(&element.tag)
}

/// Group lengths and padding are not part of the metadata.
fn is_left_out(element: &Element) -> bool {
    element.tag.element() == 0 || element.tag == PADDING
}
