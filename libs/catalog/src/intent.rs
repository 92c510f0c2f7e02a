//! Intents: what a store is about to write to the archive, noted before it does so. After a crash they name every
//! object that no instance refers to.

use crate::Timestamp;

/// Names an intent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IntentId(pub(crate) String);

/// What is needed to begin an intent.
#[derive(Debug, Clone)]
pub struct NewIntent {
    /// Keys of the objects that may be written under it.
    pub keys: Vec<String>,
    /// The time of its first heartbeat.
    pub now: Timestamp,
}

/// An intent that was neither committed nor abandoned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name.
    pub id: IntentId,
    /// When its owner last gave a sign of life.
    pub heartbeat: Timestamp,
}
