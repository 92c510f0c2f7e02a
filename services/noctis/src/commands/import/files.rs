//! Which files an import takes.

use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A file to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its length in bytes when it was found.
    pub(super) length: u64,
}

/// All files below `paths`, in order, and what could not be looked into and why.
///
/// Left out are names that begin with a dot and DICOMDIR, the directory of a medium, which is no image.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Candidate>, Vec<(PathBuf, String)>) {
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for root in paths {
        let entries = WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_left_out(entry.path())) {
            match entry.and_then(|entry| entry.metadata().map(|metadata| (entry, metadata))) {
                Ok((entry, metadata)) if metadata.is_file() => {
                    files.push(Candidate { path: entry.into_path(), length: metadata.len() });
                }
                Ok(_) => {}
                Err(error) => unreadable.push((
                    error.path().unwrap_or(root).to_owned(),
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string),
                )),
            }
        }
    }
    (files, unreadable)
}

fn is_left_out(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.eq_ignore_ascii_case("DICOMDIR")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::find;

    #[test]
    fn folders_are_searched_to_the_bottom_and_media_directories_left_out() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("a/b")).unwrap();
        for (name, text) in [("a/b/2", "xy"), ("a/1", "x"), ("DICOMDIR", "x"), (".hidden", "x")] {
            std::fs::write(root.path().join(name), text).unwrap();
        }
        let (files, unreadable) = find(&[root.path().to_owned(), root.path().join("absent")]);

        let found: Vec<_> =
            files.iter().map(|file| (file.path.strip_prefix(root.path()).unwrap().to_owned(), file.length)).collect();
        assert_eq!(found, [("a/1".into(), 1), ("a/b/2".into(), 2)]);
        assert_eq!(unreadable.len(), 1);
    }
}
