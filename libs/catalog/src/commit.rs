//! What is handed to a commit, and what becomes of each instance in it.

use crate::{IntentId, Timestamp};
use access::FacilityId;
use dataset::Description;

/// Instances of one request that become visible together. Their objects are durable in the archive already.
#[derive(Debug)]
pub struct Chunk {
    /// The intent that names all their keys; the commit ends it. Keys of it that no stored instance uses go onto the
    /// removal list.
    pub intent: IntentId,
    /// Where the instances are stored.
    pub facility: FacilityId,
    /// The instances, in the order in which they came.
    pub instances: Vec<NewInstance>,
    /// What to do when a SOP Instance UID exists already, with other bytes or elsewhere.
    pub duplicates: DuplicatePolicy,
    /// The time of the store.
    pub now: Timestamp,
}

/// An instance to be stored.
#[derive(Debug)]
pub struct NewInstance {
    /// What the data set says.
    pub description: Description,
    /// Key of the object in the archive.
    pub key: String,
    /// SHA-256 of the object as stored.
    pub stored_digest: [u8; 32],
    /// SHA-256 of the bytes as received.
    pub received_digest: [u8; 32],
}

/// What to do with an instance whose SOP Instance UID exists in the facility with other bytes, or in another study or
/// series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// Refuse it (Failure Reason 0111).
    Refuse,
    /// Keep the one that is there, with a warning.
    KeepFirst,
    /// It takes the place of the one that is there.
    NewVersion {
        /// How many milliseconds the replaced object stays for those who are reading it.
        grace_ms: i64,
    },
}

/// What became of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is stored.
    Stored {
        /// Where it disagrees with its study; empty if it does not.
        disagreements: Vec<Disagreement>,
    },
    /// The same bytes are there already, under the same study and series.
    AlreadyStored,
    /// It is not stored.
    Refused(Refused),
    /// The one that was there is kept.
    KeptFirst,
    /// It is stored, and the one that was there is gone.
    Replaced {
        /// Its version; the first one of an instance is 1.
        version: u32,
        /// Where it disagrees with its study; empty if it does not.
        disagreements: Vec<Disagreement>,
    },
}

/// Why an instance was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The SOP Instance UID exists with other bytes, or in another study or series.
    Duplicate,
    /// A new version would replace an instance that is under legal hold or retention.
    Held,
}

/// An attribute of the patient in which an instance disagrees with its study; see [`crate::identity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disagreement {
    /// Patient's Name (0010,0010).
    PatientName,
    /// Patient ID (0010,0020).
    PatientId,
    /// Issuer of Patient ID (0010,0021).
    IssuerOfPatientId,
    /// Patient's Birth Date (0010,0030).
    PatientBirthDate,
}

impl Disagreement {
    /// Every attribute that is compared, ascending by tag.
    pub const ALL: [Self; 4] = [Self::PatientName, Self::PatientId, Self::IssuerOfPatientId, Self::PatientBirthDate];

    /// Keyword of the attribute (PS3.6).
    #[must_use]
    pub fn keyword(self) -> &'static str {
        match self {
            Self::PatientName => "PatientName",
            Self::PatientId => "PatientID",
            Self::IssuerOfPatientId => "IssuerOfPatientID",
            Self::PatientBirthDate => "PatientBirthDate",
        }
    }

    /// Tag of the attribute.
    #[must_use]
    pub fn tag(self) -> dataset::Tag {
        match self {
            Self::PatientName => dataset::Tag(0x0010, 0x0010),
            Self::PatientId => dataset::Tag(0x0010, 0x0020),
            Self::IssuerOfPatientId => dataset::Tag(0x0010, 0x0021),
            Self::PatientBirthDate => dataset::Tag(0x0010, 0x0030),
        }
    }

    pub(crate) fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.keyword() == keyword)
    }
}
