//! The principal of a request, and the scope that follows from it.

use crate::FacilityId;

/// How a principal was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// Identity is off: whoever reaches the loopback address is trusted.
    Trial,
    /// The command line of the machine that holds the archive.
    CommandLine,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    subject: String,
    facilities: Vec<FacilityId>,
    home: FacilityId,
    way_in: WayIn,
}

/// Why a principal may not do what it asks for. What may not be seen does not exist, so callers answer both as
/// "not found".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The facility named in the request is unknown or closed to the principal.
    #[error("no such facility")]
    Facility,
}

impl Principal {
    /// A principal that sees `facilities` and stores to `home` where a request names no facility.
    ///
    /// `home` is always among the facilities it sees.
    #[must_use]
    pub fn new(subject: String, mut facilities: Vec<FacilityId>, home: FacilityId, way_in: WayIn) -> Self {
        facilities.push(home.clone());
        facilities.sort();
        facilities.dedup();
        Self { subject, facilities, home, way_in }
    }

    /// Who it is, in the terms of the way in.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The facilities it sees, in order.
    #[must_use]
    pub fn facilities(&self) -> &[FacilityId] {
        &self.facilities
    }

    /// The facility meant where a request names none.
    #[must_use]
    pub fn home(&self) -> &FacilityId {
        &self.home
    }

    /// How it was authenticated.
    #[must_use]
    pub fn way_in(&self) -> WayIn {
        self.way_in
    }

    /// What a request may reach: the one facility it names, or all that the principal sees.
    ///
    /// # Errors
    /// [`Denied::Facility`] when it names one that the principal does not see.
    pub fn scope(&self, named: Option<&FacilityId>) -> Result<Scope, Denied> {
        match named {
            None => Ok(Scope { facilities: self.facilities.clone(), home: self.home.clone() }),
            Some(facility) if self.facilities.contains(facility) => {
                Ok(Scope { facilities: vec![facility.clone()], home: facility.clone() })
            }
            Some(_) => Err(Denied::Facility),
        }
    }

    /// Where a request stores to: the facility it names, or the principal's home.
    ///
    /// # Errors
    /// [`Denied::Facility`] when it names one that the principal does not see.
    pub fn store_facility(&self, named: Option<&FacilityId>) -> Result<FacilityId, Denied> {
        self.scope(named).map(|scope| scope.home)
    }
}

/// The facilities that one request may reach; never empty. Every call of the catalog takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    facilities: Vec<FacilityId>,
    home: FacilityId,
}

impl Scope {
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

    /// Whether the scope reaches this facility.
    #[must_use]
    pub fn contains(&self, facility: &FacilityId) -> bool {
        self.facilities.contains(facility)
    }
}

#[cfg(test)]
mod tests {
    use super::{Denied, FacilityId, Principal, WayIn};

    fn facility(name: &str) -> FacilityId {
        name.parse().unwrap_or_else(|_| FacilityId::default_facility())
    }

    #[test]
    fn a_named_facility_narrows_the_scope_and_a_foreign_one_is_denied() {
        let principal = Principal::new("x".into(), vec![facility("north")], facility("south"), WayIn::Trial);

        assert_eq!(
            principal.scope(None).map(|scope| scope.facilities().to_vec()),
            Ok(vec![facility("north"), facility("south")])
        );
        assert_eq!(
            principal.scope(Some(&facility("north"))).map(|scope| (scope.facilities().to_vec(), scope.home().clone())),
            Ok((vec![facility("north")], facility("north")))
        );
        assert_eq!(principal.scope(Some(&facility("west"))), Err(Denied::Facility));
        assert_eq!(principal.store_facility(None), Ok(facility("south")));
        assert_eq!(principal.store_facility(Some(&facility("west"))), Err(Denied::Facility));
    }
}
