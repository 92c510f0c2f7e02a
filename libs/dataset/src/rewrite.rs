//! Streaming rewrite of a stored object into Explicit VR Little Endian, the transfer syntax of web services
//! (PS3.18 8.7.3).

mod sink;

use std::borrow::Cow;

use uid::transfer_syntax::EXPLICIT_VR_LITTLE_ENDIAN;

use crate::parse::{Envelope, Opened, Parser};
use crate::refusal::Place;
use crate::{Inflater, Limits, Refusal, file_meta};
use sink::RewriteSink;

/// Why an object cannot be rewritten.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// The stored object cannot be read.
    #[error("the stored object cannot be read")]
    Unreadable(#[from] Refusal),
    /// Its Pixel Data is compressed: it would have to be decoded.
    #[error("encapsulated Pixel Data has to be decoded first")]
    Encapsulated,
}

/// Rewrites a Part 10 object in Implicit VR Little Endian, Explicit VR Big Endian, Deflated or Explicit VR Little
/// Endian into Explicit VR Little Endian with a fresh File Meta Information group.
///
/// Sequences and items get undefined lengths, since their new lengths are not known before they have passed; group
/// lengths (retired) and bytes behind the data set are left out; values of odd length are padded. Memory does not
/// grow with the object.
#[derive(Debug)]
pub struct ExplicitRewriter {
    limits: Limits,
    stage: Stage,
    sink: RewriteSink,
    /// Whether the File Meta Information is written; before, the sink keeps what it writes.
    begun: bool,
}

#[derive(Debug)]
enum Stage {
    Envelope(Envelope),
    DataSet { opened: Box<Opened>, parser: Box<Parser>, inflater: Option<Inflater> },
}

impl ExplicitRewriter {
    /// A rewriter within these limits, of which [`Limits::header_bytes`] does not count.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let stage = Stage::Envelope(Envelope::default());
        Self { limits, stage, sink: RewriteSink::default(), begun: false }
    }

    /// Takes the next bytes of the stored object and appends what they give to `out`.
    ///
    /// # Errors
    /// When the object cannot be read or is compressed. What was appended before stays an incomplete object.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), RewriteError> {
        let rest = match &mut self.stage {
            Stage::Envelope(envelope) => match envelope.push(chunk)? {
                Some((opened, rest)) => {
                    self.open(opened);
                    rest
                }
                None => return Ok(()),
            },
            Stage::DataSet { .. } => Cow::Borrowed(chunk),
        };
        self.feed(&rest, out)
    }

    fn open(&mut self, opened: Opened) {
        self.stage = Stage::DataSet {
            parser: Box::new(Parser::new(opened.syntax, self.limits.clone())),
            inflater: opened.deflated.then(|| Inflater::new(self.limits.inflated_bytes)),
            opened: Box::new(opened),
        };
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), RewriteError> {
        if self.begun {
            std::mem::swap(&mut self.sink.out, out);
        }
        let parsed = self.parse(bytes);
        if self.begun {
            std::mem::swap(&mut self.sink.out, out);
        }
        parsed?;
        if self.sink.encapsulated {
            return Err(RewriteError::Encapsulated);
        }
        if !self.begun && self.sink.identity_passed {
            self.begin(out);
        }
        Ok(())
    }

    fn parse(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let Stage::DataSet { parser, inflater, .. } = &mut self.stage else { return Ok(()) };
        let sink = &mut self.sink;
        match inflater {
            Some(inflater) => inflater.push_to(bytes, &mut |piece| parser.push(piece, sink)),
            None => parser.push(bytes, sink),
        }
    }

    /// Writes the File Meta Information and what was kept until the identity was known.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let Stage::DataSet { opened, .. } = &self.stage else { return };
        let class = self.sink.sop_class.as_ref().or(opened.sop_class.as_ref());
        let instance = self.sink.sop_instance.as_ref().or(opened.sop_instance.as_ref());
        out.extend_from_slice(&file_meta::generate(
            class.map_or("", |uid| uid.as_str()),
            instance.map_or("", |uid| uid.as_str()),
            EXPLICIT_VR_LITTLE_ENDIAN,
        ));
        out.append(&mut self.sink.out);
        self.begun = true;
    }

    /// Ends the stored object and appends what is left to `out`.
    ///
    /// # Errors
    /// When the object ended too early.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), RewriteError> {
        if let Stage::Envelope(envelope) = &mut self.stage {
            let (opened, rest) = std::mem::take(envelope).finish()?;
            self.open(opened);
            self.feed(&rest, out)?;
        }
        if !self.begun {
            self.begin(out);
        }
        let Stage::DataSet { parser, inflater, .. } = self.stage else {
            return Err(Refusal::EndsBefore(Place::FileMeta).into());
        };
        if let Some(inflater) = inflater {
            inflater.finish()?;
        }
        parser.finish(&mut self.sink)?;
        if self.sink.encapsulated {
            return Err(RewriteError::Encapsulated);
        }
        out.append(&mut self.sink.out);
        Ok(())
    }
}
