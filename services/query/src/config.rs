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

/// How an offset is written. What comes from the environment and looks like a number has become one.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(i64),
    Text(String),
}

/// An empty text stands for none.
fn offset<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UtcOffset>, D::Error> {
    let text = match Written::deserialize(deserializer)? {
        Written::Number(number) => format!("{number:+05}"),
        Written::Text(text) if text.is_empty() => return Ok(None),
        Written::Text(text) => text,
    };
    text.parse().map(Some).map_err(de::Error::custom)
}

impl Default for Config {
    fn default() -> Self {
        Self { max_results: 5000, timezone: None }
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn a_zone_is_a_text_or_what_the_environment_makes_of_it() {
        let zone = |json: &str| {
            let config = serde_json::from_str::<Config>(&format!("{{\"timezone\":{json}}}"));
            config.map(|config| config.timezone.map(|zone| zone.to_string())).map_err(|error| error.to_string())
        };
        assert_eq!(zone("\"\""), Ok(None));
        for (json, expected) in [("\"+0900\"", "+0900"), ("900", "+0900"), ("-330", "-0330"), ("0", "+0000")] {
            assert_eq!(zone(json), Ok(Some(expected.to_owned())), "{json}");
        }
        assert!(zone("\"CET\"").is_err_and(|error| error.contains("+HHMM")));
        assert!(zone("9999").is_err());
    }
}
