//! Which study, series and set of study attributes each instance of a chunk belongs to, and which of these are new.

use crate::Error;
use crate::identity::PatientIdentity;
use crate::prepare::PreparedInstance;
use std::collections::{BTreeMap, HashMap, HashSet};

/// An instance to write, and its version.
pub(crate) type Written<'a> = (&'a PreparedInstance, u32);

/// A study row.
pub(crate) struct Study {
    pub(crate) id: i64,
    pub(crate) identity: PatientIdentity,
}

/// Rows that are there already.
pub(crate) struct Known {
    /// By UID.
    pub(crate) studies: BTreeMap<String, Study>,
    /// By study and digest.
    pub(crate) variants: HashMap<(i64, String), i64>,
    /// By study and UID.
    pub(crate) series: HashMap<(i64, String), i64>,
}

impl Known {
    /// Nothing of what is written is there.
    pub(crate) fn nothing() -> Self {
        Self { studies: BTreeMap::new(), variants: HashMap::new(), series: HashMap::new() }
    }

    /// How many numbers of each kind placing takes.
    pub(crate) fn missing(&self, written: &[Written<'_>]) -> Missing {
        let study_of =
            |instance: &PreparedInstance| self.studies.get(instance.uids.study.as_str()).map(|study| study.id);
        let (mut studies, mut variants, mut series) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (instance, _) in written {
            let (uids, digest) = (&instance.uids, &instance.study_digest);
            let row = study_of(instance);
            if row.is_none() {
                studies.insert(uids.study.as_str());
            }
            if row.is_none_or(|row| !self.variants.contains_key(&(row, digest.clone()))) {
                variants.insert((uids.study.as_str(), digest.as_str()));
            }
            if row.is_none_or(|row| !self.series.contains_key(&(row, uids.series.to_string()))) {
                series.insert((uids.study.as_str(), uids.series.as_str()));
            }
        }
        Missing { studies: studies.len(), variants: variants.len(), series: series.len(), instances: written.len() }
    }
}

/// How many rows of each kind are to be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) studies: usize,
    pub(crate) variants: usize,
    pub(crate) series: usize,
    pub(crate) instances: usize,
}

/// A revision, and numbers for new rows.
pub(crate) struct Numbers {
    pub(crate) revision: i64,
    pub(crate) study: Free,
    pub(crate) study_attributes: Free,
    pub(crate) series: Free,
    pub(crate) instance: Free,
}

/// Numbers that nobody has.
pub(crate) struct Free(std::vec::IntoIter<i64>);

impl Free {
    pub(crate) fn new(numbers: Vec<i64>) -> Self {
        Self(numbers.into_iter())
    }

    fn take(&mut self) -> Result<i64, Error> {
        self.0.next().ok_or_else(|| Error::Defect { source: "too few numbers were reserved for new rows".into() })
    }
}

/// The rows that an instance belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) study: i64,
    pub(crate) study_attributes: i64,
    pub(crate) series: i64,
    pub(crate) instance: i64,
}

/// A row to be made from an instance.
#[derive(Clone, Copy)]
pub(crate) struct New {
    /// The number of the instance in the chunk.
    pub(crate) from: usize,
    pub(crate) place: Place,
}

/// All instances of a chunk with their places.
pub(crate) struct Placed {
    /// In the order of the chunk.
    pub(crate) places: Vec<Place>,
    /// Who the patient of each study is, by UID.
    pub(crate) studies: BTreeMap<String, Study>,
    pub(crate) new_studies: Vec<New>,
    pub(crate) new_variants: Vec<New>,
    pub(crate) new_series: Vec<New>,
}

impl Placed {
    /// Finds or makes up the rows for each instance.
    pub(crate) fn new(known: Known, mut numbers: Numbers, written: &[Written<'_>]) -> Result<Self, Error> {
        let Known { mut studies, mut variants, mut series } = known;
        let (mut new_studies, mut new_variants, mut new_series) = (Vec::new(), Vec::new(), Vec::new());
        let mut places = Vec::with_capacity(written.len());
        for (from, (instance, _)) in written.iter().enumerate() {
            let (study, fresh_study) = match studies.get(instance.uids.study.as_str()) {
                Some(study) => (study.id, false),
                None => {
                    let id = numbers.study.take()?;
                    let identity = PatientIdentity::of(&instance.study);
                    studies.insert(instance.uids.study.to_string(), Study { id, identity });
                    (id, true)
                }
            };
            let (study_attributes, fresh_variant) =
                find_or_take(&mut variants, (study, instance.study_digest.clone()), &mut numbers.study_attributes)?;
            let (in_series, fresh_series) =
                find_or_take(&mut series, (study, instance.uids.series.to_string()), &mut numbers.series)?;
            let instance = numbers.instance.take()?;
            let place = Place { study, study_attributes, series: in_series, instance };
            places.push(place);
            let new = New { from, place };
            new_studies.extend(fresh_study.then_some(new));
            new_variants.extend(fresh_variant.then_some(new));
            new_series.extend(fresh_series.then_some(new));
        }
        Ok(Self { places, studies, new_studies, new_variants, new_series })
    }
}

fn find_or_take(
    rows: &mut HashMap<(i64, String), i64>,
    key: (i64, String),
    free: &mut Free,
) -> Result<(i64, bool), Error> {
    match rows.get(&key) {
        Some(row) => Ok((*row, false)),
        None => {
            let row = free.take()?;
            rows.insert(key, row);
            Ok((row, true))
        }
    }
}

/// The instances that new rows are made from.
pub(crate) fn sources<'a>(
    new: &'a [New],
    written: &'a [Written<'a>],
) -> impl Iterator<Item = (Place, &'a PreparedInstance)> {
    new.iter().filter_map(|new| Some((new.place, written.get(new.from)?.0)))
}
