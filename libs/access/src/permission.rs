//! Proofs of permission. Only a principal hands them out, and operations take them as arguments, so that what was not
//! allowed cannot be written down.

use crate::FacilityId;

/// The facilities that one request may see; never empty. Every read of the catalog takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    facilities: Vec<FacilityId>,
    home: FacilityId,
}

impl Scope {
    pub(crate) fn new(facilities: Vec<FacilityId>, home: FacilityId) -> Self {
        Self { facilities, home }
    }

    /// The facilities, in order; at least one.
    #[must_use]
    pub fn facilities(&self) -> &[FacilityId] {
        &self.facilities
    }

    /// The facility meant when a UID exists in several.
    #[must_use]
    pub fn home(&self) -> &FacilityId {
        &self.home
    }

    /// Whether a facility is among them.
    #[must_use]
    pub fn contains(&self, facility: &FacilityId) -> bool {
        self.facilities.contains(facility)
    }
}

/// Permission to store to one facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storing(pub(crate) FacilityId);

impl Storing {
    /// Where to.
    #[must_use]
    pub fn facility(&self) -> &FacilityId {
        &self.0
    }
}

/// Permission to delete, and to decide disagreements, in the facilities of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleting(pub(crate) Scope);

impl Deleting {
    /// In which facilities.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.0
    }
}

/// Permission to manage users, facilities, roles and tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managing(pub(crate) ());

/// Permission to read the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingAudit(pub(crate) ());
