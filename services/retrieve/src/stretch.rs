//! Stored bytes that are named instead of sent, for a caller that reads the archive itself: between services, naming
//! them costs less than sending them.

use catalog::StoredInstance;
use std::ops::Range;

/// Fewer bytes than this are sent: a read of their own would cost more than a copy of them.
const NAMED_FROM: u64 = 64 * 1024;

/// Bytes of an object, as they lie there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Of the object.
    pub(crate) key: String,
    /// In the object.
    pub(crate) range: Range<u64>,
}

impl Stretch {
    /// The range of this instance's object, if it is worth being named.
    pub(crate) fn of(stored: &StoredInstance, range: Range<u64>) -> Option<Self> {
        let is_worth_it = range.end.saturating_sub(range.start) >= NAMED_FROM;
        is_worth_it.then(|| Self { key: stored.key.clone(), range })
    }
}
