//! Bodies made of what a service streams: one part alone, or parts in a multipart frame.

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use multipart::Writer;
use std::pin::Pin;
use tonic::Status;

/// What a service's stream is made of, whichever service it is.
#[derive(Debug)]
pub(super) enum Piece {
    /// A part begins.
    Part(Part),
    /// The next bytes of its content.
    Chunk(Bytes),
}

/// The head of a part.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Empty where it is not known.
    pub transfer_syntax: String,
    /// Absolute.
    pub location: String,
    /// In bytes, where it is known beforehand.
    pub length: Option<u64>,
}

/// Pieces in order: each part is followed by its chunks.
pub(super) type Pieces = Pin<Box<dyn Stream<Item = Result<Piece, Status>> + Send>>;

/// Why a body is broken off. The client sees an incomplete message, never a shorter one that looks whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The service failed.
    #[error("the service failed in the middle of its answer")]
    Service(#[from] Status),
    /// The service's stream does not hold what it announced.
    #[error("the service sent {0} than it announced")]
    Announced(&'static str),
    /// A stored piece of metadata cannot be read.
    #[error("stored metadata is damaged")]
    Metadata(#[from] dataset::CorruptPiece),
    /// A text could not be compressed.
    #[error("a text could not be compressed")]
    Compression(#[from] std::io::Error),
}

/// Counts what comes against what was announced.
#[derive(Debug, Default)]
pub(super) struct Account {
    parts: u64,
    /// Bytes that the part under way still lacks, where its length is known.
    missing: Option<u64>,
}

impl Account {
    pub fn announced(parts: u64) -> Self {
        Self { parts, missing: None }
    }

    fn part(&mut self, part: &Part) -> Result<(), Broken> {
        self.content_ends()?;
        self.parts = self.parts.checked_sub(1).ok_or(Broken::Announced("more parts"))?;
        self.missing = part.length;
        Ok(())
    }

    fn chunk(&mut self, chunk: &Bytes) -> Result<(), Broken> {
        if let Some(missing) = &mut self.missing {
            *missing = missing.checked_sub(chunk.len() as u64).ok_or(Broken::Announced("more bytes"))?;
        }
        Ok(())
    }

    fn content_ends(&mut self) -> Result<(), Broken> {
        match self.missing.take() {
            None | Some(0) => Ok(()),
            Some(_) => Err(Broken::Announced("fewer bytes")),
        }
    }

    fn end(&mut self) -> Result<(), Broken> {
        self.content_ends()?;
        if self.parts == 0 { Ok(()) } else { Err(Broken::Announced("fewer parts")) }
    }
}

/// The content of the one part.
pub(super) fn single(pieces: Pieces) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
    let mut account = Account::announced(1);
    ended(pieces).map(move |piece| match piece {
        Some(Ok(Piece::Part(part))) => account.part(&part).map(|()| Bytes::new()),
        Some(Ok(Piece::Chunk(chunk))) => account.chunk(&chunk).map(|()| chunk),
        Some(Err(status)) => Err(status.into()),
        None => account.end().map(|()| Bytes::new()),
    })
}

/// The parts between delimiters, each with its head.
pub(super) fn multipart(
    pieces: Pieces,
    mut writer: Writer,
    parts: u64,
    content_type: impl Fn(&str) -> String + Send + 'static,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
    let mut account = Account::announced(parts);
    ended(pieces).map(move |piece| match piece {
        Some(Ok(Piece::Part(part))) => {
            account.part(&part)?;
            Ok(head(&mut writer, &part, &content_type(&part.transfer_syntax)))
        }
        Some(Ok(Piece::Chunk(chunk))) => account.chunk(&chunk).map(|()| chunk),
        Some(Err(status)) => Err(status.into()),
        None => account.end().map(|()| writer.end()),
    })
}

/// What goes before the content of a part.
fn head(writer: &mut Writer, part: &Part, content_type: &str) -> Bytes {
    let length = part.length.map(|length| length.to_string());
    let fixed = [("Content-Type", content_type), ("Content-Location", part.location.as_str())];
    writer.part(fixed.into_iter().chain(length.as_deref().map(|length| ("Content-Length", length))))
}

/// How long a multipart body with this part alone is, where that is known.
pub(super) fn length_with_one(part: &Part, content_type: &str) -> Option<u64> {
    let mut writer = Writer::new();
    let head = head(&mut writer, part, content_type).len() as u64;
    part.length?.checked_add(head)?.checked_add(writer.end_length())
}

fn ended(pieces: Pieces) -> impl Stream<Item = Option<Result<Piece, Status>>> + Send {
    pieces.map(Some).chain(stream::once(async { None }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Broken, Part, Piece, length_with_one, multipart, single};
    use bytes::Bytes;
    use futures::{StreamExt, TryStreamExt, executor::block_on, stream};
    use multipart::Writer;
    use tonic::Status;

    fn part(length: u64) -> Result<Piece, Status> {
        Ok(Piece::Part(Part { transfer_syntax: "1.2".into(), location: "/x".into(), length: Some(length) }))
    }

    fn chunk(text: &'static str) -> Result<Piece, Status> {
        Ok(Piece::Chunk(Bytes::from_static(text.as_bytes())))
    }

    fn read(parts: u64, pieces: Vec<Result<Piece, Status>>) -> Result<Vec<u8>, Broken> {
        let body = multipart(stream::iter(pieces).boxed(), Writer::new(), parts, |syntax| format!("a/{syntax}"));
        block_on(body.try_fold(Vec::new(), async |mut all, bytes| {
            all.extend_from_slice(&bytes);
            Ok(all)
        }))
    }

    #[test]
    fn a_complete_stream_is_framed_and_its_length_foretold() {
        let body = read(1, vec![part(5), chunk("ab"), chunk("cde")]).unwrap();
        let text = String::from_utf8(body.clone()).unwrap();
        assert!(text.contains("Content-Type: a/1.2\r\nContent-Location: /x\r\nContent-Length: 5\r\n\r\nabcde\r\n--"));
        let announced = Part { transfer_syntax: "1.2".into(), location: "/x".into(), length: Some(5) };
        assert_eq!(length_with_one(&announced, "a/1.2"), Some(body.len() as u64));
    }

    #[test]
    fn what_differs_from_the_announcement_breaks_the_body() {
        assert!(matches!(read(1, vec![part(5), chunk("ab")]), Err(Broken::Announced("fewer bytes"))));
        assert!(matches!(read(1, vec![part(1), chunk("ab")]), Err(Broken::Announced("more bytes"))));
        assert!(matches!(read(2, vec![part(1), chunk("a")]), Err(Broken::Announced("fewer parts"))));
        assert!(matches!(read(0, vec![part(1), chunk("a")]), Err(Broken::Announced("more parts"))));
        assert!(matches!(read(1, vec![part(2), Err(Status::internal("x"))]), Err(Broken::Service(_))));
    }

    #[test]
    fn a_single_part_is_its_content() {
        let body = single(stream::iter([part(3), chunk("a"), chunk("bc")]).boxed());
        let pieces: Vec<Bytes> = block_on(body.try_collect()).unwrap();
        assert_eq!(pieces.concat(), b"abc");
    }
}
