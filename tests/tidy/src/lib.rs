//! What the repository's rules look at: its own source files and manifests.

use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A text file of the repository.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The repository's root folder.
#[must_use]
pub fn root() -> PathBuf {
    // As cargo says when the test runs: a build may come from a clone that is gone.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).join("../..")
}

/// All files below the root with one of the endings, built and fetched ones left out.
#[must_use]
pub fn files(endings: &[&str]) -> Vec<SourceFile> {
    let root = root();
    let skip = |name: &str| matches!(name, "target" | ".git" | "noctis-data" | "noctis-viewer" | "corpus");
    let entries = WalkDir::new(&root).sort_by_file_name().into_iter();
    entries
        .filter_entry(|entry| !skip(&entry.file_name().to_string_lossy()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| endings.iter().any(|ending| entry.file_name().to_string_lossy().ends_with(ending)))
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(&root).ok()?.to_string_lossy().into_owned();
            let text = std::fs::read_to_string(entry.path()).ok()?;
            Some(SourceFile { path, text })
        })
        .collect()
}

/// Whether a file holds tests: its folder or its name says so.
#[must_use]
pub fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.contains("/benches/") || path.ends_with("tests.rs")
}
