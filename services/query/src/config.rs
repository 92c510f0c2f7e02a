//! What an operator can set.

use serde::Deserialize;

/// The limits of searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The most matches in one answer, also where the request asks for more or sets no limit (PS3.18 8.3.4.4). The
    /// answer says how many remain.
    pub max_results: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_results: 5000 }
    }
}
