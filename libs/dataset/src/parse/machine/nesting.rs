//! Sequences, items and fragments: how the parser enters and leaves them (PS3.5 7.5, A.4).

use super::super::header;
use super::super::level::Kind;
use super::super::{Element, ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, Sink, Syntax, UNDEFINED};
use super::{Parser, State, Step};
use crate::Refusal;
use crate::findings::Finding;
use crate::refusal::Malformation;

impl Parser {
    pub(super) fn begin_sequence(&mut self, element: &Element, sink: &mut impl Sink) -> Result<(), Refusal> {
        let Some(around) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        // UN of undefined length holds a sequence in Implicit VR Little Endian (PS3.5 6.2.2 note 4).
        let syntax = if &element.vr == b"UN" { Syntax::IMPLICIT } else { around.syntax };
        let end = end_of(element.offset, element.length);
        let level = around.inner(Kind::Sequence, end, syntax, &self.seen);
        if self.depth >= self.limits.depth {
            return Err(Refusal::TooDeep { limit: self.limits.depth });
        }
        self.levels.push(level);
        sink.begin_sequence(&Element { vr: *b"SQ", ..*element })?;
        self.settle(sink)
    }

    pub(super) fn item(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<Step, Refusal> {
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        let Some((tag, length)) = header::bare(bytes, level.syntax.big_endian) else {
            return Ok(Step::Needs(header::SHORT));
        };
        self.count_element()?;
        let begin = self.position.saturating_add(header::SHORT as u64);
        if tag == SEQUENCE_DELIMITER {
            return self.end_level(Kind::Sequence, begin, sink);
        }
        if tag != ITEM {
            return Err(Malformation::NotAnItem.into());
        }
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        let end = end_of(begin, length);
        if end.unwrap_or(begin) > level.bound {
            return Err(Malformation::CrossesEnd.into());
        }
        let item = level.inner(Kind::Item, end, level.syntax, &self.seen);
        self.levels.push(item);
        self.depth = self.depth.saturating_add(1);
        self.pass(header::SHORT);
        sink.begin_item()?;
        self.settle(sink)?;
        Ok(Step::Took(header::SHORT))
    }

    /// An item or sequence delimiter where an element could be.
    pub(super) fn end_of_item(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<Step, Refusal> {
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        let Some((tag, _)) = header::bare(bytes, level.syntax.big_endian) else {
            return Ok(Step::Needs(header::SHORT));
        };
        let defined = level.defined;
        self.count_element()?;
        if self.levels.len() == 1 {
            return Err(Malformation::StrayDelimiter.into());
        }
        match tag {
            ITEM_DELIMITER => {
                let end = self.position.saturating_add(header::SHORT as u64);
                self.end_level(Kind::Item, end, sink)
            }
            SEQUENCE_DELIMITER if !defined => {
                // The item's own delimiter is missing; its sequence meets this one again.
                self.findings.note(Finding::MissingDelimiter);
                self.close_level(sink)?;
                self.settle(sink)?;
                Ok(Step::Took(0))
            }
            _ => Err(Malformation::StrayDelimiter.into()),
        }
    }

    /// A delimiter that ends at `end` closes the innermost level: one of undefined length, or one of defined length
    /// that is over there too.
    fn end_level(&mut self, kind: Kind, end: u64, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let Some(level) = self.levels.last() else { return Err(Malformation::StrayDelimiter.into()) };
        if level.kind != kind || end > level.bound || (level.defined && end != level.bound) {
            return Err(Malformation::StrayDelimiter.into());
        }
        self.pass(header::SHORT);
        self.close_level(sink)?;
        self.settle(sink)?;
        Ok(Step::Took(header::SHORT))
    }

    pub(super) fn close_level(&mut self, sink: &mut impl Sink) -> Result<(), Refusal> {
        let Some(level) = self.levels.pop() else { return Ok(()) };
        level.close(&mut self.seen);
        match level.kind {
            Kind::Sequence => sink.end_sequence(),
            Kind::Item => {
                self.depth = self.depth.saturating_sub(1);
                sink.end_item()
            }
        }
    }

    /// Closes the levels of defined length that end here, and sets the state by the innermost one left.
    pub(super) fn settle(&mut self, sink: &mut impl Sink) -> Result<(), Refusal> {
        while self.levels.last().is_some_and(|level| level.defined && self.position >= level.bound) {
            self.close_level(sink)?;
        }
        self.state = match self.levels.last().map(|level| level.kind) {
            Some(Kind::Sequence) => State::Item,
            _ => State::Element,
        };
        Ok(())
    }

    pub(super) fn fragment(&mut self, bytes: &[u8], of: Element, sink: &mut impl Sink) -> Result<Step, Refusal> {
        let Some((tag, length)) = header::bare(bytes, of.big_endian) else {
            return Ok(Step::Needs(header::SHORT));
        };
        let offset = self.position.saturating_add(header::SHORT as u64);
        let bound = self.levels.last().map_or(0, |level| level.bound);
        if offset.checked_add(u64::from(length)).is_none_or(|end| end > bound) {
            return Err(Malformation::CrossesEnd.into());
        }
        if tag == SEQUENCE_DELIMITER {
            sink.end_fragments(&of, self.position)?;
            self.pass(header::SHORT);
            self.value_done(&of, None, sink)?;
            return Ok(Step::Took(header::SHORT));
        }
        if tag != ITEM {
            return Err(Malformation::NotAnItem.into());
        }
        if length == UNDEFINED {
            return Err(Malformation::UndefinedLength.into());
        }
        self.fragments = self.fragments.saturating_add(1);
        if self.fragments > self.limits.fragments {
            return Err(Refusal::TooManyFragments { limit: self.limits.fragments });
        }
        if length % 2 == 1 {
            self.findings.note(Finding::OddLength);
        }
        self.pass(header::SHORT);
        self.begin_value(Element { tag: ITEM, length, offset, ..of }, Some(of), sink)?;
        Ok(Step::Took(header::SHORT))
    }
}

fn end_of(offset: u64, length: u32) -> Option<u64> {
    (length != UNDEFINED).then(|| offset.saturating_add(u64::from(length)))
}
