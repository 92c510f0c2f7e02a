//! The reading side: which file answers a path below [`crate::PREFIX`], and with which headers.

use std::path::{Path, PathBuf};

use crate::{
    Error,
    manifest::{Entry, Manifest, gzip_path},
    policy::{self, Policy},
};

/// An installed viewer. Cheap to ask; clone an `Arc` of it to share it.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    manifest: Manifest,
    page_policy: String,
}

/// A file to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes.
    pub length: u64,
    /// Content-Type.
    pub content_type: String,
    /// Strong entity tag of the uncompressed form, with its quotes.
    pub etag: String,
    /// The compressed form, if there is one.
    pub gzip: Option<Gzip>,
    /// True: `Cache-Control: public, max-age=31536000, immutable`. False: `no-cache`, the browser asks by the entity tag.
    pub immutable: bool,
    /// Its content security policy.
    pub policy: Policy,
}

/// The compressed form of a file: `Content-Encoding: gzip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gzip {
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes.
    pub length: u64,
    /// Its own strong entity tag, with quotes: another representation has another tag.
    pub etag: String,
}

impl Site {
    /// Opens a folder that [`crate::install`] made.
    ///
    /// # Errors
    /// [`Error::NotInstalled`] when it is not there, not whole, or of another release.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let manifest = Manifest::read(folder)?;
        let page_policy = policy::page(&manifest.script_hashes);
        Ok(Self { folder: folder.to_path_buf(), manifest, page_policy })
    }

    /// The file for a path below the prefix (percent-decoded, without the prefix and without query).
    ///
    /// A path that is no file but a route of the application (nothing with a dot in its last segment) gets the page.
    /// `None` is a 404. `app-config.js` is not a file, see [`crate::app_config_js`].
    pub fn resolve(&self, path: &str) -> Option<File> {
        if let Some((name, entry)) = self.manifest.files.get_key_value(path) {
            return Some(self.file(name, entry));
        }
        let is_route = path.rsplit('/').next().is_some_and(|segment| !segment.contains('.'));
        let (name, entry) = self.manifest.files.get_key_value("index.html").filter(|_| is_route)?;
        Some(self.file(name, entry))
    }

    /// The content security policy in words.
    pub fn content_security_policy(&self, policy: Policy) -> &str {
        match policy {
            Policy::Page => &self.page_policy,
            Policy::Worker => policy::WORKER,
            Policy::Inert => policy::INERT,
        }
    }

    /// The paths of all files, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.keys().map(String::as_str)
    }

    fn file(&self, name: &str, entry: &Entry) -> File {
        let tag: String = entry.sha256.chars().take(32).collect();
        File {
            path: self.folder.join(name),
            length: entry.length,
            content_type: entry.content_type.clone(),
            etag: format!("\"{tag}\""),
            gzip: entry.gzip_length.map(|length| Gzip {
                path: gzip_path(&self.folder, name),
                length,
                etag: format!("\"{tag}-gzip\""),
            }),
            immutable: entry.immutable,
            policy: match entry.content_type.split(';').next() {
                Some("text/html") => Policy::Page,
                Some("text/javascript") => Policy::Worker,
                _ => Policy::Inert,
            },
        }
    }
}
