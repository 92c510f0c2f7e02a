//! Conditional and partial requests (RFC 9110 chapters 13 and 14), and the codings a client takes.

use http::{
    HeaderMap,
    header::{ACCEPT_ENCODING, IF_NONE_MATCH, IF_RANGE, RANGE},
};
use proto::retrieve::v1::ByteRange;

/// Whether `If-None-Match` names this tag, so that the client has the answer already. Compared weakly, as for `GET`.
pub(crate) fn matches(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// Whether the client takes gzip (RFC 9110 12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    let weights = lines.flat_map(|line| line.split(',')).map(|entry| {
        let (coding, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok());
        (coding.trim(), weight.unwrap_or(0.0))
    });
    let mut by_wildcard = false;
    for (coding, weight) in weights {
        match coding {
            "gzip" | "x-gzip" => return weight > 0.0,
            "*" => by_wildcard = weight > 0.0,
            _ => {}
        }
    }
    by_wildcard
}

/// A single byte range; several at once, other units and what cannot be read are as if not asked for.
pub(crate) fn range(headers: &HeaderMap) -> Option<ByteRange> {
    let text = headers.get(RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| -> Option<Option<u64>> {
        match text {
            "" => Some(None),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
            _ => None,
        }
    };
    match (number(first)?, number(last)?) {
        (None, None) => None,
        (None, suffix) => Some(ByteRange { first: None, last: None, suffix }),
        (Some(first), Some(last)) if last < first => None,
        (first, last) => Some(ByteRange { first, last, suffix: None }),
    }
}

/// The value of `If-Range`, where there is a range to which it matters.
pub(crate) fn range_condition(headers: &HeaderMap) -> Option<&str> {
    range(headers)?;
    headers.get(IF_RANGE).map(|value| value.to_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{accepts_gzip, matches, range};
    use http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{ACCEPT_ENCODING, IF_NONE_MATCH, RANGE},
    };
    use proto::retrieve::v1::ByteRange;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn validators_are_compared_weakly_and_in_lists() {
        for (sent, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"ab\"", false), ("a", false)]
        {
            assert_eq!(matches(&headers(IF_NONE_MATCH, sent), "\"a\""), expected, "{sent}");
        }
        assert!(!matches(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn gzip_is_taken_unless_refused() {
        for (sent, expected) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, gzip;q=0.5", true),
            ("gzip;q=0", false),
            ("*", true),
            ("*;q=0", false),
            ("identity, *;q=0.1", true),
            ("gzip;q=0, *", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(&headers(ACCEPT_ENCODING, sent)), expected, "{sent}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn ranges_that_cannot_be_read_are_ignored() {
        let of = |first, last, suffix| Some(ByteRange { first, last, suffix });
        for (sent, expected) in [
            ("bytes=0-499", of(Some(0), Some(499), None)),
            ("bytes=500-", of(Some(500), None, None)),
            ("bytes=-500", of(None, None, Some(500))),
            ("bytes=0-0", of(Some(0), Some(0), None)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("items=0-1", None),
            ("bytes=99999999999999999999-", None),
        ] {
            assert_eq!(range(&headers(RANGE, sent)), expected, "{sent}");
        }
    }
}
