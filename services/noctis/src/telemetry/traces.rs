//! Traces: the spans of requests and of what they cause, sent to a collector by OTLP over gRPC.

use super::export::{Export, Gate, Waiting};
use crate::config::TelemetryConfig;
use anyhow::Context as _;
use opentelemetry::{KeyValue, trace::TracerProvider as _};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchConfigBuilder, BatchSpanProcessor, IdGenerator as _, RandomIdGenerator, Sampler, SdkTracerProvider},
};
use std::{sync::Arc, time::Duration};
use tonic::transport::Endpoint;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// How long the collector may take to accept a connection, or some spans.
const PATIENCE: Duration = Duration::from_secs(5);

/// Spans that have ended wait so long for others to go with them.
const GATHERING: Duration = Duration::from_secs(1);

/// Parts of the program whose spans are exported; those of libraries are not.
const OURS: [&str; 8] = ["archive", "catalog", "gateway", "ingest", "noctis", "query", "retrieve", "rpc"];

/// Sends what is left when the program ends.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    flush: Duration,
}

impl Traces {
    /// Nothing is sent yet, and no collector need be there. To be called within a runtime.
    ///
    /// # Errors
    /// The endpoint cannot be used.
    pub(super) fn start(config: &TelemetryConfig, endpoint: &str, service: String) -> anyhow::Result<Self> {
        let channel = Endpoint::from_shared(endpoint.to_owned())
            .context("telemetry.otlp_endpoint")?
            .connect_timeout(PATIENCE)
            .timeout(PATIENCE)
            .connect_lazy();
        let exporter = SpanExporter::builder().with_tonic().with_channel(channel).with_timeout(PATIENCE).build();
        let exporter = exporter.context("telemetry.otlp_endpoint")?;
        let waiting = Arc::new(Waiting::new(config.queued_spans));
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(config.queued_spans)
            .with_max_export_batch_size(config.queued_spans.min(512))
            .with_scheduled_delay(GATHERING)
            .build();
        let sending = BatchSpanProcessor::builder(Export::new(exporter, Arc::clone(&waiting)));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Gate::new(sending.with_batch_config(batches).build(), waiting))
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sampling_ratio))))
            .with_resource(resource(service))
            .build();
        Ok(Self { provider, flush: Duration::from_secs(config.flush_seconds) })
    }

    /// What makes spans out of those of `tracing`.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("noctis"))
            .with_context_activation(false)
            .with_tracked_inactivity(false)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(filter_fn(is_exported))
    }

    /// Sends what has not been sent, as far as that can be done in time.
    pub(crate) async fn end(self) {
        let Self { provider, flush } = self;
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(flush)).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent");
        }
    }
}

/// Events are never part of a trace: what they say is for logs.
fn is_exported(metadata: &Metadata<'_>) -> bool {
    let part = metadata.target().split("::").next().unwrap_or_default();
    metadata.is_span() && *metadata.level() <= tracing::Level::INFO && OURS.contains(&part)
}

/// Who sends. `OTEL_RESOURCE_ATTRIBUTES` may add to it.
fn resource(service: String) -> Resource {
    // As random as that of a trace, which nothing else here needs a generator for.
    let instance = RandomIdGenerator::default().new_trace_id();
    Resource::builder()
        .with_service_name(service)
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("service.instance.id", instance.to_string()))
        .build()
}
