//! Which schemas a program works with (migrations/README.md).

use crate::Error;

/// Refuses a schema that a newer release made: one that needs programs to know more than this one does, or that is more than
/// one release ahead, since each release works with the schema of the next one and knows nothing of those after it.
pub(crate) fn check_not_too_new(known: i64, applied: i64, floor: i64) -> Result<(), Error> {
    let needed = floor.max(applied.saturating_sub(1));
    if needed > known { Err(Error::NewerSchema { needed, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::check_not_too_new;
    use crate::Error;

    #[test]
    fn one_release_ahead_is_as_far_as_programs_go() {
        for (applied, floor) in [(0, 0), (3, 1), (4, 1), (4, 3)] {
            assert!(check_not_too_new(3, applied, floor).is_ok(), "{applied} {floor}");
        }
        for (applied, floor, least) in [(5, 1, 4), (4, 4, 4), (3, 9, 9), (9, 4, 8)] {
            let refused = check_not_too_new(3, applied, floor);
            assert!(matches!(refused, Err(Error::NewerSchema { needed, known: 3 }) if needed == least));
        }
    }
}
