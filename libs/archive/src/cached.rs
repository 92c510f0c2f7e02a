//! Reads of what the system has in memory already. They never wait for a disk, so they need no thread of their own, and
//! handing work to another thread and back costs more than such a read.

use crate::{Key, PIECE, folder::Folder};
use bytes::Bytes;
use rustix::{
    fs::{CWD, Mode, OFlags, ResolveFlags},
    io::ReadWriteFlags,
};
use std::{
    fs::File,
    io::IoSliceMut,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

/// Ranges shorter than this get memory of their own size.
const POOLED_FROM: usize = 64 << 10;
/// What a pooled buffer holds: the longest range that is read at once.
const BUFFER: usize = (PIECE + PIECE / 2) as usize;
/// Buffers kept for the next read; in all 12 MiB.
const KEPT: usize = 16;

/// Buffers that are used again: fresh memory of this size costs a page fault for every 4 KiB of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer with its first bytes in use, which goes back when the last slice of it is dropped.
struct Pooled {
    bytes: Vec<u8>,
    used: usize,
    home: Buffers,
}

impl Buffers {
    fn take(&self, length: usize) -> Pooled {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Pooled { bytes: kept.unwrap_or_else(|| vec![0; BUFFER]), used: length, home: self.clone() }
    }
}

impl AsRef<[u8]> for Pooled {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut kept = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(std::mem::take(&mut self.bytes));
        }
    }
}

/// Opens an object if the system has its name in memory; `None` says nothing about whether it exists.
pub(crate) fn open(folder: &Folder, key: Key) -> Option<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    rustix::fs::openat2(CWD, folder.path(key), flags, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// Exactly this range, if all of it is in memory and it is short enough to be read at once.
pub(crate) fn read(file: &File, range: &Range<u64>, buffers: &Buffers) -> Option<Bytes> {
    let length = usize::try_from(range.end.checked_sub(range.start)?).ok().filter(|length| *length <= BUFFER)?;
    if length < POOLED_FROM {
        let mut bytes = vec![0; length];
        fill(file, &mut bytes, range.start)?;
        return Some(bytes.into());
    }
    let mut pooled = buffers.take(length);
    fill(file, pooled.bytes.get_mut(..length)?, range.start)?;
    Some(Bytes::from_owner(pooled))
}

fn fill(file: &File, mut bytes: &mut [u8], mut at: u64) -> Option<()> {
    while !bytes.is_empty() {
        let count = rustix::io::preadv2(file, &mut [IoSliceMut::new(bytes)], at, ReadWriteFlags::NOWAIT).ok()?;
        // The end of the object: the read that may wait says what is wrong with it.
        bytes = bytes.get_mut(count..).filter(|_| count > 0)?;
        at = at.checked_add(u64::try_from(count).ok()?)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::{BUFFER, Buffers, KEPT, POOLED_FROM, read};
    use std::io::Write as _;

    fn file(length: usize) -> (std::fs::File, Vec<u8>) {
        let bytes: Vec<u8> = (0..length).map(|place| (place % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        (file, bytes)
    }

    #[test]
    fn what_was_just_written_is_read_without_waiting_and_a_buffer_shows_nothing_of_its_former_use() {
        let (file, bytes) = file(BUFFER);
        let buffers = Buffers::default();
        for length in [1, POOLED_FROM - 1, POOLED_FROM, BUFFER, POOLED_FROM + 5] {
            let Some(read) = read(&file, &(0..length as u64), &buffers) else {
                // A file system that cannot promise not to wait: the other way to read is taken there.
                return;
            };
            assert_eq!(read, bytes[..length]);
        }
    }

    #[test]
    fn a_range_beyond_the_end_or_too_long_is_left_to_the_read_that_may_wait() {
        let (file, _) = file(100);
        assert!(read(&file, &(0..101), &Buffers::default()).is_none());
        assert!(read(&file, &(0..BUFFER as u64 + 1), &Buffers::default()).is_none());
    }

    #[test]
    fn no_more_buffers_are_kept_than_allowed() {
        let buffers = Buffers::default();
        let many: Vec<_> = (0..KEPT * 2).map(|_| buffers.take(POOLED_FROM)).collect();
        drop(many);
        assert_eq!(buffers.0.lock().unwrap().len(), KEPT);
    }
}
