//! Moves files below the prefix and counts what was replaced, so that a release built in another way is noticed.

use memchr::memmem;

use crate::{
    Error, content_type,
    release::{REPLACEMENTS, Replacement},
};

/// The replacements with their counts so far.
#[derive(Debug)]
pub(crate) struct Rewriter {
    counts: [usize; REPLACEMENTS.len()],
}

impl Rewriter {
    pub(crate) fn new() -> Self {
        Self { counts: [0; REPLACEMENTS.len()] }
    }

    /// Rewrites one file of the distribution.
    pub(crate) fn rewrite(&mut self, path: &str, mut content: Vec<u8>) -> Vec<u8> {
        for (replacement, count) in REPLACEMENTS.iter().zip(&mut self.counts) {
            if replacement.applies_to(path) {
                content = replacement.replace(content, count);
            }
        }
        content
    }

    /// Checks the counts when all files have passed.
    pub(crate) fn finish(self) -> Result<(), Error> {
        for (replacement, found) in REPLACEMENTS.iter().zip(self.counts) {
            if found != replacement.count {
                let Replacement { files, from: pattern, count: expected, .. } = *replacement;
                return Err(Error::Replacements { pattern, files, expected, found });
            }
        }
        Ok(())
    }
}

impl Replacement {
    fn applies_to(&self, path: &str) -> bool {
        match self.files.strip_prefix("*.") {
            Some(extension) => content_type::extension(path) == Some(extension),
            None => path == self.files,
        }
    }

    fn replace(&self, content: Vec<u8>, count: &mut usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = &content[..];
        while let Some((before, after)) = split_at_match(rest, self.from.as_bytes()) {
            out.extend_from_slice(before);
            out.extend_from_slice(self.to.as_bytes());
            rest = after;
            *count += 1;
        }
        if out.is_empty() && rest.len() == content.len() {
            return content;
        }
        out.extend_from_slice(rest);
        out
    }
}

/// What is before and behind the first match.
pub(crate) fn split_at_match<'a>(text: &'a [u8], pattern: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memmem::find(text, pattern)?;
    let (before, from_match) = text.split_at_checked(at)?;
    Some((before, from_match.get(pattern.len()..)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;

    #[test]
    fn only_its_files_are_rewritten_and_counted() {
        let mut rewriter = Rewriter::new();
        let css = rewriter.rewrite("app.bundle.css", b"a{src:url(/f.woff2),url(/g.woff2)}".to_vec());
        assert_eq!(css, b"a{src:url(/viewer/f.woff2),url(/viewer/g.woff2)}");
        let js = rewriter.rewrite("a.js", b"url(/f) __webpack_require__.p = \"/\";".to_vec());
        assert_eq!(js, b"url(/f) __webpack_require__.p = \"/viewer/\";");
        let other = rewriter.rewrite("other.html", b"<a href=\"/x\">".to_vec());
        assert_eq!(other, b"<a href=\"/x\">");
    }

    #[test]
    fn counts_that_are_not_the_pinned_ones_are_an_error() {
        let mut rewriter = Rewriter::new();
        rewriter.rewrite("index.html", b"href=\"/a\"".to_vec());
        let error = rewriter.finish().expect_err("one replacement is not 28");
        assert!(matches!(error, Error::Replacements { expected: 28, found: 1, files: "index.html", .. }), "{error}");
    }
}
