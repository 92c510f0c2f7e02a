//! Content security policies and the other headers that the viewer's files are sent with.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use crate::rewrite::split_at_match;

/// Which content security policy a file is sent with, see [`crate::Site::content_security_policy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Policy {
    /// A page: scripts of this origin and the pinned inline ones, nothing from elsewhere, no eval.
    Page,
    /// A script. It counts only when the script is a worker, which obeys the policy of its own response: the codecs (embind)
    /// build functions from text, so workers may.
    Worker,
    /// Anything else: inert, should somebody open it by itself (an SVG could carry a script).
    Inert,
}

/// Headers for every file of the viewer beside its content security policy. The first three make the page cross-origin
/// isolated, which gives it shared memory between its workers.
pub const SECURITY_HEADERS: [(&str, &str); 5] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
];

/// The policy of pages. `hashes` are those of the inline scripts.
///
/// Styles may be inline because menus and overlays are placed by them; `data:` images are the thumbnails.
pub(crate) fn page(hashes: &[String]) -> String {
    let hashes: String = hashes.iter().map(|hash| format!(" '{hash}'")).collect();
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; \
         frame-src 'self'; object-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The policy of scripts, for when they run as workers.
pub(crate) const WORKER: &str = "default-src 'none'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'; connect-src 'self'; \
                                 worker-src 'self' blob:";

/// The policy of everything else.
pub(crate) const INERT: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'";

/// The CSP hashes of the inline scripts of a page, each once, in their order.
pub(crate) fn inline_script_hashes(page: &[u8]) -> Vec<String> {
    let mut hashes = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = split_at_match(rest, b"<script") {
        let Some((attributes, body)) = split_at_match(after, b">") else { break };
        let Some((script, behind)) = split_at_match(body, b"</script") else { break };
        rest = behind;
        let hash = format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(script)));
        if !script.is_empty() && split_at_match(attributes, b"src=").is_none() && !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_of_inline_scripts_only() {
        let page = b"<head><script>alert(1)</script><script src=\"/a.js\"></script>\
                     <script type=\"module\">\n2 > 1\n</script><script>alert(1)</script>";
        assert_eq!(
            inline_script_hashes(page),
            [
                "sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=",
                "sha256-oFnSJj7CZZrB0WcQifnEXEiuEKEdsuyXF/WcGKXkODI=",
            ]
        );
    }
}
