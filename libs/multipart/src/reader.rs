//! Reads a multipart body from pieces of any size.
//!
//! A delimiter is CR LF, two hyphens and the boundary, followed by two hyphens (the last one) or by nothing but spaces
//! up to the end of the line. Anything else that begins so is content. A bare LF passes for a line end only where it
//! cannot cut content: before the first part, at the end of a delimiter's line, and among headers.

use crate::{Error, Headers};
use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memmem::Finder, memrchr};

/// The longest boundary. RFC 2046 allows 70 characters; some clients take more.
const MAX_BOUNDARY: usize = 200;
/// The most spaces behind a boundary; more make the line content.
const MAX_PADDING: usize = 64;

/// What a reader takes; more is an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes before the first part.
    pub preamble_bytes: usize,
    /// Bytes of the headers of one part.
    pub header_bytes: usize,
    /// Headers of one part.
    pub headers: usize,
    /// Parts.
    pub parts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { preamble_bytes: 16 << 10, header_bytes: 16 << 10, headers: 64, parts: u32::MAX }
    }
}

/// What was found in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A part begins.
    PartStart(Headers),
    /// The next bytes of its content; never empty.
    Content(Bytes),
    /// The part is complete.
    PartEnd,
}

/// A push parser: [`Reader::push`] bytes in, take events with [`Reader::event`] until there is none, and say with
/// [`Reader::finish`] that no bytes are left.
#[derive(Debug)]
pub struct Reader {
    /// CR LF, two hyphens and the boundary.
    delimiter: Finder<'static>,
    limits: Limits,
    state: State,
    parts: u32,
    /// Pushed and not yet turned into events.
    input: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Preamble,
    Headers,
    /// Behind the headers, where a delimiter may lack its own CR LF because the part has no content.
    ContentStart,
    Content,
    Epilogue,
}

/// What stands behind a boundary.
enum Behind {
    /// The end of the line, this many bytes later: headers follow.
    NextPart(usize),
    /// Two hyphens.
    Closing,
    /// Something else: this was content.
    Content,
    /// Not enough bytes to tell.
    Unknown,
}

impl Reader {
    /// A reader for bodies with this boundary.
    ///
    /// # Errors
    /// [`Error::InvalidBoundary`].
    pub fn new(boundary: &str, limits: Limits) -> Result<Self, Error> {
        let printable = boundary.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !(1..=MAX_BOUNDARY).contains(&boundary.len()) || !printable || boundary.ends_with(' ') {
            return Err(Error::InvalidBoundary);
        }
        let delimiter = Finder::new(format!("\r\n--{boundary}").as_bytes()).into_owned();
        Ok(Self { delimiter, limits, state: State::Preamble, parts: 0, input: Bytes::new() })
    }

    /// Takes the next bytes of the body. Take all events before pushing more, or what is kept grows.
    pub fn push(&mut self, bytes: Bytes) {
        if self.state == State::Epilogue {
            return;
        }
        if self.input.is_empty() {
            self.input = bytes;
            return;
        }
        let mut joined = BytesMut::with_capacity(self.input.len().saturating_add(bytes.len()));
        joined.extend_from_slice(&self.input);
        joined.extend_from_slice(&bytes);
        self.input = joined.freeze();
    }

    /// The next event, or `None` where more bytes are needed or the closing delimiter was read.
    ///
    /// # Errors
    /// [`Error`]; the reader is of no use afterwards.
    pub fn event(&mut self) -> Result<Option<Event>, Error> {
        loop {
            let before = self.state;
            let event = match self.state {
                State::Preamble => self.preamble()?,
                State::Headers => self.headers()?,
                State::ContentStart => self.content_start()?,
                State::Content => self.content()?,
                State::Epilogue => {
                    self.input.clear();
                    None
                }
            };
            if event.is_some() || self.state == before {
                return Ok(event);
            }
        }
    }

    /// Whether the closing delimiter was read: everything behind it is ignored.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.state == State::Epilogue
    }

    /// The body has no more bytes.
    ///
    /// # Errors
    /// [`Error::UnexpectedEnd`] where the closing delimiter was not read.
    pub fn finish(&self) -> Result<(), Error> {
        if self.is_finished() { Ok(()) } else { Err(Error::UnexpectedEnd) }
    }

    fn preamble(&mut self) -> Result<Option<Event>, Error> {
        let needle = self.dashes_and_boundary();
        let mut from = 0;
        while let Some(at) = self.input.get(from..).and_then(|rest| memchr::memmem::find(rest, needle)) {
            let start = from.saturating_add(at);
            let end = start.saturating_add(needle.len());
            let begins_a_line = start.checked_sub(1).is_none_or(|before| self.input.get(before) == Some(&b'\n'));
            match if begins_a_line { self.behind(end) } else { Behind::Content } {
                Behind::Content => from = end,
                Behind::Unknown => return self.wait(self.limits.preamble_bytes, Error::NoFirstPart),
                Behind::Closing => {
                    self.state = State::Epilogue;
                    return Ok(None);
                }
                Behind::NextPart(line) => {
                    self.begin_part(end.saturating_add(line))?;
                    return Ok(None);
                }
            }
        }
        self.wait(self.limits.preamble_bytes, Error::NoFirstPart)
    }

    fn headers(&mut self) -> Result<Option<Event>, Error> {
        let mut headers = Headers::default();
        let mut from = 0_usize;
        loop {
            let rest = self.input.get(from..).unwrap_or_default();
            let Some(length) = memchr(b'\n', rest) else {
                return self.wait(self.limits.header_bytes, Error::HeadersTooLong);
            };
            from = from.saturating_add(length).saturating_add(1);
            if from > self.limits.header_bytes {
                return Err(Error::HeadersTooLong);
            }
            let line = rest.get(..length).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            headers.push_line(line, self.limits.headers)?;
        }
        self.input.advance(from);
        self.state = State::ContentStart;
        Ok(Some(Event::PartStart(headers)))
    }

    fn content_start(&mut self) -> Result<Option<Event>, Error> {
        let needle = self.dashes_and_boundary();
        if self.input.starts_with(needle) {
            return self.delimiter(0, needle.len());
        }
        if !needle.starts_with(&self.input) {
            self.state = State::Content;
        }
        Ok(None)
    }

    fn content(&mut self) -> Result<Option<Event>, Error> {
        match self.delimiter.find(&self.input) {
            Some(0) => self.delimiter(0, self.delimiter.needle().len()),
            Some(at) => Ok(self.take_content(at)),
            None => {
                let kept = self.begun_delimiter();
                Ok(self.take_content(self.input.len().saturating_sub(kept)))
            }
        }
    }

    /// At something that looks like a delimiter of this length.
    fn delimiter(&mut self, at: usize, length: usize) -> Result<Option<Event>, Error> {
        let end = at.saturating_add(length);
        match self.behind(end) {
            Behind::Unknown => return Ok(None),
            Behind::Content => {
                self.state = State::Content;
                return Ok(self.take_content(end));
            }
            Behind::Closing => self.state = State::Epilogue,
            Behind::NextPart(line) => self.begin_part(end.saturating_add(line))?,
        }
        Ok(Some(Event::PartEnd))
    }

    /// Goes on with the headers of a part, this many bytes later.
    fn begin_part(&mut self, skip: usize) -> Result<(), Error> {
        if self.parts >= self.limits.parts {
            return Err(Error::TooManyParts);
        }
        self.parts = self.parts.saturating_add(1);
        self.input.advance(skip.min(self.input.len()));
        self.state = State::Headers;
        Ok(())
    }

    fn take_content(&mut self, length: usize) -> Option<Event> {
        let content = self.input.split_to(length.min(self.input.len()));
        (!content.is_empty()).then_some(Event::Content(content))
    }

    /// More bytes are needed, and allowed as long as there are not too many already.
    fn wait(&self, most: usize, error: Error) -> Result<Option<Event>, Error> {
        if self.input.len() > most { Err(error) } else { Ok(None) }
    }

    /// How many bytes at the end of the input could be the beginning of a delimiter. CR stands at its start only, so
    /// the last CR is the only place where one can have begun.
    fn begun_delimiter(&self) -> usize {
        let needle = self.delimiter.needle();
        let from = self.input.len().saturating_sub(needle.len().saturating_sub(1));
        let tail = self.input.get(from..).unwrap_or_default();
        let begun = memrchr(b'\r', tail).and_then(|at| tail.get(at..)).unwrap_or_default();
        if needle.starts_with(begun) { begun.len() } else { 0 }
    }

    fn dashes_and_boundary(&self) -> &[u8] {
        self.delimiter.needle().get(2..).unwrap_or_default()
    }

    /// What stands behind a boundary that ends here.
    fn behind(&self, end: usize) -> Behind {
        let rest = self.input.get(end..).unwrap_or_default();
        let padding = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        match rest.get(padding..).unwrap_or_default() {
            [b'-', b'-', ..] if padding == 0 => Behind::Closing,
            [b'-'] if padding == 0 => Behind::Unknown,
            _ if padding > MAX_PADDING => Behind::Content,
            [b'\r', b'\n', ..] => Behind::NextPart(padding.saturating_add(2)),
            [b'\n', ..] => Behind::NextPart(padding.saturating_add(1)),
            [] | [b'\r'] => Behind::Unknown,
            _ => Behind::Content,
        }
    }
}
