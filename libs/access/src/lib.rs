//! Who asks, what that lets them do, and where: values that every service checks, without I/O.
//!
//! [`Role`] holds the policy, [`Principal`] applies it, and what it allows is a proof ([`Scope`], [`Storing`],
//! [`Deleting`], [`Managing`], [`ReadingAudit`]) that operations take as an argument. Where a principal comes from is not
//! known here.

mod facility;
mod permission;
mod policy;
mod principal;

pub use facility::{FacilityId, InvalidFacility};
pub use permission::{Deleting, Managing, ReadingAudit, Scope, Storing};
pub use policy::{Action, Role, UnknownRole};
pub use principal::{Denied, Principal, WayIn};
