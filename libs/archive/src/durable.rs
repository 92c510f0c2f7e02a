//! Making folder entries durable: creating folders, and one sync of a folder shared by all who wait for it.

use std::{
    fs::{DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// Creates a folder and those above it, for the owner only, and syncs each folder that got a new entry.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_folder(parent)?;
    make_folder(path)?;
    sync_folder(parent)
}

/// Creates one folder, for the owner only, unless it is there already. Does not sync.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => result,
    }
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Syncs of one folder. Those who ask while one is under way share the next.
#[derive(Default)]
pub(crate) struct FolderSync {
    rounds: Mutex<Rounds>,
    ended: Condvar,
}

/// Syncs are numbered from 1; one serves all who asked before it began.
#[derive(Default)]
struct Rounds {
    begun: u64,
    ended: u64,
    running: bool,
    /// The last one that failed, with what the system said. The system tells a failure once, so a second try would
    /// succeed without having made anything durable: all whom the round served must fail.
    failed: Option<(u64, io::ErrorKind)>,
}

impl FolderSync {
    /// Makes all entries durable that the folder has now. Blocks.
    pub(crate) fn sync(&self, path: &Path) -> io::Result<()> {
        let mut rounds = self.lock();
        let wanted = rounds.begun + 1;
        while rounds.ended < wanted {
            rounds = if rounds.running {
                self.ended.wait(rounds).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.run(rounds, path)
            };
        }
        match rounds.failed {
            Some((round, kind)) if round >= wanted => Err(kind.into()),
            _ => Ok(()),
        }
    }

    fn run<'a>(&'a self, mut rounds: MutexGuard<'a, Rounds>, path: &Path) -> MutexGuard<'a, Rounds> {
        rounds.begun += 1;
        rounds.running = true;
        drop(rounds);
        let result = sync_folder(path);
        let mut rounds = self.lock();
        rounds.running = false;
        rounds.ended = rounds.begun;
        if let Err(error) = result {
            rounds.failed = Some((rounds.ended, error.kind()));
        }
        self.ended.notify_all();
        rounds
    }

    /// A panic elsewhere cannot leave the numbers wrong: nothing between their changes can panic.
    fn lock(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{FolderSync, create_folder};
    use std::{fs, io, os::unix::fs::PermissionsExt, sync::Arc, thread};

    #[test]
    fn all_who_share_a_failed_sync_fail_and_later_ones_do_not() {
        let place = tempfile::tempdir().unwrap();
        let missing = place.path().join("gone");
        let sync = Arc::new(FolderSync::default());
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let (sync, missing) = (Arc::clone(&sync), missing.clone());
                thread::spawn(move || sync.sync(&missing).map_err(|error| error.kind()))
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Err(io::ErrorKind::NotFound));
        }
        fs::create_dir(&missing).unwrap();
        sync.sync(&missing).unwrap();
    }

    #[test]
    fn syncs_are_shared() {
        let place = tempfile::tempdir().unwrap();
        let sync = Arc::new(FolderSync::default());
        thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| sync.sync(place.path()).unwrap());
            }
        });
        let rounds = sync.lock();
        assert!(rounds.ended >= 1 && rounds.ended <= 64 && rounds.ended == rounds.begun && !rounds.running);
    }

    #[test]
    fn folders_are_for_the_owner_only() {
        let place = tempfile::tempdir().unwrap();
        let deep = place.path().join("a/b/c");
        create_folder(&deep).unwrap();
        for folder in [&deep, deep.parent().unwrap()] {
            assert_eq!(fs::metadata(folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
        fs::write(place.path().join("file"), b"").unwrap();
        assert!(create_folder(&place.path().join("file")).is_err());
        assert!(create_folder(&place.path().join("file/below")).is_err());
    }
}
