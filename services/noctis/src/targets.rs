//! What a process is: the gateway, some of the services, or all of them.

use serde::{Deserialize, Serialize};

/// One thing that a process can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// Everything, in one process.
    All,
    /// HTTP.
    Gateway,
    /// Stores, deletes, sweeps.
    Ingest,
    /// Search.
    Query,
    /// Reading.
    Retrieve,
}

/// The services behind the gateway, by the names that they have in the configuration.
pub(crate) const SERVICES: [Target; 3] = [Target::Ingest, Target::Query, Target::Retrieve];

impl Target {
    /// As the configuration writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Gateway => "gateway",
            Self::Ingest => "ingest",
            Self::Query => "query",
            Self::Retrieve => "retrieve",
        }
    }
}

/// All that a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Targets(Vec<Target>);

impl Targets {
    pub(crate) fn new(targets: &[Target]) -> Self {
        Self(targets.to_vec())
    }

    pub(crate) fn has(&self, target: Target) -> bool {
        self.0.contains(&Target::All) || self.0.contains(&target)
    }

    /// What traces call a process that is this: `noctis` for all, else such as `noctis-ingest-query`.
    pub(crate) fn service_name(&self) -> String {
        let parts = if self.0.contains(&Target::All) { &[] } else { self.0.as_slice() };
        ["noctis"].into_iter().chain(parts.iter().map(|target| target.name())).collect::<Vec<_>>().join("-")
    }

    /// Whether the process needs catalog and archive.
    pub(crate) fn has_services(&self) -> bool {
        SERVICES.into_iter().any(|service| self.has(service))
    }
}

#[cfg(test)]
mod tests {
    use super::{Target, Targets};

    #[test]
    fn all_is_each_of_them() {
        let all = Targets::new(&[Target::All]);
        assert!(all.has(Target::Gateway) && all.has(Target::Query) && all.has_services());
        let gateway = Targets::new(&[Target::Gateway]);
        assert!(gateway.has(Target::Gateway) && !gateway.has(Target::Query) && !gateway.has_services());
        let both = Targets::new(&[Target::Gateway, Target::Query]);
        assert!(both.has_services());
        assert_eq!((all.service_name().as_str(), both.service_name().as_str()), ("noctis", "noctis-gateway-query"));
    }
}
