//! The answer to a retrieval of parts: status and headers from what the service announced, body from what it streams.

use super::{
    body::{self, Part, Piece, Pieces},
    objects,
};
use crate::{Problem, asked::Asked};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, VARY,
        WARNING,
    },
};
use media_type::{Packaging, Representation};
use multipart::Writer;

/// What the first message of a service announces.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// Of the resource in the negotiated transfer syntax, without quotes.
    pub etag: String,
    /// How many parts follow.
    pub parts: u64,
    /// How many cannot be had in an accepted transfer syntax, and those in which they could.
    pub not_acceptable: u64,
    pub available: Vec<String>,
    /// The transfer syntax of all parts, or empty.
    pub transfer_syntax: String,
    /// The whole length of the one part, where ranges of it can be had.
    pub length: Option<u64>,
    /// Position and length of the range that follows.
    pub range: Option<(u64, u64)>,
}

/// Makes the answer.
pub(super) async fn answer(
    asked: &Asked,
    representation: Representation,
    root: &str,
    announced: Announced,
    pieces: Pieces,
) -> Result<Response, Problem> {
    check(&representation, &announced)?;
    let etag = etag(&representation, root, &announced.etag);
    let mut response = if asked.matches(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let pieces = if asked.head_only { pieces } else { objects::begin(pieces).await? };
        match representation.packaging {
            Packaging::SinglePart => single(asked.head_only, &representation, &announced, pieces).await?,
            Packaging::Multipart => multipart(asked.head_only, representation, &announced, pieces).await?,
        }
    };
    describe(response.headers_mut(), &etag);
    Ok(response)
}

/// The validator, the caching rule and what the answer depends on; on 304 too.
pub(super) fn describe(headers: &mut HeaderMap, etag: &str) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    insert(headers, ETAG, etag);
}

/// Nothing at all is 404; nothing in an acceptable form is 406 and says what could be had.
fn check(representation: &Representation, announced: &Announced) -> Result<(), Problem> {
    let as_one = representation.packaging == Packaging::SinglePart;
    match (announced.parts, announced.not_acceptable) {
        (0, 0) => Err(Problem::not_found()),
        (0, _) => Err(Problem::not_acceptable(
            "the resource cannot be had in any of the acceptable transfer syntaxes",
            supported(representation, announced.available.iter().map(String::as_str)),
        )),
        (2.., _) if as_one => Err(Problem::not_acceptable(
            "the resource has several parts and can only be sent as multipart/related",
            supported(representation, ["*"]),
        )),
        _ => Ok(()),
    }
}

fn supported<'a>(representation: &Representation, syntaxes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let media_type = |syntax| representation.media_type(syntax);
    let range = |syntax| format!("multipart/related; type=\"{}\"; transfer-syntax={syntax}", media_type(syntax));
    syntaxes.into_iter().map(range).collect()
}

/// Parts name their own address, so a multipart answer has another tag under another root; and one representation has
/// another than the other.
fn etag(representation: &Representation, root: &str, tag: &str) -> String {
    match representation.packaging {
        Packaging::SinglePart => format!("\"{tag}\""),
        Packaging::Multipart => format!("\"{tag}-m{:08x}\"", crc32fast::hash(root.as_bytes())),
    }
}

/// The one part alone; its type is known when it begins.
async fn single(
    head_only: bool,
    representation: &Representation,
    announced: &Announced,
    pieces: Pieces,
) -> Result<Response, Problem> {
    let (part, pieces) = if head_only { (None, pieces) } else { first_part(pieces).await? };
    let (status, length) = match announced.range {
        Some((_, length)) => (StatusCode::PARTIAL_CONTENT, Some(length)),
        None => (StatusCode::OK, announced.length.or_else(|| part.as_ref()?.length)),
    };
    let syntax = part.as_ref().map_or(announced.transfer_syntax.as_str(), |part| &part.transfer_syntax);
    let content_type = representation.content_type(syntax);
    let mut response = (status, content(head_only, body::single(pieces))).into_response();
    let headers = response.headers_mut();
    insert(headers, CONTENT_TYPE, &content_type);
    if let Some(part) = &part {
        insert(headers, CONTENT_LOCATION, &part.location);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let Some(whole) = announced.length {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some((first, length)) = announced.range {
            let last = first.saturating_add(length).saturating_sub(1);
            insert(headers, CONTENT_RANGE, &format!("bytes {first}-{last}/{whole}"));
        }
    }
    Ok(response)
}

async fn multipart(
    head_only: bool,
    representation: Representation,
    announced: &Announced,
    pieces: Pieces,
) -> Result<Response, Problem> {
    let writer = Writer::new();
    let outer = representation.multipart_content_type(&announced.transfer_syntax, writer.boundary());
    let mut length = None;
    let mut pieces = pieces;
    if announced.parts == 1 && !head_only {
        let (part, all) = first_part(pieces).await?;
        pieces = all;
        length =
            part.and_then(|part| body::length_with_one(&part, &representation.content_type(&part.transfer_syntax)));
    }
    let content_type = move |syntax: &str| representation.content_type(syntax);
    let body = body::multipart(pieces, writer, announced.parts, content_type);
    let mut response = content(head_only, body).into_response();
    let headers = response.headers_mut();
    insert(headers, CONTENT_TYPE, &outer);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if announced.not_acceptable > 0 {
        let count = announced.not_acceptable;
        let text = format!("299 noctis \"{count} parts cannot be had in any of the acceptable transfer syntaxes\"");
        insert(headers, WARNING, &text);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// A copy of the head of the first part, and all pieces with that head still in front.
async fn first_part(mut pieces: Pieces) -> Result<(Option<Part>, Pieces), Problem> {
    match pieces.next().await {
        Some(Ok(Piece::Part(part))) => {
            let copy = part.clone();
            Ok((Some(copy), stream::iter([Ok(Piece::Part(part))]).chain(pieces).boxed()))
        }
        Some(Err(status)) => Err(status.into()),
        Some(Ok(Piece::Chunk(_))) | None => {
            tracing::error!("an answer of the retrieve service holds no part");
            Err(Problem::internal())
        }
    }
}

/// A body that fails leaves a line in the log; without a body its length stays open.
pub(super) fn content(
    head_only: bool,
    bytes: impl Stream<Item = Result<Bytes, body::Broken>> + Send + 'static,
) -> Body {
    if head_only {
        return Body::from_stream(stream::empty::<Result<Bytes, body::Broken>>());
    }
    let logged = bytes.inspect_err(|error| {
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, cause, "an answer was broken off");
    });
    Body::from_stream(logged.try_filter(|bytes| std::future::ready(!bytes.is_empty())))
}

/// Sets a header from text of our own making.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    match HeaderValue::from_str(text) {
        Ok(value) => drop(headers.insert(name, value)),
        Err(_) => tracing::error!(header = %name, "a header cannot be written"),
    }
}
