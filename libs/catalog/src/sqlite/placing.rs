//! Which study, series and set of study attributes each instance of a chunk belongs to, and which of these are new.

use super::numbers::{Numbers, take};
use super::store::Written;
use super::{series, studies, variants};
use crate::Error;
use crate::identity::PatientIdentity;
use sqlx::sqlite::SqliteConnection;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A study row.
pub(super) struct Study {
    pub(super) id: i64,
    pub(super) identity: PatientIdentity,
}

/// Rows that are there already.
pub(super) struct Known {
    /// By UID.
    pub(super) studies: BTreeMap<String, Study>,
    /// By study and digest.
    pub(super) variants: HashMap<(i64, String), i64>,
    /// By study and UID.
    pub(super) series: HashMap<(i64, String), i64>,
}

impl Known {
    pub(super) async fn read(
        connection: &mut SqliteConnection,
        facility: &str,
        written: &[Written],
    ) -> Result<Self, Error> {
        let study_uids: HashSet<&str> = written.iter().map(|(instance, _)| instance.uids.study.as_str()).collect();
        let studies = studies::known(connection, facility, study_uids).await?;
        if studies.is_empty() {
            return Ok(Self { studies, variants: HashMap::new(), series: HashMap::new() });
        }
        let ids: Vec<i64> = studies.values().map(|study| study.id).collect();
        let digests: HashSet<&str> = written.iter().map(|(instance, _)| instance.study_digest.as_str()).collect();
        let variants = variants::known(connection, &ids, digests).await?;
        let series_uids: HashSet<&str> = written.iter().map(|(instance, _)| instance.uids.series.as_str()).collect();
        let series = series::known(connection, &ids, series_uids).await?;
        Ok(Self { studies, variants, series })
    }
}

/// The rows that an instance belongs to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) study: i64,
    pub(super) study_attributes: i64,
    pub(super) series: i64,
    pub(super) instance: i64,
}

/// A row to be made from an instance.
#[derive(Clone, Copy)]
pub(super) struct New {
    /// The number of the instance in the chunk.
    pub(super) from: usize,
    pub(super) place: Place,
}

/// All instances of a chunk with their places.
pub(super) struct Placed {
    /// In the order of the chunk.
    pub(super) places: Vec<Place>,
    /// Who the patient of each study is, by UID.
    pub(super) studies: BTreeMap<String, Study>,
    pub(super) new_studies: Vec<New>,
    pub(super) new_variants: Vec<New>,
    pub(super) new_series: Vec<New>,
}

impl Placed {
    /// Finds or makes up the rows for each instance.
    pub(super) fn new(known: Known, mut numbers: Numbers, written: &[Written]) -> Self {
        let Known { mut studies, mut variants, mut series } = known;
        let (mut new_studies, mut new_variants, mut new_series) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Vec::with_capacity(written.len());
        for (from, (instance, _)) in written.iter().enumerate() {
            let fresh_study = !studies.contains_key(instance.uids.study.as_str());
            let study = studies.entry(instance.uids.study.to_string()).or_insert_with(|| Study {
                id: take(&mut numbers.study),
                identity: PatientIdentity::of(&instance.study),
            });
            let (study_attributes, fresh_variant) =
                find_or_take(&mut variants, (study.id, instance.study_digest.clone()), &mut numbers.study_attributes);
            let (in_series, fresh_series) =
                find_or_take(&mut series, (study.id, instance.uids.series.to_string()), &mut numbers.series);
            let instance = take(&mut numbers.instance);
            let place = Place { study: study.id, study_attributes, series: in_series, instance };
            places.push(place);
            let new = New { from, place };
            new_studies.extend(fresh_study.then_some(new));
            new_variants.extend(fresh_variant.then_some(new));
            new_series.extend(fresh_series.then_some(new));
        }
        Self { places, studies, new_studies, new_variants, new_series }
    }
}

fn find_or_take(rows: &mut HashMap<(i64, String), i64>, key: (i64, String), next: &mut i64) -> (i64, bool) {
    match rows.get(&key) {
        Some(row) => (*row, false),
        None => {
            let row = take(next);
            rows.insert(key, row);
            (row, true)
        }
    }
}
