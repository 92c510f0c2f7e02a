//! The data folder of an embedded archive: open in one process at a time, which leaves its address there.

use anyhow::Context as _;
use rustix::fs::Mode;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

const LOCK: &str = "noctis.lock";

/// The folder, held by this process until dropped.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    lock: File,
}

/// What became of an attempt to open the folder.
#[derive(Debug)]
pub(crate) enum Opened {
    /// It is ours now.
    Ours(DataFolder),
    /// Another process has it; the address it serves on, if it serves.
    Elsewhere(Option<String>),
}

impl DataFolder {
    /// Creates the folder if need be, and takes it if nobody else has. From here on, files that this process creates
    /// are for its user only, also where the folder was there before and is open to others.
    ///
    /// # Errors
    /// The folder cannot be created or its lock file not be used.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Opened> {
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
        create_private(path).with_context(|| format!("cannot create the data folder {}", path.display()))?;
        let file = path.join(LOCK);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&file)
            .with_context(|| format!("cannot open {}", file.display()))?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0)?;
                Ok(Opened::Ours(Self { path: path.to_owned(), lock }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut url = String::new();
                lock.read_to_string(&mut url)?;
                Ok(Opened::Elsewhere(Some(url.trim().to_owned()).filter(|url| !url.is_empty())))
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", file.display())),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the address of this process for others on the machine.
    ///
    /// # Errors
    /// The lock file cannot be written.
    pub(crate) fn announce(&mut self, url: &str) -> anyhow::Result<()> {
        self.lock.rewind()?;
        self.lock.set_len(0)?;
        writeln!(self.lock, "{url}").context("cannot write the lock file")
    }
}

/// Patient data lies here: only the owner may look.
fn create_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{DataFolder, Opened};

    #[test]
    fn what_is_created_is_for_the_owner_only_even_in_an_open_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let _ours = DataFolder::open(folder.path()).unwrap();
        let lock = std::fs::metadata(folder.path().join(super::LOCK)).unwrap();
        assert_eq!(lock.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_second_opener_learns_the_address_and_gets_it_when_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let Opened::Ours(mut first) = DataFolder::open(&path).unwrap() else { unreachable!() };
        assert!(matches!(DataFolder::open(&path).unwrap(), Opened::Elsewhere(None)));

        first.announce("http://127.0.0.1:1").unwrap();
        let Opened::Elsewhere(url) = DataFolder::open(&path).unwrap() else { unreachable!() };
        assert_eq!(url.as_deref(), Some("http://127.0.0.1:1"));

        drop(first);
        assert!(matches!(DataFolder::open(&path).unwrap(), Opened::Ours(_)));
    }
}
