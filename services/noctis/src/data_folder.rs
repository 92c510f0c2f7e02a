//! The data folder of an embedded archive: open in one process at a time, which leaves its address there.

use anyhow::Context as _;
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
    /// Creates the folder if need be, and takes it if nobody else has.
    ///
    /// # Errors
    /// The folder cannot be created or its lock file not be used.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Opened> {
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
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", file.display()))
            }
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
