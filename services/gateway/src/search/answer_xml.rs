//! The answer to a search in XML (PS3.18 8.7.3.2): one part for each match, converted while it is sent.

use super::answer::Answer;
use axum::body::Body;
use bytes::Bytes;
use dataset::{CorruptPiece, native_model};
use futures::{StreamExt, TryStreamExt, stream};
use media_type::DICOM_XML;
use multipart::Writer;

/// The body. Without a match it is empty: a multipart body cannot be without parts (RFC 2046 5.1.1).
pub(super) fn body(answer: &Answer<'_>, mut writer: Writer) -> Body {
    if answer.found.matches.is_empty() {
        return Body::empty();
    }
    let write = |found| {
        let mut json = Vec::new();
        answer.write_match(&mut json, found);
        (writer.part([("Content-Type", DICOM_XML)]), json)
    };
    let matches: Vec<(Bytes, Vec<u8>)> = answer.found.matches.iter().map(write).collect();
    let end = stream::iter([Ok(writer.end())]);
    let bytes = stream::iter(matches).map(|(head, json)| part(&head, json)).chain(end);
    Body::from_stream(bytes.inspect_err(|error| tracing::error!(%error, "a search answer was broken off")))
}

fn part(head: &[u8], json: Vec<u8>) -> Result<Bytes, CorruptPiece> {
    let document = native_model::document(String::from_utf8(json).map_err(|_| CorruptPiece)?)?;
    Ok([head, &document].concat().into())
}
