//! A catalog in a folder of its own, with two facilities. Whatever a test stores in its facility is also stored, under the same
//! UIDs but for another patient, in the other one; after the test the other one must be as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::sample::Sample;
use access::{FacilityId, Principal, Role, Scope, WayIn};
use catalog::{
    CatalogReader, CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, Error, Match, NewIntent, Page, Search,
    SearchMatch, Timestamp,
};
use dataset::{Level, SEARCH_KEYS};
use std::collections::HashSet;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use uid::Resource;

pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

type Opening = Pin<Box<dyn Future<Output = Result<(CatalogWriter, CatalogReader), Error>> + Send>>;

pub struct Fixture {
    folder: tempfile::TempDir,
    open: Box<dyn Fn(PathBuf) -> Opening + Send + Sync>,
    pub writer: CatalogWriter,
    pub reader: CatalogReader,
    keys: AtomicU64,
    shadows: Mutex<HashSet<Resource>>,
}

/// The facility that tests work in.
pub fn north() -> FacilityId {
    "north".parse().unwrap()
}

/// The facility that must not notice.
pub fn south() -> FacilityId {
    "south".parse().unwrap()
}

/// What somebody of this facility sees.
pub fn scope_of(facility: &FacilityId) -> Scope {
    Principal::new("x".into(), vec![Role::Administrator], Vec::new(), facility.clone(), WayIn::Trial)
        .may_see(None)
        .unwrap()
}

/// What somebody sees who sees several facilities.
pub fn scope_of_all(home: &FacilityId) -> Scope {
    Principal::new("x".into(), vec![Role::Administrator], vec![north(), south()], home.clone(), WayIn::Trial)
        .may_see(None)
        .unwrap()
}

impl Fixture {
    pub async fn new(open: impl Fn(PathBuf) -> Opening + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (writer, reader) = open(folder.path().to_owned()).await.unwrap();
        let open = Box::new(open);
        Self { folder, open, writer, reader, keys: AtomicU64::new(0), shadows: Mutex::default() }
    }

    /// Opens the same catalog once more.
    pub async fn reopened(&self) -> (CatalogWriter, CatalogReader) {
        (self.open)(self.folder.path().to_owned()).await.unwrap()
    }

    pub fn scope(&self) -> Scope {
        scope_of(&north())
    }

    /// A key that was not used before.
    pub fn key(&self) -> String {
        format!("ab/{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// Stores in a facility under an intent of its own.
    pub async fn store_in(
        &self,
        facility: FacilityId,
        samples: &[Sample],
        duplicates: DuplicatePolicy,
        now: Timestamp,
    ) -> Result<Vec<CommitOutcome>, Error> {
        let instances: Vec<_> = samples.iter().map(|sample| sample.to_new(&self.key())).collect();
        let keys = instances.iter().map(|instance| instance.key.clone()).collect();
        let intent = self.writer.begin(NewIntent { keys, now }).await?;
        self.writer.commit(Chunk { intent, facility, instances, duplicates, now }).await
    }

    /// Stores with a policy, after making sure that the other facility has the same UIDs.
    pub async fn store_as(&self, samples: &[Sample], duplicates: DuplicatePolicy) -> Vec<CommitOutcome> {
        self.shadow(samples).await;
        self.store_in(north(), samples, duplicates, NOW).await.unwrap()
    }

    /// Stores what is new; every instance must be stored.
    pub async fn store(&self, samples: &[Sample]) {
        let outcomes = self.store_as(samples, DuplicatePolicy::Refuse).await;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, CommitOutcome::Stored { .. })), "{outcomes:?}");
    }

    async fn shadow(&self, samples: &[Sample]) {
        let mut shadows = Vec::new();
        for sample in samples {
            if self.shadows.lock().unwrap().insert(sample.resource()) {
                shadows.push(sample.clone().with("PatientName", "Shadow^South").with("PatientID", "SHADOW"));
            }
        }
        self.store_in(south(), &shadows, DuplicatePolicy::Refuse, NOW).await.unwrap();
    }

    /// Every instance that was ever stored is still there in the other facility, and counted.
    pub async fn assert_other_facility_untouched(&self) {
        let scope = scope_of(&south());
        let shadows: Vec<Resource> = self.shadows.lock().unwrap().iter().cloned().collect();
        let mut studies: HashSet<Resource> = HashSet::new();
        for shadow in &shadows {
            assert_eq!(self.reader.find(&scope, shadow).await.unwrap().facility, south());
            studies.insert(Resource::Study(shadow.study().clone()));
        }
        let mut counted = 0;
        for study in studies {
            counted += self.reader.find(&scope, &study).await.unwrap().instance_count;
        }
        assert_eq!(counted, shadows.len() as u64);
    }

    pub async fn search(&self, search: &Search) -> Page {
        self.reader.search(&self.scope(), search).await.unwrap()
    }

    /// The UIDs of the matches of one key, in the order of the search.
    pub async fn found(&self, level: Level, keyword: &str, test: Match) -> Vec<String> {
        self.found_by(level, &[(keyword, test)], false).await
    }

    /// The UIDs of the matches of some keys.
    pub async fn found_by(&self, level: Level, keys: &[(&str, Match)], fuzzy: bool) -> Vec<String> {
        let keys = keys.iter().map(|(keyword, test)| key(keyword, test.clone())).collect();
        uids(&self.search(&Search { keys, fuzzy, ..Search::new(level) }).await)
    }
}

/// A match key by its keyword.
pub fn key(keyword: &str, test: Match) -> SearchMatch {
    let key = SEARCH_KEYS.iter().find(|key| key.keyword == keyword).expect("a search key");
    SearchMatch { key, test }
}

/// A match key by its path of keywords.
pub fn key_at(path: &str, test: Match) -> SearchMatch {
    let path: Vec<_> = path.split('.').map(|keyword| dataset::tag_by_keyword(keyword).expect("a keyword")).collect();
    SearchMatch { key: dataset::search_key(&path).expect("a search key"), test }
}

/// The UIDs of rows at their own level.
pub fn uids(page: &Page) -> Vec<String> {
    let uid = |row: &catalog::Row| match (&row.series, &row.instance) {
        (_, Some(instance)) => instance.to_string(),
        (Some(series), None) => series.to_string(),
        (None, None) => row.study.to_string(),
    };
    page.rows.iter().map(uid).collect()
}

pub fn single(text: &str) -> Match {
    Match::Single(text.to_owned())
}

pub fn wild(text: &str) -> Match {
    Match::Wildcard(text.to_owned())
}

pub fn range(from: &str, to: &str) -> Match {
    let bound = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Match::Range { from: bound(from), to: bound(to) }
}
