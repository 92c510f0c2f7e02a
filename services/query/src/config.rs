//! What an operator can set.

use catalog::UtcOffset;
use serde::{Deserialize, Deserializer, de};

/// The limits of searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The most matches in one answer, also where the request asks for more or sets no limit (PS3.18 8.3.4.4). The
    /// answer says how many remain.
    pub max_results: u32,
    /// The zone of what was stored without Timezone Offset From UTC, for searches that name a zone; `None`: as if it were in the
    /// zone that they name.
    #[serde(deserialize_with = "offset")]
    pub timezone: Option<UtcOffset>,
}

/// An empty text stands for none.
fn offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UtcOffset>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(de::Error::custom) }
}

impl Default for Config {
    fn default() -> Self {
        Self { max_results: 5000, timezone: None }
    }
}
