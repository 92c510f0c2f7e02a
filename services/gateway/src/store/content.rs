//! What the headers of a store request, and those of its parts, say of the content (PS3.18 10.5.2).

use crate::{Problem, StoreLimits};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};
use media_type::{ContentTypeError, DICOM, STORE_MEDIA_TYPES, StoreContent, store_content};
use multipart::Headers;

/// How to read the body.
pub(super) fn of_request(headers: &HeaderMap, limits: &StoreLimits) -> Result<StoreContent, Problem> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limits.max_request_bytes) {
        return Err(too_large(limits));
    }
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let problem = Problem::unsupported_media_type("bodies with a content coding are not taken", supported());
        return Err(problem.with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")));
    }
    let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    store_content(content_type).map_err(|error| match error {
        ContentTypeError::Missing | ContentTypeError::Unsupported => {
            Problem::unsupported_media_type(error.to_string(), supported())
        }
        ContentTypeError::Boundary | ContentTypeError::TooLong => Problem::bad_request(error.to_string()),
    })
}

/// 413, with the limit.
pub(super) fn too_large(limits: &StoreLimits) -> Problem {
    let limit = limits.max_request_bytes;
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a store request may have at most {limit} bytes"))
}

/// The media types of bodies that can be stored.
pub(super) fn supported() -> Vec<String> {
    STORE_MEDIA_TYPES.iter().map(|media_type| (*media_type).to_owned()).collect()
}

/// Whether a part holds a Part 10 object as it is. One that does not say is taken for one: it is what the request as a
/// whole announces.
pub(super) fn is_dicom(headers: &Headers) -> bool {
    let media_type = headers.get("content-type").and_then(|value| value.split(';').next()).map(str::trim);
    let encoding = headers.get("content-transfer-encoding").unwrap_or("binary");
    let as_it_is = ["binary", "8bit", "7bit"].into_iter().any(|plain| encoding.eq_ignore_ascii_case(plain));
    as_it_is && media_type.is_none_or(|media_type| media_type.eq_ignore_ascii_case(DICOM))
}
