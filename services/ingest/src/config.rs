//! What can be set about storing and deleting, with the defaults. Sizes are in bytes, times in seconds.

use catalog::DuplicatePolicy;
use serde::Deserialize;
use std::time::Duration;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Settings of the ingest service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What becomes of an instance whose SOP Instance UID is stored already with other bytes. Default: `refuse`.
    pub duplicates: Duplicates,
    /// Larger instances are refused. Default: 4 GiB.
    pub max_instance_bytes: u64,
    /// Bounds on one data set.
    pub data_set: DataSetLimits,
    /// Instances up to this size are held in memory and written at once; larger ones are written as they come.
    /// Default: 2 MiB.
    pub buffered_instance_bytes: u64,
    /// Bytes of instances that all requests together hold in memory; beyond it even small instances are written as they
    /// come. Default: 64 MiB.
    pub buffer_bytes: u64,
    /// Bytes of metadata that all requests together hold until they are committed; beyond it requests wait.
    /// Default: 128 MiB.
    pub metadata_bytes: u64,
    /// Requests served at once; more are told to come back. Default: 256.
    pub requests: usize,
    /// Objects of one request being written at once. Default: 8.
    pub writes_per_request: usize,
    /// Instances after which a request commits what it has. Default: 100.
    pub commit_instances: usize,
    /// Bytes of metadata after which a request commits what it has. Default: 8 MiB.
    pub commit_metadata_bytes: u64,
    /// Time after which a request commits what it has. Default: 2 s.
    pub commit_seconds: u64,
    /// Nothing is stored while the archive has less space than this. Default: 1 GiB.
    pub minimum_free_bytes: u64,
    /// How long objects stay after their instances were deleted or replaced; longer than the longest read.
    /// Default: 1 hour.
    pub removal_grace_seconds: u64,
    /// How often a request says that it is still alive. Default: 15 s.
    pub heartbeat_seconds: u64,
    /// A request that has not said so for this long is taken for dead, and what it wrote is removed; several times
    /// `heartbeat_seconds`. Default: 120 s.
    pub stale_seconds: u64,
    /// How often dead requests and objects to be removed are looked for. Default: 10 s.
    pub sweep_seconds: u64,
}

/// What becomes of an instance whose SOP Instance UID is stored already with other bytes. The same bytes again are always
/// a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duplicates {
    /// Refused, with Failure Reason 0111H.
    #[default]
    Refuse,
    /// The first one stays; the answer is a success with a warning.
    KeepFirst,
    /// The last one becomes the current version.
    Replace,
}

/// Bounds on what one data set may make the archive keep; a data set beyond them is refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataSetLimits {
    /// Bytes of all attributes but bulk data. Default: 32 MiB.
    pub header_bytes: u64,
    /// How deep sequences nest. Default: 64.
    pub depth: u16,
    /// Data elements and items. Default: 500 000.
    pub elements: u32,
    /// Fragments of encapsulated Pixel Data. Default: 2 000 000.
    pub fragments: u32,
    /// Bytes that a deflated data set inflates to. Default: 8 GiB.
    pub inflated_bytes: u64,
    /// Binary values up to this size are part of the metadata, larger ones are bulk data. Default: 4 KiB.
    pub inline_value_bytes: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            duplicates: Duplicates::default(),
            max_instance_bytes: 4 * GIB,
            data_set: DataSetLimits::default(),
            buffered_instance_bytes: 2 * MIB,
            buffer_bytes: 64 * MIB,
            metadata_bytes: 128 * MIB,
            requests: 256,
            writes_per_request: 8,
            commit_instances: 100,
            commit_metadata_bytes: 8 * MIB,
            commit_seconds: 2,
            minimum_free_bytes: GIB,
            removal_grace_seconds: 3600,
            heartbeat_seconds: 15,
            stale_seconds: 120,
            sweep_seconds: 10,
        }
    }
}

impl Config {
    pub(crate) fn commit_after(&self) -> Duration {
        Duration::from_secs(self.commit_seconds)
    }

    pub(crate) fn heartbeat(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds.max(1))
    }

    pub(crate) fn sweep(&self) -> Duration {
        Duration::from_secs(self.sweep_seconds.max(1))
    }

    pub(crate) fn duplicate_policy(&self) -> DuplicatePolicy {
        match self.duplicates {
            Duplicates::Refuse => DuplicatePolicy::Refuse,
            Duplicates::KeepFirst => DuplicatePolicy::KeepFirst,
            Duplicates::Replace => DuplicatePolicy::NewVersion { grace_ms: self.removal_grace_millis() },
        }
    }

    pub(crate) fn removal_grace_millis(&self) -> i64 {
        millis(self.removal_grace_seconds)
    }

    pub(crate) fn stale_millis(&self) -> i64 {
        millis(self.stale_seconds)
    }
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)
}

impl Default for DataSetLimits {
    fn default() -> Self {
        Self {
            header_bytes: 32 * MIB,
            depth: 64,
            elements: 500_000,
            fragments: 2_000_000,
            inflated_bytes: 8 * GIB,
            inline_value_bytes: u32::try_from(4 * KIB).unwrap_or(u32::MAX),
        }
    }
}

impl From<&DataSetLimits> for dataset::Limits {
    fn from(limits: &DataSetLimits) -> Self {
        Self {
            header_bytes: limits.header_bytes,
            depth: limits.depth,
            elements: limits.elements,
            inline_value: limits.inline_value_bytes,
            fragments: limits.fragments,
            inflated_bytes: limits.inflated_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{Config, DataSetLimits, Duplicates};

    #[test]
    fn what_is_not_set_has_its_default_and_unknown_keys_are_named() {
        let config: Config = serde_json::from_str(r#"{"duplicates":"keep-first","data_set":{"depth":9}}"#).unwrap();
        assert_eq!(config.duplicates, Duplicates::KeepFirst);
        assert_eq!(config.data_set, DataSetLimits { depth: 9, ..DataSetLimits::default() });
        assert_eq!(config.requests, 256);
        let unknown = serde_json::from_str::<Config>(r#"{"data_set":{"dept":9}}"#).unwrap_err();
        assert!(unknown.to_string().contains("`dept`"));
    }

    #[test]
    fn the_defaults_are_those_of_the_parser() {
        assert_eq!(dataset::Limits::from(&DataSetLimits::default()), dataset::Limits::default());
    }
}
