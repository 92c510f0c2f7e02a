//! Content types of the distribution's files, and which of them are worth compressing.

/// The type of a file by its extension; `None` for one that the distribution does not have.
pub(crate) fn of(path: &str) -> Option<&'static str> {
    Some(match extension(path)? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webapp" => "application/manifest+json",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

/// Whether files of this kind are text or code, so that gzip makes them smaller.
pub(crate) fn is_compressible(path: &str) -> bool {
    matches!(extension(path), Some("html" | "js" | "css" | "json" | "webapp" | "xml" | "svg" | "wasm"))
}

/// Whether the name carries a hash of the content, as the bundler writes it: 16 hex digits between dots.
pub(crate) fn is_named_by_content(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.')
        .any(|piece| piece.len() == 16 && piece.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// What is behind the last dot of the last segment.
pub(crate) fn extension(path: &str) -> Option<&str> {
    path.rsplit('/').next()?.rsplit_once('.').map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_immutable() {
        assert!(is_named_by_content("app.bundle.0f6159c501addfe9.js"));
        assert!(is_named_by_content("fonts/a34f9d1faa5f3315.woff2"));
        assert!(!is_named_by_content("app.bundle.css"));
        assert!(!is_named_by_content("a34f9d1faa5f3315.d/index.html"));
    }
}
