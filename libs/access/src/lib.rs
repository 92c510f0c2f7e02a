//! Who asks, and which facilities that lets them see: values that every service checks, without I/O.
//!
//! A search or a retrieval takes a [`Scope`], so one without a scope cannot be written. Where a principal comes
//! from is not known here.

mod facility;
mod principal;

pub use facility::{FacilityId, InvalidFacility};
pub use principal::{Denied, Principal, Scope, WayIn};
