//! What goes away: deletes, what protects from them, the objects that they leave, and disagreements that people look at.

use crate::{Disagreement, Timestamp};
use access::FacilityId;
use uid::StudyInstanceUid;

/// How much a delete removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Studies, those that were left without series included.
    pub studies: u64,
    /// Series, those that were left without instances included.
    pub series: u64,
    /// Instances.
    pub instances: u64,
}

/// An object that nothing refers to any more and that may be removed from the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Names the entry, for [`crate::CatalogWriter::removed`].
    pub id: i64,
    /// The object.
    pub key: String,
}

/// What keeps a resource, and all below it, from being deleted or replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Protection {
    /// Until somebody lifts it.
    pub legal_hold: bool,
    /// Until this time.
    pub retain_until: Option<Timestamp>,
}

/// A disagreement between a study and some of its instances about who the patient is.
///
/// No `Debug`: it holds patient data.
#[derive(Clone, PartialEq, Eq)]
pub struct NotedDisagreement {
    /// Names the entry; ascending in the order in which they were noted.
    pub id: i64,
    /// Where the study is.
    pub facility: FacilityId,
    /// The study.
    pub study: StudyInstanceUid,
    /// In which attribute they disagree.
    pub attribute: Disagreement,
    /// What the study says; empty if nothing.
    pub study_value: String,
    /// What the instances say; empty if nothing.
    pub instance_value: String,
    /// How many instances say so.
    pub instances: u64,
    /// When it was noted first.
    pub noted_at: Timestamp,
    /// When somebody settled it.
    pub resolved_at: Option<Timestamp>,
}
