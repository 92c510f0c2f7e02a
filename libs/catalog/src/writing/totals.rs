//! The counters of studies and series, and what is gathered from series and instances for their study. A change adds up
//! what it does first, so that each row is written once.

use super::placing::{Placed, Written, sources};
use dataset::Tag;
use std::collections::BTreeMap;

/// Modality.
const MODALITY: Tag = Tag(0x0008, 0x0060);

/// What a change adds; negative numbers take away.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) studies: BTreeMap<i64, StudyTotal>,
    /// Instances, by series.
    pub(crate) series: BTreeMap<i64, i64>,
    /// Series, by study and Modality.
    pub(crate) modalities: BTreeMap<(i64, String), i64>,
    /// Instances, by study and SOP class.
    pub(crate) sop_classes: BTreeMap<(i64, String), i64>,
}

/// What a change adds to one study.
#[derive(Default, Clone, Copy)]
pub(crate) struct StudyTotal {
    pub(crate) series: i64,
    pub(crate) instances: i64,
    pub(crate) bytes: i64,
}

impl Totals {
    /// What a store adds.
    pub(crate) fn stored(placed: &Placed, written: &[Written<'_>]) -> Self {
        let mut totals = Self::default();
        for (place, (instance, _)) in placed.places.iter().zip(written) {
            let study = totals.studies.entry(place.study).or_default();
            study.instances += 1;
            study.bytes = study.bytes.saturating_add(instance.length);
            *totals.series.entry(place.series).or_default() += 1;
            *totals.sop_classes.entry((place.study, instance.sop_class.clone())).or_default() += 1;
        }
        for (place, instance) in sources(&placed.new_series, written) {
            totals.studies.entry(place.study).or_default().series += 1;
            if let Some(modality) = instance.series.first(MODALITY) {
                *totals.modalities.entry((place.study, modality.to_owned())).or_default() += 1;
            }
        }
        totals
    }

    /// What a delete takes away from a study that stays, and the number of its series that go as a whole.
    pub(crate) fn taken(study: i64, going: &Going, series: i64) -> Self {
        let mut totals = Self::default();
        let total = StudyTotal { series: -series, instances: -going.instances, bytes: -going.bytes };
        totals.studies.insert(study, total);
        totals.sop_classes.extend(going.sop_classes.iter().map(|(class, count)| ((study, class.clone()), -count)));
        totals
    }
}

/// The sums over the instances that a delete takes away.
pub(crate) struct Going {
    pub(crate) instances: i64,
    pub(crate) bytes: i64,
    /// Instances, by SOP class.
    pub(crate) sop_classes: Vec<(String, i64)>,
    /// Instances, by their row of `study_attributes`.
    pub(crate) variants: Vec<(i64, i64)>,
}

impl Going {
    /// From SOP class, row of `study_attributes`, instances and bytes.
    pub(crate) fn sum(rows: Vec<(String, i64, i64, i64)>) -> Self {
        let mut going = Self { instances: 0, bytes: 0, sop_classes: Vec::new(), variants: Vec::new() };
        for (class, variant, instances, bytes) in rows {
            going.instances = going.instances.saturating_add(instances);
            going.bytes = going.bytes.saturating_add(bytes);
            add_to(&mut going.sop_classes, class, instances);
            add_to(&mut going.variants, variant, instances);
        }
        going
    }
}

/// There are few of each kind.
fn add_to<K: PartialEq>(counts: &mut Vec<(K, i64)>, key: K, count: i64) {
    match counts.iter_mut().find(|(other, _)| *other == key) {
        Some((_, sum)) => *sum = sum.saturating_add(count),
        None => counts.push((key, count)),
    }
}
