//! A whole object as it comes: what is in front of the data set, and then the data set, inflated where it is deflated.

use super::{Envelope, Opened, Parser, Sink};
use crate::findings::{Finding, Findings};
use crate::{Inflater, Limits, Refusal};

/// A parser of one object.
#[derive(Debug)]
pub(crate) struct ObjectParser {
    limits: Limits,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Envelope(Envelope),
    DataSet(Box<DataSet>),
}

#[derive(Debug)]
struct DataSet {
    opened: Opened,
    parser: Parser,
    inflater: Option<Inflater>,
}

impl ObjectParser {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, stage: Stage::Envelope(Envelope::default()) }
    }

    /// What was found in front of the data set, once that has passed.
    pub(crate) fn opened(&self) -> Option<&Opened> {
        match &self.stage {
            Stage::Envelope(_) => None,
            Stage::DataSet(data_set) => Some(&data_set.opened),
        }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        match &mut self.stage {
            Stage::DataSet(data_set) => data_set.push(chunk, sink),
            Stage::Envelope(envelope) => {
                let Some((opened, rest)) = envelope.push(chunk)? else { return Ok(()) };
                let mut data_set = Box::new(DataSet::begin(opened, &self.limits, sink));
                let pushed = data_set.push(&rest, sink);
                // Also after an error: what was in front can still be asked for.
                self.stage = Stage::DataSet(data_set);
                pushed
            }
        }
    }

    /// Ends the input: what was in front of the data set, and what is unusual about the object.
    pub(crate) fn finish(self, sink: &mut impl Sink) -> Result<(Opened, Findings), Refusal> {
        let data_set = match self.stage {
            Stage::DataSet(data_set) => *data_set,
            Stage::Envelope(envelope) => {
                let (opened, rest) = envelope.finish()?;
                let mut data_set = DataSet::begin(opened, &self.limits, sink);
                data_set.push(&rest, sink)?;
                data_set
            }
        };
        data_set.finish(sink)
    }
}

impl DataSet {
    fn begin(opened: Opened, limits: &Limits, sink: &mut impl Sink) -> Self {
        sink.opened(&opened);
        let parser = Parser::new(opened.syntax, limits.clone());
        let inflater = opened.deflated.then(|| Inflater::new(limits.inflated_bytes));
        Self { opened, parser, inflater }
    }

    fn push(&mut self, bytes: &[u8], sink: &mut impl Sink) -> Result<(), Refusal> {
        let parser = &mut self.parser;
        match &mut self.inflater {
            Some(inflater) => inflater.push_to(bytes, &mut |piece| parser.push(piece, sink)),
            None => parser.push(bytes, sink),
        }
    }

    fn finish(self, sink: &mut impl Sink) -> Result<(Opened, Findings), Refusal> {
        let mut findings = self.opened.findings.clone();
        if let Some(inflater) = &self.inflater
            && inflater.finish()? > 1
        {
            findings.note(Finding::TrailingBytes);
        }
        findings.extend(self.parser.finish(sink)?);
        Ok((self.opened, findings))
    }
}
