//! Streaming rewrite of a stored object into Explicit VR Little Endian, the transfer syntax of web services
//! (PS3.18 8.7.3).

mod sink;

use uid::transfer_syntax::EXPLICIT_VR_LITTLE_ENDIAN;

use crate::parse::{ObjectParser, Opened};
use crate::{Limits, Refusal, file_meta};
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
    object: ObjectParser,
    sink: RewriteSink,
    /// Whether the File Meta Information is written; before, the sink keeps what it writes.
    begun: bool,
}

impl ExplicitRewriter {
    /// A rewriter within these limits, of which [`Limits::header_bytes`] does not count.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { object: ObjectParser::new(limits), sink: RewriteSink::default(), begun: false }
    }

    /// Takes the next bytes of the stored object and appends what they give to `out`.
    ///
    /// # Errors
    /// When the object cannot be read or is compressed. What was appended before stays an incomplete object.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) -> Result<(), RewriteError> {
        if self.begun {
            std::mem::swap(&mut self.sink.out, out);
        }
        let parsed = self.object.push(chunk, &mut self.sink);
        if self.begun {
            std::mem::swap(&mut self.sink.out, out);
        }
        parsed?;
        if self.sink.encapsulated {
            return Err(RewriteError::Encapsulated);
        }
        if !self.begun
            && self.sink.identity_passed
            && let Some(opened) = self.object.opened()
        {
            self.sink.write_behind_file_meta(opened, out);
            self.begun = true;
        }
        Ok(())
    }

    /// Ends the stored object and appends what is left to `out`.
    ///
    /// # Errors
    /// When the object ended too early.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<(), RewriteError> {
        let ended = self.object.finish(&mut self.sink);
        if self.sink.encapsulated {
            return Err(RewriteError::Encapsulated);
        }
        let (opened, _) = ended?;
        if self.begun {
            out.append(&mut self.sink.out);
        } else {
            self.sink.write_behind_file_meta(&opened, out);
        }
        Ok(())
    }
}

impl RewriteSink {
    /// Writes the File Meta Information and behind it what was kept until the identity was known.
    fn write_behind_file_meta(&mut self, opened: &Opened, out: &mut Vec<u8>) {
        let class = self.sop_class.as_ref().or(opened.sop_class.as_ref());
        let instance = self.sop_instance.as_ref().or(opened.sop_instance.as_ref());
        out.extend_from_slice(&file_meta::generate(
            class.map_or("", |uid| uid.as_str()),
            instance.map_or("", |uid| uid.as_str()),
            EXPLICIT_VR_LITTLE_ENDIAN,
        ));
        out.append(&mut self.out);
    }
}
