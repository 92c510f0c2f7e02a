//! Unique identifiers of the DICOM information model, checked once where they enter and typed from there on.
//!
//! Knows: what a UID may look like (PS3.5 9.1) and which level of the hierarchy it names. Does no I/O.

mod resource;
pub mod transfer_syntax;

pub use resource::{InstanceRef, Resource, SeriesRef};

use std::{fmt, str::FromStr};

/// The most characters a UID may have (PS3.5 9.1).
pub const MAX_LENGTH: usize = 64;

/// A UID: 1 to 64 characters, digits and dots only.
///
/// Components with leading zeros and empty components break PS3.5 9.1 but are found in real archives; they are
/// kept as received, since refusing them would lose images.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(Box<str>);

/// Text that cannot be a UID. The text itself is not repeated: it may be patient data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUid {
    /// Nothing but padding.
    #[error("a UID must not be empty")]
    Empty,
    /// More than [`MAX_LENGTH`] characters.
    #[error("a UID has at most 64 characters")]
    TooLong,
    /// Something other than digits and dots.
    #[error("a UID consists of digits and dots")]
    BadCharacter,
}

impl Uid {
    /// The UID as text, without padding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uid {
    type Err = InvalidUid;

    fn from_str(text: &str) -> Result<Self, InvalidUid> {
        if text.is_empty() {
            return Err(InvalidUid::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidUid::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(InvalidUid::BadCharacter);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// UIDs identify patients' studies, so `{:?}` does not show them: a stray debug print leaks nothing.
impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uid(…)")
    }
}

macro_rules! level_uid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uid);

        impl $name {
            /// The UID as text, without padding.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl From<Uid> for $name {
            fn from(uid: Uid) -> Self {
                Self(uid)
            }
        }

        impl FromStr for $name {
            type Err = InvalidUid;

            fn from_str(text: &str) -> Result<Self, InvalidUid> {
                text.parse().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

level_uid!(
    /// Study Instance UID (0020,000D).
    StudyInstanceUid
);
level_uid!(
    /// Series Instance UID (0020,000E).
    SeriesInstanceUid
);
level_uid!(
    /// SOP Instance UID (0008,0018).
    SopInstanceUid
);

#[cfg(test)]
mod tests {
    use super::{InvalidUid, Uid};

    #[test]
    fn accepts_what_archives_hold() {
        for text in ["1", "1.2.840.10008.1.2.1", "1.02.3", "0".repeat(64).as_str()] {
            assert_eq!(text.parse::<Uid>().map(|uid| uid.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn refuses_what_could_not_be_one() {
        assert_eq!("".parse::<Uid>(), Err(InvalidUid::Empty));
        assert_eq!("1".repeat(65).parse::<Uid>(), Err(InvalidUid::TooLong));
        for text in ["1.2\0", "1 ", "../x", "1.2\\3", "１"] {
            assert_eq!(text.parse::<Uid>(), Err(InvalidUid::BadCharacter));
        }
    }

    #[test]
    fn debug_shows_no_uid() {
        assert_eq!(format!("{:?}", "1.2.3".parse::<Uid>()), "Ok(Uid(…))");
    }
}
