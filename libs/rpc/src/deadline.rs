//! The time that a caller gives a call, as it crosses gRPC (`grpc-timeout`). Between our services it is the time to the
//! first answer, also of a stream: what comes after is watched for progress.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");
/// The protocol allows eight digits.
const DIGITS: usize = 8;
const LONGEST_MILLIS: u128 = 99_999_999;

/// What the caller asks for; nothing where it does not say, or not in a way that can be read.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if number.len() > DIGITS || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number.checked_mul(3600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// Tells the callee.
pub(crate) fn tell(headers: &mut HeaderMap, time: Duration) {
    let millis = time.as_millis().min(LONGEST_MILLIS);
    if let Ok(value) = HeaderValue::try_from(format!("{millis}m")) {
        headers.insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{HEADER, asked, tell};
    use http::{HeaderMap, HeaderValue};
    use std::time::Duration;

    #[test]
    fn what_is_told_is_what_is_asked() {
        let mut headers = HeaderMap::new();
        assert_eq!(asked(&headers), None);
        tell(&mut headers, Duration::from_millis(1500));
        assert_eq!(asked(&headers), Some(Duration::from_millis(1500)));
        tell(&mut headers, Duration::MAX);
        assert_eq!(asked(&headers), Some(Duration::from_millis(99_999_999)));
    }

    #[test]
    fn units_are_those_of_the_protocol_and_the_rest_is_no_deadline() {
        let read = |text: &'static str| asked(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(text))]));
        assert_eq!(read("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("4S"), Some(Duration::from_secs(4)));
        assert_eq!(read("5u"), Some(Duration::from_micros(5)));
        assert_eq!(read("6n"), Some(Duration::from_nanos(6)));
        for bad in ["", "S", "5", "+5S", "-1S", "123456789S", "1.5S", "5s"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
