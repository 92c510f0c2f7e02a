//! Reads the tarball as if it came from an enemy: plain relative paths, regular files, bounded count and size.

use std::{collections::BTreeSet, io::Read};

use flate2::read::GzDecoder;

use crate::{Error, release};

/// What an honest release stays below.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Entries of any kind.
    pub entries: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Bytes of the whole tar stream.
    pub total: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 4_000, file: 64 << 20, total: 512 << 20 }
    }
}

/// Calls `take` with the path (relative to the distribution) and the bytes of each file that is wanted.
pub(crate) fn unpack(
    tarball: impl Read,
    limits: Limits,
    mut take: impl FnMut(&str, Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut archive = tar::Archive::new(GzDecoder::new(tarball).take(limits.total));
    let mut seen = BTreeSet::new();
    let (mut entries, mut bytes) = (0, 0);
    for entry in archive.entries().map_err(Error::Archive)? {
        let mut entry = entry.map_err(Error::Archive)?;
        entries += 1;
        within(entries, limits.entries, "entries")?;
        within(entry.size(), limits.file, "bytes in one file")?;
        bytes += entry.size();
        within(bytes, limits.total, "bytes")?;
        let path = checked_path(&entry.path_bytes())?;
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        if !kind.is_file() {
            return Err(Error::NotAFile(path));
        }
        let Some(wanted) = path.strip_prefix(release::DIST).filter(|path| is_wanted(path)) else { continue };
        if !seen.insert(wanted.to_owned()) {
            return Err(Error::Twice(wanted.to_owned()));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(Error::Archive)?;
        take(wanted, content)?;
    }
    Ok(())
}

fn within(value: u64, limit: u64, what: &'static str) -> Result<(), Error> {
    if value > limit { Err(Error::TooLarge { limit, what }) } else { Ok(()) }
}

fn is_wanted(path: &str) -> bool {
    let left_out = release::LEFT_OUT.iter().any(|name| match name.strip_suffix('/') {
        Some(_) => path.starts_with(name),
        None => path == *name,
    });
    !left_out && !path.ends_with(".map")
}

/// A relative path of plain segments: letters, digits, `.`, `_`, `-`; no empty segment, `.` or `..`; none that begins with a
/// dot. That leaves out drive letters, backslashes, NUL and everything a file system might read in its own way.
fn checked_path(bytes: &[u8]) -> Result<String, Error> {
    let refuse = || Error::UnsafePath(String::from_utf8_lossy(bytes).chars().take(200).collect());
    let text = std::str::from_utf8(bytes).map_err(|_| refuse())?;
    let plain = |segment: &str| {
        !segment.is_empty()
            && !segment.starts_with('.')
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    let path = text.strip_suffix('/').unwrap_or(text);
    if path.len() > 200 || path.split('/').count() > 8 || !path.split('/').all(plain) {
        return Err(refuse());
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests;
