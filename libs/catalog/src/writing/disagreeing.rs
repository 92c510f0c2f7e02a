//! Which instances of a chunk disagree with their study about the patient. Disagreements belong to a set of study
//! attributes, so a thousand images that say the same are one entry.

use super::placing::{Placed, Written, sources};
use crate::identity::PatientIdentity;
use crate::prepare::PreparedInstance;
use crate::{Disagreement, Error, stored_attributes};

/// A disagreement to be noted.
pub(crate) struct Noted {
    pub(crate) study: i64,
    pub(crate) study_attributes: i64,
    pub(crate) attribute: Disagreement,
    pub(crate) study_value: String,
    pub(crate) instance_value: String,
}

/// What the sender is told of each instance, in their order.
pub(crate) fn of_each(placed: &Placed, written: &[Written<'_>]) -> Vec<Vec<Disagreement>> {
    written.iter().map(|(instance, _)| compare(placed, instance)).collect()
}

/// What is to be noted of the sets of study attributes that are new.
pub(crate) fn of_new_variants(placed: &Placed, written: &[Written<'_>]) -> Vec<Noted> {
    let mut all = Vec::new();
    for (place, instance) in sources(&placed.new_variants, written) {
        let Some(study) = placed.studies.get(instance.uids.study.as_str()) else { continue };
        let theirs = PatientIdentity::of(&instance.study);
        all.extend(noted(place.study, place.study_attributes, &study.identity, &theirs));
    }
    all
}

/// What is to be noted of the sets of study attributes of a study whose own values have changed.
pub(crate) fn of_variants(
    study: i64,
    identity: &PatientIdentity,
    variants: Vec<(i64, Vec<u8>)>,
) -> Result<Vec<Noted>, Error> {
    let mut all = Vec::new();
    for (variant, blob) in variants {
        let theirs = PatientIdentity::of(&stored_attributes::decode(&blob)?);
        all.extend(noted(study, variant, identity, &theirs));
    }
    Ok(all)
}

fn compare(placed: &Placed, instance: &PreparedInstance) -> Vec<Disagreement> {
    let theirs = PatientIdentity::of(&instance.study);
    let study = placed.studies.get(instance.uids.study.as_str());
    study.map(|study| study.identity.disagreements(&theirs)).unwrap_or_default()
}

fn noted(study: i64, variant: i64, ours: &PatientIdentity, theirs: &PatientIdentity) -> Vec<Noted> {
    let entry = |attribute: Disagreement| Noted {
        study,
        study_attributes: variant,
        attribute,
        study_value: ours.value(attribute).to_owned(),
        instance_value: theirs.value(attribute).to_owned(),
    };
    ours.disagreements(theirs).into_iter().map(entry).collect()
}
