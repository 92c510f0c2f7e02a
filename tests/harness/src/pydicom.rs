//! pydicom's bundled files, found by `NOCTIS_PYDICOM_FILES`.

use std::path::{Path, PathBuf};

/// The paths of pydicom's `test_files`, below it too, that end in `.dcm`; sorted.
///
/// # Panics
/// When the files are not there: the tests that need them must not pass without them.
pub fn test_files() -> Vec<PathBuf> {
    dicom_files(&root().join("test_files"))
}

/// The paths of pydicom's `charset_files` that end in `.dcm`; sorted.
///
/// # Panics
/// When the files are not there.
pub fn charset_files() -> Vec<PathBuf> {
    dicom_files(&root().join("charset_files"))
}

fn root() -> PathBuf {
    let Some(root) = std::env::var_os("NOCTIS_PYDICOM_FILES") else {
        panic!("NOCTIS_PYDICOM_FILES is not set: run tests/setup.sh and source what it prints, or use tests/run.sh");
    };
    root.into()
}

fn dicom_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| {
            panic!("{}: {error}; NOCTIS_PYDICOM_FILES must be what tests/setup.sh says", folder.display())
        });
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "dcm") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{}: no .dcm files; run tests/setup.sh", folder.display());
    found
}
