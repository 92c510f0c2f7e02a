//! Configuration of traces.

use super::Config;
use serde::Deserialize;

/// Where spans are sent, and how many.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TelemetryConfig {
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) service_name: Option<String>,
    pub(crate) sampling_ratio: f64,
    pub(crate) queued_spans: usize,
    pub(crate) flush_seconds: u64,
}

impl TelemetryConfig {
    /// Whether it can be meant.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.otlp_endpoint.as_deref().is_none_or(is_endpoint),
            "telemetry.otlp_endpoint is not http://HOST:PORT; spans are sent without encryption, to a collector nearby"
        );
        anyhow::ensure!(
            (0.0..=1.0).contains(&self.sampling_ratio),
            "telemetry.sampling_ratio = {}: it is from 0 to 1",
            self.sampling_ratio
        );
        let is_named = self.service_name.as_deref().is_none_or(|name| !name.trim().is_empty());
        anyhow::ensure!(is_named, "telemetry.service_name is empty: leave it out, or write a name such as \"noctis\"");
        Ok(())
    }
}

fn is_endpoint(text: &str) -> bool {
    let place = text.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
    place.is_some_and(|place: http::uri::Authority| {
        place.port_u16().is_some_and(|port| port != 0) && !place.as_str().contains('@') && !place.host().is_empty()
    })
}

impl Config {
    /// What traces call this process: what is configured, else the environment's, else what it is.
    pub(crate) fn service_name(&self) -> String {
        let configured = self.telemetry.service_name.clone();
        let named = || std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
        configured.or_else(named).unwrap_or_else(|| self.targets().service_name())
    }
}

#[cfg(test)]
mod tests {
    use super::is_endpoint;

    #[test]
    fn endpoints_are_plain_http_to_a_port() {
        for good in ["http://127.0.0.1:4317", "http://collector.example:4317/", "http://[::1]:4317"] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in ["", "127.0.0.1:4317", "https://a:4317", "http://a", "http://a:0", "http://u:p@a:1", "http://a:1/x"]
        {
            assert!(!is_endpoint(bad), "{bad}");
        }
    }
}
