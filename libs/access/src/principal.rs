//! The principal of a request, and what follows from it.

use crate::{
    FacilityId,
    permission::{Deleting, Managing, ReadingAudit, Scope, Storing},
    policy::{Action, Role},
};

/// How a principal was authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// Identity is off: whoever reaches the loopback address is trusted.
    Trial,
    /// The command line of the machine that holds the archive.
    CommandLine,
    /// An access token of the OpenID Provider.
    BearerToken,
    /// An API token of the archive.
    ApiToken,
    /// A browser's session.
    Session,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    subject: String,
    roles: Vec<Role>,
    facilities: Vec<FacilityId>,
    home: FacilityId,
    way_in: WayIn,
}

/// Why a principal may not do what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The facility named in the request is unknown or closed to the principal. What may not be seen does not exist, so
    /// both are answered as "not found".
    #[error("no such facility")]
    Facility,
    /// None of its roles allows the act, whatever it is about.
    #[error("the roles of this account do not allow this")]
    Role,
}

impl Principal {
    /// A principal that reaches `facilities` and stores to `home` where a request names no facility.
    ///
    /// `home` is always among the facilities that it reaches.
    #[must_use]
    pub fn new(
        subject: String,
        mut roles: Vec<Role>,
        mut facilities: Vec<FacilityId>,
        home: FacilityId,
        way_in: WayIn,
    ) -> Self {
        roles.sort();
        roles.dedup();
        facilities.push(home.clone());
        facilities.sort();
        facilities.dedup();
        Self { subject, roles, facilities, home, way_in }
    }

    /// Who it is, in the terms of the way in.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What it is, in order.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The facilities it reaches, in order.
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

    /// What a request may see: the one facility it names, or all that the principal reaches.
    ///
    /// # Errors
    /// [`Denied::Role`] when it may see nothing; [`Denied::Facility`] when it names a facility that it does not reach.
    pub fn may_see(&self, named: Option<&FacilityId>) -> Result<Scope, Denied> {
        self.allow(Action::See)?;
        self.reach(named)
    }

    /// Where a request stores to: the facility it names, or the principal's home.
    ///
    /// # Errors
    /// As [`Self::may_see`].
    pub fn may_store(&self, named: Option<&FacilityId>) -> Result<Storing, Denied> {
        self.allow(Action::Store)?;
        self.reach(named).map(|scope| Storing(scope.home().clone()))
    }

    /// In which facilities a request may delete and decide disagreements.
    ///
    /// # Errors
    /// As [`Self::may_see`].
    pub fn may_delete(&self, named: Option<&FacilityId>) -> Result<Deleting, Denied> {
        self.allow(Action::Delete)?;
        self.reach(named).map(Deleting)
    }

    /// Whether it may manage users, facilities, roles and tokens.
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn may_manage(&self) -> Result<Managing, Denied> {
        self.allow(Action::Manage).map(Managing)
    }

    /// Whether it may read the audit log.
    ///
    /// # Errors
    /// [`Denied::Role`].
    pub fn may_read_audit(&self) -> Result<ReadingAudit, Denied> {
        self.allow(Action::ReadAudit).map(ReadingAudit)
    }

    /// Whether the facility that a request names, if any, is one that the principal reaches, whatever it wants there.
    ///
    /// # Errors
    /// [`Denied::Facility`].
    pub fn reaches(&self, named: Option<&FacilityId>) -> Result<(), Denied> {
        self.reach(named).map(drop)
    }

    fn allow(&self, action: Action) -> Result<(), Denied> {
        if self.roles.iter().any(|role| role.allows(action)) { Ok(()) } else { Err(Denied::Role) }
    }

    fn reach(&self, named: Option<&FacilityId>) -> Result<Scope, Denied> {
        match named {
            None => Ok(Scope::new(self.facilities.clone(), self.home.clone())),
            Some(facility) if self.facilities.contains(facility) => {
                Ok(Scope::new(vec![facility.clone()], facility.clone()))
            }
            Some(_) => Err(Denied::Facility),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Denied, FacilityId, Principal, Role, WayIn};

    fn facility(name: &str) -> FacilityId {
        name.parse().unwrap_or_else(|_| FacilityId::default_facility())
    }

    fn principal(roles: &[Role]) -> Principal {
        Principal::new("x".into(), roles.to_vec(), vec![facility("north")], facility("south"), WayIn::Trial)
    }

    #[test]
    fn a_named_facility_narrows_the_scope_and_a_foreign_one_is_denied() {
        let principal = principal(&[Role::Radiologist]);

        assert_eq!(
            principal.may_see(None).map(|scope| scope.facilities().to_vec()),
            Ok(vec![facility("north"), facility("south")])
        );
        let north = principal.may_see(Some(&facility("north")));
        assert_eq!(
            north.map(|scope| (scope.facilities().to_vec(), scope.home().clone())),
            Ok((vec![facility("north")], facility("north")))
        );
        assert_eq!(principal.may_see(Some(&facility("west"))), Err(Denied::Facility));
        assert_eq!(principal.may_delete(Some(&facility("west"))), Err(Denied::Facility));
        assert_eq!(principal.may_store(None).map(|to| to.facility().clone()), Ok(facility("south")));
        assert_eq!(principal.may_store(Some(&facility("west"))), Err(Denied::Facility));
    }

    #[test]
    fn what_no_role_allows_is_denied_before_it_is_looked_at() {
        let sender = principal(&[Role::StoreOnly]);
        assert_eq!(sender.may_see(Some(&facility("west"))), Err(Denied::Role));
        assert!(sender.may_store(None).is_ok());
        assert_eq!(principal(&[Role::FacilityUser, Role::SendingSystem]).may_delete(None), Err(Denied::Role));
        assert!(principal(&[Role::FacilityUser, Role::Radiologist]).may_delete(None).is_ok());
        assert_eq!(principal(&[Role::Radiologist]).may_manage(), Err(Denied::Role));
        assert!(principal(&[Role::Administrator]).may_read_audit().is_ok());
        assert_eq!(principal(&[]).may_store(None), Err(Denied::Role));
    }
}
