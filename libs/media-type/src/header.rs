//! The grammar that `Accept` and `Content-Type` share (RFC 9110 5.6): lists, parameters, quoted strings. Lenient:
//! real clients leave quotation marks out where the grammar wants them.

/// Splits at a separator that stands outside quotation marks. A quotation mark that is never closed quotes the rest.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        match find_unquoted(current, separator) {
            Some(at) => {
                rest = current.get(at.saturating_add(1)..);
                current.get(..at)
            }
            None => rest.take(),
        }
    })
}

/// Where a separator first stands outside quotation marks.
fn find_unquoted(text: &str, separator: u8) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if byte == separator && !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// `name=value` with the name in lower case and the value without its quotation marks; `None` without a `=`.
pub(crate) fn parameter(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim().to_ascii_lowercase(), unquote(value.trim())))
}

/// The content of a quoted string, or the text itself where it is not quoted.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"') else { return text.to_owned() };
    let mut content = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => content.extend(characters.next()),
            other => content.push(other),
        }
    }
    content
}

/// A media type without parameters, in lower case, or `None` if it is not of the form `type/subtype`.
pub(crate) fn media_type(text: &str) -> Option<String> {
    let text = text.trim();
    let (kind, subtype) = text.split_once('/')?;
    let token = |part: &str| !part.is_empty() && part.bytes().all(is_token);
    (token(kind) && token(subtype)).then(|| text.to_ascii_lowercase())
}

/// RFC 9110 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_in_quotation_marks_do_not_split() {
        assert_eq!(split("a;b=\"c;d\\\";e\";f", b';').collect::<Vec<_>>(), ["a", "b=\"c;d\\\";e\"", "f"]);
        assert_eq!(split("", b',').collect::<Vec<_>>(), [""]);
        assert_eq!(split("a,\"b,c", b',').collect::<Vec<_>>(), ["a", "\"b,c"]);
    }

    #[test]
    fn values_lose_their_quotation_marks() {
        assert_eq!(parameter(" Type = \"a/b; c=\\\"d\\\"\" "), Some(("type".into(), "a/b; c=\"d\"".into())));
        assert_eq!(parameter("type=a/b"), Some(("type".into(), "a/b".into())));
        assert_eq!(parameter("type"), None);
    }

    #[test]
    fn a_media_type_has_two_tokens() {
        assert_eq!(media_type(" Application/DICOM+json "), Some("application/dicom+json".into()));
        for text in ["", "/", "a/", "/b", "a", "a/b/c", "a b/c", "ä/b"] {
            assert_eq!(media_type(text), None, "{text}");
        }
    }
}
