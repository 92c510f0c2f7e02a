//! Keys of objects: opaque, made here, and nothing is derived from them but the place of the object.

use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The key of one object, as text `ab/<32 hexadecimal digits>-<number>`; `ab` are the first two of the digits and
/// name the shard folder.
///
/// Not text inside, so no text from outside can become part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    batch: Uuid,
    number: u32,
}

/// Text that is not a key of this archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key of the archive")]
pub struct InvalidKey;

impl Key {
    /// Fresh keys that share a shard, so that writes of one request share the sync of its folder.
    #[must_use]
    pub fn batch(count: u32) -> Vec<Self> {
        let batch = Uuid::new_v4();
        (0..count).map(|number| Self { batch, number }).collect()
    }

    /// One fresh key.
    #[must_use]
    pub fn fresh() -> Self {
        Self { batch: Uuid::new_v4(), number: 0 }
    }

    /// The shard, which spreads objects evenly over 256 folders.
    pub(crate) fn shard(self) -> u8 {
        let [first, ..] = *self.batch.as_bytes();
        first
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}/{}-{}", self.shard(), self.batch.as_simple(), self.number)
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    /// Takes only the exact text that `Display` gives, so that one object has one key.
    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (_, name) = text.split_once('/').ok_or(InvalidKey)?;
        let (batch, number) = name.split_once('-').ok_or(InvalidKey)?;
        let batch = Uuid::try_parse(batch).map_err(|_| InvalidKey)?;
        let key = Self { batch, number: number.parse().map_err(|_| InvalidKey)? };
        if key.to_string() == text { Ok(key) } else { Err(InvalidKey) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::{InvalidKey, Key};
    use proptest::prelude::*;

    const DIGITS: &str = "3f0c5a1e9d2b48f7a6c4e8012b7d9f35";

    #[test]
    fn a_batch_shares_its_shard_and_its_keys_differ() {
        let keys = Key::batch(3);
        assert_eq!(keys.len(), 3);
        assert!(keys.iter().all(|key| key.shard() == keys[0].shard()));
        assert_ne!(keys[0], keys[1]);
        assert_ne!(Key::fresh(), Key::fresh());
    }

    #[test]
    fn text_comes_back_as_the_same_key() {
        let text = format!("3f/{DIGITS}-4294967295");
        assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        for key in Key::batch(12) {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
    }

    #[test]
    fn hostile_text_is_no_key() {
        for text in [
            "".to_owned(),
            "/".to_owned(),
            "..".to_owned(),
            "../../etc/passwd".to_owned(),
            DIGITS.to_owned(),
            format!("3e/{DIGITS}-1"),
            format!("3f/{DIGITS}"),
            format!("3f/{DIGITS}-"),
            format!("3f/{DIGITS}-01"),
            format!("3f/{DIGITS}-+1"),
            format!("3f/{DIGITS}-4294967296"),
            format!("3f/{DIGITS}-1/"),
            format!("3f/{DIGITS}-1\0"),
            format!("/3f/{DIGITS}-1"),
            format!("3f/../3f/{DIGITS}-1"),
            format!("3F/{}-1", DIGITS.to_uppercase()),
            format!("3f/{{{DIGITS}}}-1"),
            format!("3f/urn:uuid:{DIGITS}-1"),
        ] {
            assert_eq!(text.parse::<Key>(), Err(InvalidKey), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_either_refused_or_exactly_a_key(text in "\\PC{0,60}|[0-9a-f./-]{0,60}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
