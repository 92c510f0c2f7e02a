//! The gateway's section of the configuration.

mod network;

pub use network::{Cidr, InvalidCidr, InvalidOrigin, PublicUrl};
pub(crate) use network::{is_plain, is_plain_path};

use access::FacilityId;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::time::Duration;

/// What the gateway can be told. Every key has a default.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address under which clients see the server, such as `https://pacs.example` or `https://example.org/pacs`;
    /// links in answers begin with it. Without it they follow the forwarded headers of a trusted proxy, else `Host`.
    pub public_url: Option<PublicUrl>,
    /// Networks of proxies whose `Forwarded` and `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Further names under which the server may be asked for besides the loopback names and `public_url`'s.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages elsewhere that may use the server (CORS); none by default.
    pub allowed_origins: Vec<String>,
    /// The facility meant where a request names none.
    #[serde(deserialize_with = "facility")]
    pub home_facility: FacilityId,
    /// Further facilities that this server holds.
    #[serde(deserialize_with = "facilities")]
    pub facilities: Vec<FacilityId>,
    /// Bounds of store requests.
    pub store: StoreLimits,
    /// Bounds of retrieve requests.
    pub retrieve: RetrieveLimits,
    /// Bounds of connections.
    pub serve: ServeLimits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: None,
            trusted_proxies: Vec::new(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            home_facility: FacilityId::default_facility(),
            facilities: Vec::new(),
            store: StoreLimits::default(),
            retrieve: RetrieveLimits::default(),
            serve: ServeLimits::default(),
        }
    }
}

/// Bounds of store requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreLimits {
    /// The most bytes one request may carry.
    pub max_request_bytes: u64,
    /// The most parts one request may carry.
    pub max_parts: u32,
    /// Seconds without a byte from the client after which the request is given up with 408.
    pub idle_seconds: u64,
    /// The most bytes of a refused request that are read so that its client comes to read the answer.
    pub drain_bytes: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { max_request_bytes: 64 << 30, max_parts: 100_000, idle_seconds: 30, drain_bytes: 64 << 20 }
    }
}

impl StoreLimits {
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }
}

/// Bounds of retrieve requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetrieveLimits {
    /// The most frames one request may name.
    pub max_frames: usize,
    /// Bytes of memory for metadata of series and studies that were asked for more than once, compressed as a whole.
    pub settled_metadata_bytes: u64,
}

impl Default for RetrieveLimits {
    fn default() -> Self {
        Self { max_frames: 10_000, settled_metadata_bytes: 64 << 20 }
    }
}

/// Bounds of connections.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeLimits {
    /// The most connections at a time; further ones wait in the system's queue.
    pub max_connections: usize,
    /// Seconds that a client may take to send the head of a request; also how long a connection may stay unused.
    pub head_seconds: u64,
    /// The most bytes of the head of a request.
    pub max_head_bytes: usize,
    /// Seconds without progress after which an answer that its client does not read is cut off.
    pub stall_seconds: u64,
    /// Seconds that running requests get to finish at shutdown.
    pub drain_seconds: u64,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self { max_connections: 1024, head_seconds: 60, max_head_bytes: 64 << 10, stall_seconds: 60, drain_seconds: 30 }
    }
}

fn facility<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FacilityId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn facilities<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FacilityId>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    names.iter().map(|name| name.parse().map_err(D::Error::custom)).collect()
}
