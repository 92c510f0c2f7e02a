//! Writes what stands between the contents of a multipart body.

use bytes::Bytes;
use std::fmt::Write;

/// Frames contents that somebody else sends: before each goes [`Writer::part`], behind the last [`Writer::end`].
#[derive(Debug)]
pub struct Writer {
    boundary: String,
    begun: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// A writer with a random boundary of 128 bits, which no content can foresee.
    #[must_use]
    pub fn new() -> Self {
        Self { boundary: uuid::Uuid::new_v4().simple().to_string(), begun: false }
    }

    /// The boundary, for the `Content-Type` of the body. It needs no quotation marks.
    #[must_use]
    pub fn boundary(&self) -> &str {
        &self.boundary
    }

    /// What goes before the content of a part: the delimiter, which also ends the part before, and its headers.
    /// Control characters in values are left out, so no value can forge a header.
    pub fn part<'a>(&mut self, headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Bytes {
        let mut text = self.delimiter();
        text.push_str("\r\n");
        for (name, value) in headers {
            text.push_str(name);
            text.push_str(": ");
            text.extend(value.chars().filter(|character| !character.is_control()));
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into()
    }

    /// What goes behind the content of the last part.
    pub fn end(&mut self) -> Bytes {
        let mut text = self.delimiter();
        text.push_str("--\r\n");
        text.into()
    }

    /// How many bytes [`Writer::end`] has behind a part.
    #[must_use]
    pub fn end_length(&self) -> u64 {
        "\r\n----\r\n".len() as u64 + self.boundary.len() as u64
    }

    fn delimiter(&mut self) -> String {
        let line_end = if self.begun { "\r\n" } else { "" };
        self.begun = true;
        let mut text = String::with_capacity(192);
        // Writing to a String cannot fail.
        write!(text, "{line_end}--{}", self.boundary).unwrap_or_default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn frames_parts_as_the_standard_shows_them() {
        let mut writer = Writer::new();
        let boundary = writer.boundary().to_owned();
        let mut body = writer.part([("Content-Type", "application/dicom"), ("X", "a\r\nb: c")]).to_vec();
        body.extend_from_slice(b"one");
        body.extend_from_slice(&writer.part([]));
        let end = writer.end();
        assert_eq!(end.len() as u64, writer.end_length());
        body.extend_from_slice(&end);
        let expected = format!(
            "--{boundary}\r\nContent-Type: application/dicom\r\nX: ab: c\r\n\r\none\r\n--{boundary}\r\n\r\n\r\n--{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }

    #[test]
    fn boundaries_differ() {
        assert_ne!(Writer::new().boundary(), Writer::new().boundary());
    }
}
