//! Whether an instance speaks of the same patient as its study.
//!
//! Compared are Patient's Name, Patient ID, Issuer of Patient ID and Patient's Birth Date, as a person would:
//!
//! - *Patient ID* exactly, without padding. That one side has none counts as a disagreement: the ID is what ties images to a
//!   patient, and without it nothing says that they belong together.
//! - *Patient's Name* without case, accents, width, punctuation and empty components, each component group that both
//!   sides have. That one side has no name counts only where the Patient IDs do not agree either: devices leave names out.
//! - *Issuer* and *Birth Date* only where both sides have one: many devices never send them, so a missing one says nothing.

use crate::Disagreement;
use dataset::{AttributeSet, folding};

/// The attributes of a patient by which images are told apart. No `Debug`: it is patient data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PatientIdentity {
    /// Patient's Name as given; empty if there is none.
    pub name: String,
    /// Patient ID; empty if there is none.
    pub id: String,
    /// Issuer of Patient ID; empty if there is none.
    pub issuer: String,
    /// Patient's Birth Date; empty if there is none.
    pub birth_date: String,
}

impl PatientIdentity {
    /// The identity that the attributes of a study, or those that an instance has of its study, give.
    #[must_use]
    pub fn of(study: &AttributeSet) -> Self {
        let value = |attribute: Disagreement| study.first(attribute.tag()).unwrap_or_default().trim().to_owned();
        Self {
            name: value(Disagreement::PatientName),
            id: value(Disagreement::PatientId),
            issuer: value(Disagreement::IssuerOfPatientId),
            birth_date: value(Disagreement::PatientBirthDate),
        }
    }

    /// The value of one attribute, as given.
    #[must_use]
    pub fn value(&self, attribute: Disagreement) -> &str {
        match attribute {
            Disagreement::PatientName => &self.name,
            Disagreement::PatientId => &self.id,
            Disagreement::IssuerOfPatientId => &self.issuer,
            Disagreement::PatientBirthDate => &self.birth_date,
        }
    }

    /// In what the other one disagrees, ascending by tag.
    #[must_use]
    pub fn disagreements(&self, other: &Self) -> Vec<Disagreement> {
        let differs = |attribute: &Disagreement| match attribute {
            Disagreement::PatientName => self.name_differs(other),
            Disagreement::PatientId => self.id != other.id,
            Disagreement::IssuerOfPatientId => stated_and_different(&self.issuer, &other.issuer),
            Disagreement::PatientBirthDate => stated_and_different(&date(&self.birth_date), &date(&other.birth_date)),
        };
        Disagreement::ALL.into_iter().filter(differs).collect()
    }

    fn name_differs(&self, other: &Self) -> bool {
        let (ours, theirs) = (name_words(&self.name), name_words(&other.name));
        let nameless = |groups: &[Vec<String>; 3]| groups.iter().all(Vec::is_empty);
        match (nameless(&ours), nameless(&theirs)) {
            (true, true) => return false,
            (true, false) | (false, true) => return self.id.is_empty() || self.id != other.id,
            (false, false) => {}
        }
        let mut shared =
            ours.iter().zip(&theirs).filter(|(our, their)| !our.is_empty() && !their.is_empty()).peekable();
        shared.peek().is_none() || shared.any(|(our, their)| our != their)
    }
}

fn name_words(name: &str) -> [Vec<String>; 3] {
    folding::name_groups(name).map(|group| folding::words(&group))
}

fn date(text: &str) -> String {
    crate::matching::date(text).unwrap_or_else(|| text.to_owned())
}

fn stated_and_different(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}

#[cfg(test)]
mod tests {
    use super::*;
    use Disagreement::{IssuerOfPatientId, PatientBirthDate, PatientId, PatientName};

    fn identity(name: &str, id: &str, issuer: &str, birth_date: &str) -> PatientIdentity {
        PatientIdentity { name: name.into(), id: id.into(), issuer: issuer.into(), birth_date: birth_date.into() }
    }

    #[test]
    fn spelling_is_no_disagreement() {
        let study = identity("Müller^Jörg", "4711", "North", "19700131");
        for other in [
            identity("MULLER^JORG^^", "4711", "North", "1970.01.31"),
            identity("Muller Jorg", "4711", "", ""),
            identity("Müller^Jörg=山田", "4711", "North", "19700131"),
            identity("", "4711", "", ""),
        ] {
            assert_eq!(study.disagreements(&other), []);
            assert_eq!(other.disagreements(&study), []);
        }
    }

    #[test]
    fn another_patient_is_one() {
        let study = identity("Doe^Jane", "4711", "North", "19700131");
        for (other, expected) in [
            (identity("Doe^John", "4711", "North", "19700131"), vec![PatientName]),
            (identity("Doe^Jane", "4712", "North", "19700131"), vec![PatientId]),
            (identity("Doe^Jane", "", "North", "19700131"), vec![PatientId]),
            (identity("", "", "", ""), vec![PatientName, PatientId]),
            (identity("Doe^Jane", "4711", "South", "19700201"), vec![IssuerOfPatientId, PatientBirthDate]),
            (identity("=山田^太郎", "4711", "North", "19700131"), vec![PatientName]),
        ] {
            assert_eq!(study.disagreements(&other), expected);
            assert_eq!(other.disagreements(&study), expected);
        }
    }
}
