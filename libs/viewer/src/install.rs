//! Makes a viewer folder from the npm tarball: check, unpack, rewrite, compress, describe, then put into place at once.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufReader, Read, Seek, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256, Sha512};

use crate::{
    Error, content_type,
    manifest::{Entry, Manifest, NAME, gzip_path},
    policy, release,
    rewrite::Rewriter,
    unpack::{Limits, unpack},
};

/// What [`install`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Installed {
    /// The folder holds the viewer now.
    Fresh {
        /// How many files, compressed forms not counted.
        files: usize,
        /// Their bytes, compressed forms included.
        bytes: u64,
    },
    /// The folder held this release already; nothing was done.
    Already,
}

/// Installs the viewer from `tarball` into the folder `to`, which is made, or replaced when it holds another release.
///
/// The folder appears whole or not at all: files are written beside it, then moved.
///
/// # Errors
/// When the tarball is not the pinned one ([`Error::WrongDigest`]), does not unpack or rewrite as the pinned one does, or
/// when `to` holds something else ([`Error::Foreign`]) or cannot be written.
pub fn install(tarball: &Path, to: &Path) -> Result<Installed, Error> {
    match Manifest::read(to) {
        Ok(_) => return Ok(Installed::Already),
        Err(_) if is_free_or_ours(to)? => {}
        Err(_) => return Err(Error::Foreign(to.to_path_buf())),
    }
    let read = |source| Error::Read { path: tarball.to_path_buf(), source };
    let mut file = BufReader::with_capacity(1 << 20, fs::File::open(tarball).map_err(read)?);
    check_digest(tarball, &mut file)?;
    file.rewind().map_err(read)?;

    let name = to.file_name().map_or_else(|| "viewer".into(), |name| name.to_string_lossy().into_owned());
    let beside = |suffix: &str| to.with_file_name(format!(".{name}.{suffix}-{}", std::process::id()));
    let fresh = beside("new");
    let made = make(file, &fresh).and_then(|done| put_into_place(&fresh, to, &beside("old")).map(|()| done));
    if made.is_err() {
        // The cause is worth more than what cleaning up says.
        fs::remove_dir_all(&fresh).ok();
    }
    made
}

/// Whether the folder may be replaced: absent, empty, or an older viewer.
fn is_free_or_ours(folder: &Path) -> Result<bool, Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none() || folder.join(NAME).is_file()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(Error::Read { path: folder.to_path_buf(), source }),
    }
}

fn check_digest(path: &Path, tarball: &mut impl Read) -> Result<(), Error> {
    let mut digest = Sha512::new();
    std::io::copy(tarball, &mut digest).map_err(|source| Error::Read { path: path.to_path_buf(), source })?;
    let found = BASE64_STANDARD.encode(digest.finalize());
    if found == release::SHA512 {
        return Ok(());
    }
    Err(Error::WrongDigest { path: path.to_path_buf(), package: release::PACKAGE, expected: release::SHA512, found })
}

fn make(tarball: impl Read, folder: &Path) -> Result<Installed, Error> {
    let mut rewriter = Rewriter::new();
    let mut files = BTreeMap::new();
    let mut script_hashes = Vec::new();
    unpack(tarball, Limits::default(), |path, content| {
        let content = rewriter.rewrite(path, content);
        if path == "index.html" {
            script_hashes = policy::inline_script_hashes(&content);
        }
        files.insert(path.to_owned(), write_file(folder, path, &content)?);
        Ok(())
    })?;
    rewriter.finish()?;
    let done = Installed::Fresh {
        files: files.len(),
        bytes: files.values().map(|entry| entry.length + entry.gzip_length.unwrap_or(0)).sum(),
    };
    let manifest = Manifest {
        format: release::FORMAT,
        package: release::PACKAGE.to_owned(),
        prefix: release::PREFIX.to_owned(),
        script_hashes,
        files,
    };
    let path = folder.join(NAME);
    let unwritable = |source: std::io::Error| Error::Write { path: path.clone(), source };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| unwritable(error.into()))?;
    write_synced(&path, &text).map_err(unwritable)?;
    Ok(done)
}

fn write_file(folder: &Path, name: &str, content: &[u8]) -> Result<Entry, Error> {
    let content_type = content_type::of(name).ok_or_else(|| Error::UnknownType(name.to_owned()))?;
    let path = folder.join(name);
    let unwritable = |path: &Path| {
        let path = path.to_path_buf();
        move |source| Error::Write { path, source }
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(unwritable(parent))?;
    }
    write_synced(&path, content).map_err(unwritable(&path))?;
    let mut gzip_length = None;
    if content_type::is_compressible(name) {
        let path = gzip_path(folder, name);
        let gzip = compress(content).map_err(unwritable(&path))?;
        if gzip.len() < content.len() / 10 * 9 {
            write_synced(&path, &gzip).map_err(unwritable(&path))?;
            gzip_length = Some(gzip.len() as u64);
        }
    }
    Ok(Entry {
        length: content.len() as u64,
        sha256: Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect(),
        content_type: content_type.to_owned(),
        gzip_length,
        immutable: content_type::is_named_by_content(name),
    })
}

fn compress(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn write_synced(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_data()
}

/// Moves the old folder away, the new one in, and removes the old one.
fn put_into_place(fresh: &Path, to: &Path, old: &Path) -> Result<(), Error> {
    let rename = |from: &Path, to: &Path| {
        fs::rename(from, to).map_err(|source| Error::Write { path: PathBuf::from(to), source })
    };
    if to.exists() {
        rename(to, old)?;
    }
    rename(fresh, to)?;
    if old.exists() {
        fs::remove_dir_all(old).map_err(|source| Error::Write { path: old.to_path_buf(), source })?;
    }
    Ok(())
}
