//! `multipart/related` in both directions (RFC 2387, PS3.18 section 8.6.1.2.1): bodies for requests, parts of answers.

use std::collections::BTreeMap;

use bytes::{Buf, Bytes};

/// The boundary of the bodies built here.
pub const BOUNDARY: &str = "noctis-test-boundary-7MA4YWxkTrZu0gW";

/// One part of an answer.
#[derive(Clone, Debug)]
pub struct Part {
    /// Header fields, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The bytes between the headers and the delimiter.
    pub body: Bytes,
}

impl Part {
    /// The part's content type, empty if it has none.
    pub fn content_type(&self) -> &str {
        self.headers.get("content-type").map_or("", String::as_str)
    }
}

/// The content type of a body made by [`multipart_body`] or [`multipart_chunks`] whose parts are `media_type`.
pub fn multipart_content_type(media_type: &str) -> String {
    format!("multipart/related; type=\"{media_type}\"; boundary={BOUNDARY}")
}

/// A body of `application/dicom` parts.
pub fn multipart_body<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(part_head().as_bytes());
        body.extend_from_slice(part.as_ref());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(closing().as_bytes());
    body
}

/// A body of one `application/dicom` part whose bytes come as chunks, so that it is never held whole.
pub fn multipart_chunks(chunks: impl Iterator<Item = Bytes>) -> impl Iterator<Item = Bytes> {
    std::iter::once(Bytes::from(part_head()))
        .chain(chunks)
        .chain(std::iter::once(Bytes::from(format!("\r\n{}", closing()))))
}

fn part_head() -> String {
    format!("--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n")
}

fn closing() -> String {
    format!("--{BOUNDARY}--\r\n")
}

/// Splits the body of an answer.
///
/// # Panics
/// When the content type is not multipart with a boundary, or the body does not keep to it in every byte:
/// CRLF before each delimiter, a closing delimiter, nothing but CRLF after it.
pub fn split_multipart(content_type: &str, body: &Bytes) -> Vec<Part> {
    assert!(content_type.starts_with("multipart/related"), "not multipart/related: {content_type}");
    let boundary = parameter(content_type, "boundary").expect("a boundary parameter");
    let delimiter = format!("--{boundary}");
    let mut rest = body.clone();
    assert!(rest.starts_with(delimiter.as_bytes()), "the body begins with its delimiter");
    rest.advance(delimiter.len());
    let inner = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        assert!(rest.starts_with(b"\r\n"), "a delimiter ends with CRLF");
        let end = memchr::memmem::find(&rest, inner.as_bytes()).expect("a delimiter after each part");
        parts.push(one_part(rest.slice(2..end)));
        rest.advance(end + inner.len());
    }
    assert!(matches!(&rest[..], b"--" | b"--\r\n"), "nothing after the closing delimiter");
    parts
}

fn one_part(bytes: Bytes) -> Part {
    if bytes.starts_with(b"\r\n") {
        return Part { headers: BTreeMap::new(), body: bytes.slice(2..) };
    }
    let end = memchr::memmem::find(&bytes, b"\r\n\r\n").expect("an empty line after the part's headers");
    let headers = std::str::from_utf8(&bytes[..end])
        .expect("headers are text")
        .split("\r\n")
        .map(|line| line.split_once(':').expect("a header has a colon"))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Part { headers, body: bytes.slice(end + 4..) }
}

fn parameter<'a>(content_type: &'a str, name: &str) -> Option<&'a str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_splits_again() {
        let body = Bytes::from(multipart_body([&b"one\r\n"[..], b"", b"--three--\r\n--"]));
        let parts = split_multipart(&multipart_content_type("application/dicom"), &body);
        let bodies: Vec<&[u8]> = parts.iter().map(|part| &part.body[..]).collect();
        assert_eq!(bodies, [&b"one\r\n"[..], b"", b"--three--\r\n--"]);
        assert_eq!(parts[0].content_type(), "application/dicom");
    }

    #[test]
    fn chunks_make_the_same_body() {
        let chunks = [Bytes::from_static(b"ab"), Bytes::from_static(b"cd")];
        let streamed: Vec<u8> = multipart_chunks(chunks.into_iter()).flatten().collect();
        assert_eq!(streamed, multipart_body([b"abcd"]));
    }
}
