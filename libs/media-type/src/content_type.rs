//! The `Content-Type` of a store request (PS3.18 10.5.2).

use crate::{
    DICOM,
    header::{media_type, parameter, split},
};

/// The longest `Content-Type` that is read, in bytes.
const MAX_LENGTH: usize = 1024;
/// The longest boundary. RFC 2046 allows 70 characters; some clients take more.
const MAX_BOUNDARY: usize = 200;

/// What the body of a store request may be: for the body of a 415.
pub const STORE_MEDIA_TYPES: &[&str] = &["multipart/related; type=\"application/dicom\"", DICOM];

/// The form of the body of a store request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreContent {
    /// Parts of `application/dicom`.
    Multipart {
        /// Without the leading hyphens.
        boundary: String,
    },
    /// One instance, without any packaging.
    SinglePart,
}

/// Why a `Content-Type` does not tell how to read the body. The header itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentTypeError {
    /// There is none, or what there is names no media type: 415.
    #[error("the request has no valid Content-Type")]
    Missing,
    /// A media type that cannot be stored: 415.
    #[error("bodies of this media type cannot be stored")]
    Unsupported,
    /// Multipart without a boundary, or with one that cannot be: 400.
    #[error("the multipart Content-Type has no valid boundary")]
    Boundary,
    /// More bytes than are read: 400.
    #[error("the Content-Type is too long")]
    TooLong,
}

/// Reads the `Content-Type` of a store request: `multipart/related` with parts of `application/dicom`, whose `type`
/// may be quoted or not, or absent; or `application/dicom` itself. A `transfer-syntax` is not believed: the file meta
/// group tells (PS3.18 8.7.9).
///
/// # Errors
/// [`ContentTypeError`].
pub fn store_content(header: Option<&str>) -> Result<StoreContent, ContentTypeError> {
    let header = header.ok_or(ContentTypeError::Missing)?;
    if header.len() > MAX_LENGTH {
        return Err(ContentTypeError::TooLong);
    }
    let mut pieces = split(header, b';');
    let outer = pieces.next().and_then(media_type).ok_or(ContentTypeError::Missing)?;
    match outer.as_str() {
        DICOM => Ok(StoreContent::SinglePart),
        "multipart/related" => multipart(pieces),
        _ => Err(ContentTypeError::Unsupported),
    }
}

fn multipart<'a>(pieces: impl Iterator<Item = &'a str>) -> Result<StoreContent, ContentTypeError> {
    let parameters: Vec<(String, String)> = pieces.filter_map(parameter).collect();
    let first = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let type_of_parts = first("type").and_then(|value| split(value, b';').next());
    if type_of_parts.is_some_and(|text| !text.trim().eq_ignore_ascii_case(DICOM)) {
        return Err(ContentTypeError::Unsupported);
    }
    let boundary = first("boundary").ok_or(ContentTypeError::Boundary)?;
    let printable = boundary.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let fits = (1..=MAX_BOUNDARY).contains(&boundary.len()) && printable && !boundary.ends_with(' ');
    if !fits {
        return Err(ContentTypeError::Boundary);
    }
    Ok(StoreContent::Multipart { boundary: boundary.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary_of(header: &str) -> Result<String, ContentTypeError> {
        match store_content(Some(header))? {
            StoreContent::Multipart { boundary } => Ok(boundary),
            StoreContent::SinglePart => Ok(String::new()),
        }
    }

    #[test]
    fn takes_the_forms_that_clients_send() {
        for (header, boundary) in [
            ("multipart/related; type=\"application/dicom\"; boundary=\"abc\"", "abc"),
            ("multipart/related; type=application/dicom; boundary=abc", "abc"),
            ("multipart/related;type=application/dicom;boundary=--=_12:3", "--=_12:3"),
            ("Multipart/Related; Boundary=\"a b;c\"; Type=\"Application/Dicom\"", "a b;c"),
            ("multipart/related; type=\"application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90\"; boundary=x", "x"),
            ("multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.1; boundary=x", "x"),
            ("multipart/related; boundary=x", "x"),
            ("application/dicom", ""),
            ("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50", ""),
        ] {
            assert_eq!(boundary_of(header).as_deref(), Ok(boundary), "{header}");
        }
    }

    #[test]
    fn tells_what_is_wrong() {
        let long = format!("multipart/related; boundary={}", "x".repeat(MAX_LENGTH));
        let wide = format!("multipart/related; boundary={}", "x".repeat(MAX_BOUNDARY + 1));
        for (header, error) in [
            ("", ContentTypeError::Missing),
            ("dicom", ContentTypeError::Missing),
            ("text/plain", ContentTypeError::Unsupported),
            ("multipart/form-data; boundary=x", ContentTypeError::Unsupported),
            ("multipart/related; type=\"application/dicom+json\"; boundary=x", ContentTypeError::Unsupported),
            ("multipart/related; type=\"application/dicom\"", ContentTypeError::Boundary),
            ("multipart/related; type=\"application/dicom\"; boundary=\"\"", ContentTypeError::Boundary),
            ("multipart/related; boundary=\"a\tb\"", ContentTypeError::Boundary),
            (&wide, ContentTypeError::Boundary),
            (&long, ContentTypeError::TooLong),
        ] {
            assert_eq!(store_content(Some(header)), Err(error), "{header}");
        }
        assert_eq!(store_content(None), Err(ContentTypeError::Missing));
    }
}
