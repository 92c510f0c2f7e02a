//! The end of the input: what may lack there and what may not.

use super::super::Sink;
use super::{PIXEL_DATA, Parser, State};
use crate::Refusal;
use crate::findings::{Finding, Findings};
use crate::refusal::Place;

impl Parser {
    /// Ends the input: closes what only lacks its delimiter.
    ///
    /// # Errors
    /// [`Refusal::EndsBefore`] when the input ends within something.
    pub(crate) fn finish(mut self, sink: &mut impl Sink) -> Result<Findings, Refusal> {
        match self.state {
            State::Whole { element, of } | State::Stream { element, of, .. } => {
                let tag = of.map_or(element.tag, |of| of.tag);
                let is_pixel_data = element.depth == 0 && PIXEL_DATA.contains(&tag);
                let place = if is_pixel_data { Place::PixelData } else { Place::Value };
                return Err(Refusal::EndsBefore(place));
            }
            State::Fragment { .. } if !self.held.is_empty() => {
                return Err(Refusal::EndsBefore(Place::PixelData));
            }
            State::Fragment { of } => {
                self.findings.note(Finding::MissingDelimiter);
                sink.end_fragments(&of, self.position)?;
            }
            State::Element if self.levels.len() == 1 && !self.held.is_empty() => self.end_in_header()?,
            State::Element | State::Item if !self.held.is_empty() => {
                return Err(Refusal::EndsBefore(Place::Sequence));
            }
            State::Element | State::Item | State::Trailing => {}
        }
        if self.levels.last().is_some_and(|level| level.bound != u64::MAX) {
            return Err(Refusal::EndsBefore(Place::Sequence));
        }
        while self.levels.len() > 1 {
            self.findings.note(Finding::MissingDelimiter);
            self.close_level(sink)?;
        }
        Ok(self.findings)
    }

    /// The input ends within a header of the data set: padding if it is zero or behind the Pixel Data.
    fn end_in_header(&mut self) -> Result<(), Refusal> {
        if self.pixels_passed || self.held.iter().all(|byte| *byte == 0) {
            self.findings.note(Finding::TrailingBytes);
            return Ok(());
        }
        Err(Refusal::EndsBefore(Place::ElementHeader))
    }
}
