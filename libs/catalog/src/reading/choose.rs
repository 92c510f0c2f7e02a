//! Which facility is meant when a UID is named: the one place that decides it.

use crate::Error;
use access::{FacilityId, Scope};

/// The row of the one facility that has it, or else of the home facility.
pub(crate) fn choose<T>(scope: &Scope, rows: impl IntoIterator<Item = (String, T)>) -> Result<(FacilityId, T), Error> {
    let mut rows: Vec<(FacilityId, T)> =
        rows.into_iter().map(|(facility, row)| Ok((facility.parse()?, row))).collect::<Result<_, Error>>()?;
    // The statement asked for those of the scope only; what decides over access is looked at twice.
    rows.retain(|(facility, _)| scope.contains(facility));
    if rows.len() > 1
        && let Some(home) = rows.iter().position(|(facility, _)| facility == scope.home())
    {
        return Ok(rows.swap_remove(home));
    }
    match rows.len() {
        0 | 1 => rows.pop().ok_or(Error::NotFound),
        _ => {
            let mut facilities: Vec<FacilityId> = rows.into_iter().map(|(facility, _)| facility).collect();
            facilities.sort();
            Err(Error::Ambiguous { facilities })
        }
    }
}
