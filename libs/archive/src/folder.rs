//! The archive in a folder: blocking operations on files, each durable where it says so.

pub(crate) mod upload;

use crate::{
    Error, Key,
    durable::{FolderSync, create_folder, make_folder, sync_folder},
};
use bytes::Bytes;
use rustix::{buffer::spare_capacity, fs::Access, io::Errno};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, Write},
    ops::Range,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
};

/// A folder with 256 shard folders in it, `00` to `ff`, each with the objects of the keys that begin so.
pub(crate) struct Folder {
    root: PathBuf,
    /// By shard.
    syncs: Vec<FolderSync>,
}

impl Folder {
    pub(crate) fn open(root: PathBuf) -> Result<Self, Error> {
        create_folder(&root)?;
        for shard in 0..=u8::MAX {
            make_folder(&root.join(format!("{shard:02x}")))?;
        }
        sync_folder(&root)?;
        Ok(Self { root, syncs: (0..=u8::MAX).map(|_| FolderSync::default()).collect() })
    }

    /// A new, empty object. Not durable.
    pub(crate) fn create(&self, key: Key) -> Result<File, Error> {
        Ok(OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path(key))?)
    }

    /// A whole object, durable.
    pub(crate) fn put(&self, key: Key, pieces: &[Bytes]) -> Result<(), Error> {
        let mut file = self.create(key)?;
        let written = append(&mut file, pieces).and_then(|()| self.make_durable(key, &file));
        if written.is_err() {
            self.discard(key);
        }
        written
    }

    /// Syncs an object and then the folder that names it: in this order, so that a name never stands for lost bytes.
    pub(crate) fn make_durable(&self, key: Key, file: &File) -> Result<(), Error> {
        file.sync_all()?;
        match self.syncs.get(usize::from(key.shard())) {
            Some(shard) => Ok(shard.sync(&self.shard_path(key))?),
            None => Err(Error::Absent),
        }
    }

    /// Opens an object for reading.
    pub(crate) fn open_object(&self, key: Key) -> Result<File, Error> {
        File::open(self.path(key)).map_err(|error| self.missing(key, error))
    }

    pub(crate) fn read(&self, key: Key, range: Range<u64>) -> Result<Bytes, Error> {
        read_range(&self.open_object(key)?, range)
    }

    pub(crate) fn remove(&self, key: Key) -> Result<(), Error> {
        match fs::remove_file(self.path(key)).map_err(|error| self.missing(key, error)) {
            Err(Error::Absent) => Ok(()),
            result => result,
        }
    }

    /// Gives back the space of an object that could not be written. Its key was never used, so a failure here
    /// leaves nothing but a file which the sweep of that key removes later.
    pub(crate) fn discard(&self, key: Key) {
        drop(fs::remove_file(self.path(key)));
    }

    pub(crate) fn free_bytes(&self) -> Result<u64, Error> {
        let space = rustix::fs::statvfs(&self.root)?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// Whether the shards are where they were and can be written: a mount that went away leaves an empty folder.
    pub(crate) fn probe(&self) -> Result<(), Error> {
        for shard in ["00", "ff"] {
            rustix::fs::access(self.root.join(shard), Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)?;
        }
        Ok(())
    }

    pub(crate) fn path(&self, key: Key) -> PathBuf {
        self.root.join(key.to_string())
    }

    fn shard_path(&self, key: Key) -> PathBuf {
        self.root.join(format!("{:02x}", key.shard()))
    }

    /// What a file that is not there means: an object is absent only if the folder it should be in is present, else
    /// the storage is away.
    fn missing(&self, key: Key, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::NotFound && self.shard_path(key).is_dir() {
            return Error::Absent;
        }
        error.into()
    }
}

/// Writes pieces at the end, with as few calls as the system allows.
pub(crate) fn append(file: &mut File, pieces: &[Bytes]) -> Result<(), Error> {
    let mut slices: Vec<IoSlice<'_>> =
        pieces.iter().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Exactly this range of an open object. Its length is checked before memory is reserved.
pub(crate) fn read_range(file: &File, range: Range<u64>) -> Result<Bytes, Error> {
    if file.metadata()?.len() < range.end {
        return Err(Error::Short);
    }
    let wanted = usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(wanted).map_err(io::Error::other)?;
    let mut at = range.start;
    while bytes.len() < wanted {
        match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
            Ok(0) => return Err(Error::Short),
            Ok(count) => at = at.saturating_add(count as u64),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    bytes.truncate(wanted);
    Ok(bytes.into())
}
