//! `manifest.json` of an installed viewer: all that serving needs to know about its files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Error, release};

/// The manifest's name in the folder. It is not served.
pub(crate) const NAME: &str = "noctis-viewer.json";

/// More than any manifest needs.
const LONGEST: u64 = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// [`release::FORMAT`] when it was written.
    pub format: u32,
    /// [`release::PACKAGE`].
    pub package: String,
    /// [`release::PREFIX`].
    pub prefix: String,
    /// CSP hashes of the inline scripts of index.html.
    pub script_hashes: Vec<String>,
    /// Files by their path below the prefix.
    pub files: BTreeMap<String, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Bytes of the file.
    pub length: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    pub content_type: String,
    /// Bytes of the compressed file beside it, `.gz` added to its name, if there is one.
    pub gzip_length: Option<u64>,
    /// Whether the name changes when the content does.
    pub immutable: bool,
}

impl Manifest {
    /// Reads the manifest of a folder; refuses one of another release.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(NAME);
        let absent =
            |reason: String| Error::NotInstalled { folder: folder.to_path_buf(), expected: release::VERSION, reason };
        let length = fs::metadata(&path).map_err(|error| absent(format!("{NAME}: {error}")))?.len();
        if length > LONGEST {
            return Err(absent(format!("{NAME} is too long")));
        }
        let text = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| absent(format!("{NAME}: {error}")))?;
        if (manifest.format, manifest.package.as_str()) != (release::FORMAT, release::PACKAGE) {
            return Err(absent(format!("it holds {} in format {}", manifest.package, manifest.format)));
        }
        manifest.check_files(folder).map_err(absent)?;
        Ok(manifest)
    }

    /// Whether all files are there with their lengths.
    fn check_files(&self, folder: &Path) -> Result<(), String> {
        for (name, entry) in &self.files {
            let with_gzip = entry.gzip_length.map(|length| (gzip_path(folder, name), length));
            for (path, length) in [(folder.join(name), entry.length)].into_iter().chain(with_gzip) {
                match fs::metadata(&path) {
                    Ok(found) if found.len() == length => {}
                    Ok(_) => return Err(format!("{} has another length", path.display())),
                    Err(error) => return Err(format!("{}: {error}", path.display())),
                }
            }
        }
        Ok(())
    }
}

/// Where the compressed form of a file lies.
pub(crate) fn gzip_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.gz"))
}
