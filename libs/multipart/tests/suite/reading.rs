//! Reads bodies in any chunking.

use bytes::Bytes;
use multipart::{Error, Event, Headers, Limits, Reader};

/// A part as it was read: its headers, its content and whether it came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub headers: Headers,
    pub content: Vec<u8>,
    pub complete: bool,
}

/// Reads a body that comes in pieces, and how it ended.
pub fn read_with(boundary: &str, limits: Limits, pieces: &[&[u8]]) -> (Vec<Part>, Result<(), Error>) {
    let mut parts = Vec::new();
    let mut reader = Reader::new(boundary, limits).unwrap();
    let mut read = || -> Result<(), Error> {
        for piece in pieces {
            reader.push(Bytes::copy_from_slice(piece));
            while let Some(event) = reader.event()? {
                take(&mut parts, event);
            }
        }
        reader.finish()
    };
    let ended = read();
    (parts, ended)
}

fn take(parts: &mut Vec<Part>, event: Event) {
    match event {
        Event::PartStart(headers) => parts.push(Part { headers, content: Vec::new(), complete: false }),
        Event::Content(bytes) => {
            assert!(!bytes.is_empty(), "content is never empty");
            parts.last_mut().unwrap().content.extend_from_slice(&bytes);
        }
        Event::PartEnd => parts.last_mut().unwrap().complete = true,
    }
}

pub fn read(boundary: &str, body: &[u8]) -> (Vec<Part>, Result<(), Error>) {
    read_with(boundary, Limits::default(), &[body])
}

pub fn contents(parts: &[Part]) -> Vec<&[u8]> {
    assert!(parts.iter().all(|part| part.complete));
    parts.iter().map(|part| part.content.as_slice()).collect()
}

/// Cuts a body at the given places, each taken modulo what is left.
pub fn cut<'a>(body: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = body;
    for place in places {
        let (piece, after) = rest.split_at(place % (rest.len() + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}
