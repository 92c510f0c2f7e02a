//! The configuration section `[retrieve]`.

use serde::Deserialize;

/// Limits of the retrieve service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The most frames that one request may list; more are answered as too large. The standard sets no limit.
    pub max_frames: u32,
    /// Pieces of about 512 KiB that are read ahead of a client that is slow to take them, for each request.
    pub pieces_ahead: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_frames: 10_000, pieces_ahead: 4 }
    }
}
