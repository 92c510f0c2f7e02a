//! The states of the parser and how each input byte moves it on.

mod ending;
mod nesting;

use super::header::{self, Header};
use super::level::{Level, Seen};
use super::{Element, Handling, Sink, Syntax, UNDEFINED};
use crate::findings::{Finding, Findings};
use crate::refusal::Malformation;
use crate::{Limits, Refusal, Tag, vr};

/// The Pixel Data elements (PS3.5 8): behind them only padding and signatures are expected.
pub(crate) const PIXEL_DATA: [Tag; 3] = [Tag(0x7FE0, 0x0008), Tag(0x7FE0, 0x0009), Tag(0x7FE0, 0x0010)];
const PIXEL_REPRESENTATION: Tag = Tag(0x0028, 0x0103);
const LUT_DESCRIPTOR: Tag = Tag(0x0028, 0x3002);

/// A parser of one data set.
#[derive(Debug)]
pub(crate) struct Parser {
    limits: Limits,
    /// Offset of the next byte that was not taken, which is the first of `held`.
    position: u64,
    /// The begin of a header or wanted value that is not complete.
    held: Vec<u8>,
    /// How long `held` must become.
    needed: usize,
    state: State,
    levels: Vec<Level>,
    seen: Seen,
    depth: u16,
    elements: u32,
    fragments: u32,
    /// Whether Pixel Data of the data set itself has passed.
    pixels_passed: bool,
    findings: Findings,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before an element, or the end of an item.
    Element,
    /// Before an item, or the end of a sequence.
    Item,
    /// Before a fragment, or the end of an encapsulated value.
    Fragment { of: Element },
    /// Before a value that the sink wants whole.
    Whole { element: Element, of: Option<Element> },
    /// In a value that passes by.
    Stream { element: Element, left: u32, of: Option<Element> },
    /// Behind the data set.
    Trailing,
}

/// What a step did.
enum Step {
    /// Took so many bytes, at least one, or changed the state.
    Took(usize),
    /// Needs so many bytes to go on.
    Needs(usize),
}

impl Parser {
    /// A parser for a data set in this encoding.
    pub(crate) fn new(syntax: Syntax, limits: Limits) -> Self {
        Self {
            limits,
            position: 0,
            held: Vec::new(),
            needed: 0,
            state: State::Element,
            levels: vec![Level::root(syntax)],
            seen: Seen::default(),
            depth: 0,
            elements: 0,
            fragments: 0,
            pixels_passed: false,
            findings: Findings::default(),
        }
    }

    /// Takes the next bytes of the data set.
    ///
    /// # Errors
    /// When the data set cannot be read or passes a limit, and what the sink refuses.
    pub(crate) fn push(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        while !self.held.is_empty() {
            let missing = self.needed.saturating_sub(self.held.len());
            let (now, later) = input.split_at_checked(missing).unwrap_or((input, &[]));
            self.held.extend_from_slice(now);
            input = later;
            if self.held.len() < self.needed {
                return Ok(());
            }
            let mut held = std::mem::take(&mut self.held);
            let taken = self.advance(&held, sink)?;
            held.drain(..taken.min(held.len()));
            self.held = held;
        }
        let taken = self.advance(input, sink)?;
        self.held.extend_from_slice(input.get(taken..).unwrap_or_default());
        Ok(())
    }

    /// Takes as many steps as `bytes` allow; returns how many bytes they took.
    fn advance(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<usize, Refusal> {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            match self.step(rest, sink)? {
                Step::Took(count) => taken = taken.saturating_add(count),
                Step::Needs(count) => {
                    self.needed = count;
                    return Ok(taken);
                }
            }
        }
    }

    fn step(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<Step, Refusal> {
        match self.state {
            State::Element => self.element(bytes, sink),
            State::Item => self.item(bytes, sink),
            State::Fragment { of } => self.fragment(bytes, of, sink),
            State::Whole { element, of } => {
                let length = element.length as usize;
                let Some(value) = bytes.get(..length) else { return Ok(Step::Needs(length)) };
                self.observe(&element, value);
                sink.value(&element, value)?;
                self.pass(length);
                self.value_done(&element, of, sink)?;
                Ok(Step::Took(length))
            }
            State::Stream { element, left, of } => self.stream(bytes, element, left, of, sink),
            State::Trailing if bytes.is_empty() => Ok(Step::Needs(1)),
            State::Trailing => {
                self.pass(bytes.len());
                Ok(Step::Took(bytes.len()))
            }
        }
    }

    fn stream(
        &mut self,
        bytes: &[u8],
        element: Element,
        left: u32,
        of: Option<Element>,
        sink: &mut impl Sink,
    ) -> Result<Step, Refusal> {
        if left == 0 {
            sink.value_end(&element)?;
            self.value_done(&element, of, sink)?;
            return Ok(Step::Took(0));
        }
        if bytes.is_empty() {
            return Ok(Step::Needs(1));
        }
        let now = bytes.get(..left as usize).unwrap_or(bytes);
        sink.bytes(&element, now)?;
        self.pass(now.len());
        let left = left.saturating_sub(u32::try_from(now.len()).unwrap_or(u32::MAX));
        self.state = State::Stream { element, left, of };
        Ok(Step::Took(now.len()))
    }

    fn pass(&mut self, bytes: usize) {
        self.position = self.position.saturating_add(bytes as u64);
    }

    fn element(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<Step, Refusal> {
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        let header = match header::read(bytes, level.syntax, level.surroundings) {
            Ok(header) => header,
            Err(needed) => return Ok(Step::Needs(needed)),
        };
        if header.tag.group() == 0xFFFE {
            return self.end_of_item(bytes, sink);
        }
        if self.is_trailing(&header) {
            self.findings.note(Finding::TrailingBytes);
            self.state = State::Trailing;
            return Ok(Step::Took(0));
        }
        self.count_element()?;
        self.check_tag(&header)?;
        let size = header.size;
        let offset = self.position.saturating_add(size as u64);
        let element = self.checked_element(&header, offset)?;
        self.pass(size);
        if is_sequence(&element) {
            self.begin_sequence(&element, sink)?;
        } else if element.length == UNDEFINED {
            sink.begin_fragments(&element)?;
            self.state = State::Fragment { of: element };
        } else {
            self.begin_value(element, None, sink)?;
        }
        Ok(Step::Took(size))
    }

    /// Whether the bytes at this header no longer belong to the data set: zeros, or behind the Pixel Data something
    /// that does not go on from there.
    fn is_trailing(&self, header: &Header) -> bool {
        let [root] = self.levels.as_slice() else { return false };
        let Some(last) = root.last() else { return false };
        header.tag == Tag(0, 0)
            || (self.pixels_passed && (header.tag < last || (root.syntax.explicit && header.finding.is_some())))
    }

    fn check_tag(&mut self, header: &Header) -> Result<(), Refusal> {
        if header.tag.group() == 0 || header.tag.group() == 2 {
            return Err(Malformation::ForbiddenTag.into());
        }
        if let Some(finding) = header.finding {
            self.findings.note(finding);
        }
        if let Some(level) = self.levels.last_mut()
            && let Some(finding) = level.note(header.tag, &mut self.seen)?
        {
            self.findings.note(finding);
        }
        Ok(())
    }

    /// The element of a header, if it ends within the levels around it.
    fn checked_element(&mut self, header: &Header, offset: u64) -> Result<Element, Refusal> {
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        let length = if header.length == UNDEFINED { 0 } else { header.length };
        if offset.checked_add(u64::from(length)).is_none_or(|end| end > level.bound) {
            return Err(Malformation::CrossesEnd.into());
        }
        if length % 2 == 1 {
            self.findings.note(Finding::OddLength);
        }
        let mut vr = header.vr;
        if header.length == UNDEFINED {
            vr = vr_of_undefined(header, level.syntax.explicit)?;
        } else if &vr == b"UN" {
            vr = vr_of_unknown(header.tag, level);
        }
        Ok(Element {
            tag: header.tag,
            vr,
            length: header.length,
            offset,
            depth: self.depth,
            big_endian: level.syntax.big_endian && &header.vr != b"UN",
        })
    }

    fn begin_value(&mut self, element: Element, of: Option<Element>, sink: &mut impl Sink) -> Result<(), Refusal> {
        self.state = match sink.begin(&element)? {
            Handling::Whole => State::Whole { element, of },
            Handling::Stream => State::Stream { element, left: element.length, of },
        };
        Ok(())
    }

    fn value_done(&mut self, element: &Element, of: Option<Element>, sink: &mut impl Sink) -> Result<(), Refusal> {
        if let Some(of) = of {
            self.state = State::Fragment { of };
            return Ok(());
        }
        self.pixels_passed |= element.depth == 0 && PIXEL_DATA.contains(&element.tag);
        self.settle(sink)
    }

    fn count_element(&mut self) -> Result<(), Refusal> {
        self.elements = self.elements.saturating_add(1);
        if self.elements > self.limits.elements {
            return Err(Refusal::TooManyElements { limit: self.limits.elements });
        }
        Ok(())
    }

    /// Notes what later VRs depend on.
    fn observe(&mut self, element: &Element, value: &[u8]) {
        let (Some(level), Some(&[a, b])) = (self.levels.last_mut(), value.first_chunk::<2>()) else { return };
        let is_one = if element.big_endian { [a, b] == [0, 1] } else { [a, b] == [1, 0] };
        match element.tag {
            PIXEL_REPRESENTATION => level.surroundings.signed = is_one,
            LUT_DESCRIPTOR => level.surroundings.single_lut_entry = is_one,
            _ => {}
        }
    }
}

/// The VR of an element of undefined length: Pixel Data is OB (PS3.5 A.4), what is not OB or the like a sequence.
fn vr_of_undefined(header: &Header, explicit: bool) -> Result<[u8; 2], Refusal> {
    if &header.vr == b"SQ" {
        return Ok(header.vr);
    }
    if PIXEL_DATA.contains(&header.tag) {
        return Ok(*b"OB");
    }
    if vr::is_binary(header.vr) {
        return Ok(header.vr);
    }
    if explicit && header.finding.is_none() {
        return Err(Malformation::UndefinedLength.into());
    }
    Ok(*b"SQ")
}

/// UN stands where the writer did not know the VR. Where the dictionary does, the value is read as that, in Implicit
/// VR Little Endian whatever the transfer syntax (PS3.5 6.2.2 note 2). Sequences are left alone.
fn vr_of_unknown(tag: Tag, level: &Level) -> [u8; 2] {
    match &vr::implied(tag, level.surroundings) {
        b"SQ" => *b"UN",
        vr => *vr,
    }
}

/// Whether items follow: SQ, or UN of undefined length (PS3.5 6.2.2 note 4).
fn is_sequence(element: &Element) -> bool {
    &element.vr == b"SQ" || (element.length == UNDEFINED && &element.vr == b"UN")
}
