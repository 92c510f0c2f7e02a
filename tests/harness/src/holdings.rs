//! What an archive holds, seen from outside: instances as they are stored, all that a search shows, and object files.

use std::{
    collections::BTreeSet,
    future::Future,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::Value;

use crate::{client::Client, server::Server};

/// Asks for instances as they are stored.
pub const AS_STORED: &str = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";
const PAGE: usize = 200;

/// An instance that a search shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
}

impl Found {
    /// Its path below the DICOMweb root.
    pub fn path(&self) -> String {
        format!("/studies/{}/series/{}/instances/{}", self.study, self.series, self.instance)
    }

    fn of(row: &Value) -> Self {
        let uid = |tag: &str| row[tag]["Value"][0].as_str().unwrap_or_else(|| panic!("no {tag}: {row}")).to_owned();
        Self { study: uid("0020000D"), series: uid("0020000E"), instance: uid("00080018") }
    }
}

impl Client {
    /// The bytes of the instance at a path such as `/dicom-web/studies/../series/../instances/..`, as they are stored.
    pub async fn stored(&self, path: &str) -> Bytes {
        let parts = self.get_as(path, AS_STORED, 200).await.parts();
        assert_eq!(parts.len(), 1, "{path} is one instance");
        parts.into_iter().next().map(|part| part.body).expect("one part")
    }

    /// All instances that a search at `path` shows, page by page.
    ///
    /// # Panics
    /// When one comes twice.
    pub async fn find_instances(&self, path: &str) -> BTreeSet<Found> {
        let mut all = BTreeSet::new();
        for page in 0.. {
            let address = format!("{path}?limit={PAGE}&offset={}", page * PAGE);
            let rows = self.json(&address).await;
            let rows = rows.as_array().expect("a list");
            for row in rows {
                assert!(all.insert(Found::of(row)), "{address} shows an instance twice");
            }
            if rows.len() < PAGE {
                break;
            }
        }
        all
    }

    /// How many rows a search at `path` has.
    pub async fn count(&self, path: &str) -> usize {
        self.json(path).await.as_array().expect("a list").len()
    }
}

impl Server {
    /// See [`objects_in`].
    pub fn objects(&self) -> Vec<PathBuf> {
        objects_in(self.data_dir())
    }

    /// How many objects the archive keeps, in its folder or its bucket.
    pub async fn object_count(&self) -> usize {
        self.object_names().await.len()
    }

    /// Their files or keys.
    pub async fn object_names(&self) -> Vec<String> {
        match self.place() {
            Some(place) => place.object_keys().await,
            None => self.objects().iter().map(|file| file.display().to_string()).collect(),
        }
    }

    /// The bytes of one of them, behind the back of the archive.
    ///
    /// # Panics
    /// When there is no such object.
    pub async fn object(&self, name: &str) -> Vec<u8> {
        match self.place() {
            Some(place) => place.stores.s3.lock().await.object(&place.bucket, name).await,
            None => std::fs::read(name).expect("an object"),
        }
    }

    /// Puts other bytes in the place of one of them, or nothing.
    ///
    /// # Panics
    /// When that cannot be done.
    pub async fn damage_object(&self, name: &str, bytes: Option<Vec<u8>>) {
        match (self.place(), bytes) {
            (Some(place), bytes) => place.stores.s3.lock().await.damage(&place.bucket, name, bytes).await,
            (None, Some(bytes)) => std::fs::write(name, bytes).expect("a file of ours"),
            (None, None) => std::fs::remove_file(name).expect("a file of ours"),
        }
    }

    /// Waits until the archive has this many objects.
    ///
    /// # Panics
    /// When it still has not after 30 seconds.
    pub async fn wait_for_objects(&self, count: usize) {
        let is_so = async || self.object_count().await == count;
        eventually(|| format!("not {count} objects"), is_so).await;
    }
}

/// The files of the archive in a data folder, objects all of them.
pub fn objects_in(data_folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&data_folder.join("objects"), &mut found);
    found
}

/// Waits until something becomes true.
///
/// # Panics
/// When it still has not after 30 seconds; `otherwise` says what is so instead.
pub async fn eventually<F: Future<Output = bool>>(otherwise: impl Fn() -> String, mut is_so: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < end, "still {}", otherwise());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Regular files below a folder. One that goes away meanwhile is not there.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}
