//! Facilities: the hospitals or departments whose studies are kept apart.

use std::{fmt, str::FromStr};

/// The name of a facility as it stands in URLs and in every key of the catalog: 1 to 64 characters of `a-z`, `0-9`
/// and `-`, not at either end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FacilityId(Box<str>);

/// Text that cannot name a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a facility is named by 1 to 64 characters of a-z, 0-9 and '-', with no '-' at either end")]
pub struct InvalidFacility;

impl FacilityId {
    /// The facility of an installation that has only one.
    #[must_use]
    pub fn default_facility() -> Self {
        Self("default".into())
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FacilityId {
    type Err = InvalidFacility;

    fn from_str(text: &str) -> Result<Self, InvalidFacility> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        if !fits || text.starts_with('-') || text.ends_with('-') {
            return Err(InvalidFacility);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for FacilityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{FacilityId, InvalidFacility};

    #[test]
    fn names_are_safe_in_urls_and_paths() {
        for good in ["default", "a", "st-marys-2"] {
            assert_eq!(good.parse::<FacilityId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "a-", "A", "a/b", "..", "ä", &"a".repeat(65)] {
            assert_eq!(bad.parse::<FacilityId>(), Err(InvalidFacility));
        }
    }
}
