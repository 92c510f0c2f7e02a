//! The policy: which role may do what, as one table. Pure, so that every service applies the same one.

use std::{fmt, str::FromStr};

/// What a principal is in the archive. One may have several; what any of them allows is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Runs the archive: everything, in all facilities.
    Administrator,
    /// Reads and reports, in all facilities.
    Radiologist,
    /// Works in one facility, and sees what is there.
    FacilityUser,
    /// A system that stores to its facility and reads from it.
    SendingSystem,
    /// A system that stores to its facility and sees nothing.
    StoreOnly,
}

/// What may be asked of the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Search and retrieve.
    See,
    /// Store instances.
    Store,
    /// Delete studies, series and instances, and decide disagreements about them.
    Delete,
    /// Manage users, facilities, roles and tokens.
    Manage,
    /// Read the audit log.
    ReadAudit,
}

/// A name that is none of the roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("roles are administrator, radiologist, facility-user, sending-system and store-only")]
pub struct UnknownRole;

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Administrator, Self::Radiologist, Self::FacilityUser, Self::SendingSystem, Self::StoreOnly];

    /// Its name in configuration, tokens and audit events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Radiologist => "radiologist",
            Self::FacilityUser => "facility-user",
            Self::SendingSystem => "sending-system",
            Self::StoreOnly => "store-only",
        }
    }

    /// Whether the role holds in every facility, whichever its bearer belongs to.
    #[must_use]
    pub fn is_everywhere(self) -> bool {
        matches!(self, Self::Administrator | Self::Radiologist)
    }

    /// The table.
    #[must_use]
    pub fn allows(self, action: Action) -> bool {
        match action {
            Action::See => self != Self::StoreOnly,
            Action::Store => true,
            Action::Delete => matches!(self, Self::Administrator | Self::Radiologist),
            Action::Manage | Action::ReadAudit => self == Self::Administrator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Role, UnknownRole};

    /// The table once more, written down independently of the code.
    #[test]
    fn each_role_may_do_what_the_table_says() {
        let table = [
            (Role::Administrator, [true, true, true, true, true]),
            (Role::Radiologist, [true, true, true, false, false]),
            (Role::FacilityUser, [true, true, false, false, false]),
            (Role::SendingSystem, [true, true, false, false, false]),
            (Role::StoreOnly, [false, true, false, false, false]),
        ];
        let actions = [Action::See, Action::Store, Action::Delete, Action::Manage, Action::ReadAudit];
        assert_eq!(table.map(|(role, _)| role), Role::ALL);
        for (role, allowed) in table {
            assert_eq!(actions.map(|action| role.allows(action)), allowed, "{role}");
        }
    }

    #[test]
    fn names_lead_back_to_their_roles() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for name in ["", "Administrator", "root"] {
            assert_eq!(name.parse::<Role>(), Err(UnknownRole));
        }
    }
}
