//! Logs, traces and metrics of the process.

mod export;
mod fields;
mod logs;
mod traces;

pub(crate) use traces::Traces;

use crate::config::Config;
use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::time::Duration;
use tracing_subscriber::{layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts logging to standard error, and traces where they are wanted. To be called within a runtime.
///
/// # Errors
/// A filter or an endpoint that cannot be used, or a second start.
pub(crate) fn init(config: &Config) -> anyhow::Result<Option<Traces>> {
    let telemetry = &config.telemetry;
    let traces = match &telemetry.otlp_endpoint {
        Some(endpoint) => Some(Traces::start(telemetry, endpoint, config.service_name())?),
        None => None,
    };
    tracing_subscriber::registry()
        .with(logs::layer(&config.log)?)
        .with(traces.as_ref().map(Traces::layer))
        .try_init()
        .context("cannot start logging")?;
    keep_panics_silent_about_values();
    Ok(traces)
}

/// A panic's message can hold what was being worked on, so only its place is logged.
fn keep_panics_silent_about_values() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a part of the program panicked");
    }));
}

/// Upper bounds of the buckets of times, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Of operations in this process, many of which find what they need in memory.
const SHORT_SECONDS: [f64; 12] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 10.0];
const SHORT: [&str; 2] = ["noctis_catalog_operation_seconds", "noctis_archive_operation_seconds"];

/// Between two rounds in which what was measured is sorted into buckets. Until then every single value takes memory, also
/// where nobody ever asks for the metrics.
const UPKEEP: Duration = Duration::from_secs(5);

const TASKS: &str = "noctis_runtime_tasks";

/// Starts collecting metrics.
///
/// # Errors
/// A second start.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| anyhow::anyhow!("cannot start metrics: they are started"))?;
    describe();
    let kept = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            kept.run_upkeep();
        }
    });
    Ok(handle)
}

/// Times have buckets; of other distributions, such as instances in a commit, quantiles say enough.
fn recorder() -> anyhow::Result<PrometheusRecorder> {
    let times = Matcher::Suffix("_seconds".to_owned());
    let mut builder =
        PrometheusBuilder::new().set_buckets_for_metric(times, &SECONDS).context("cannot start metrics")?;
    for name in SHORT {
        let short = Matcher::Full(name.to_owned());
        builder = builder.set_buckets_for_metric(short, &SHORT_SECONDS).context("cannot start metrics")?;
    }
    Ok(builder.build_recorder())
}

fn describe() {
    gateway::describe_metrics();
    ingest::describe_metrics();
    retrieve::describe_metrics();
    catalog::describe_metrics();
    archive::describe_metrics();
    export::describe_metrics();
    rpc::describe_metrics();
    metrics::describe_gauge!(TASKS, "Tasks of the runtime that have not ended.");
}

/// What is measured, in the Prometheus text format.
pub(crate) fn text(metrics: &PrometheusHandle) -> String {
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    metrics::gauge!(TASKS).set(u32::try_from(tasks).unwrap_or(u32::MAX));
    metrics.render()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{describe, recorder};

    #[test]
    fn times_have_buckets_and_every_metric_says_what_it_is() {
        let recorder = recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            describe();
            metrics::histogram!("noctis_http_request_duration_seconds").record(0.003);
            metrics::histogram!("noctis_store_commit_seconds").record(0.003);
            metrics::histogram!("noctis_catalog_commit_seconds").record(0.003);
            metrics::histogram!("noctis_store_commit_instances").record(100.0);
            for seconds in
                ["noctis_catalog_operation_seconds", "noctis_archive_operation_seconds", "noctis_rpc_call_seconds"]
            {
                metrics::histogram!(seconds).record(0.003);
            }
            for total in [
                "noctis_http_requests_total",
                "noctis_retrieve_requests_total",
                "noctis_retrieve_bytes_total",
                "noctis_trace_spans_total",
            ] {
                metrics::counter!(total).increment(1);
            }
        });
        let text = recorder.handle().render();
        for line in [
            "# TYPE noctis_store_commit_seconds histogram",
            "noctis_store_commit_seconds_bucket{le=\"0.0025\"} 0",
            "noctis_store_commit_seconds_bucket{le=\"0.005\"} 1",
            "noctis_catalog_operation_seconds_bucket{le=\"0.00025\"} 0",
            "noctis_archive_operation_seconds_bucket{le=\"0.005\"} 1",
            "noctis_rpc_call_seconds_bucket{le=\"0.005\"} 1",
            "# TYPE noctis_store_commit_instances summary",
            "noctis_store_commit_instances_sum 100",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        for described in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, _) = described.split_once(' ').unwrap();
            assert!(text.contains(&format!("# HELP {name} ")), "{name} is not described in\n{text}");
        }
        assert!(!text.contains("noctis_store_commit_instances_bucket"), "{text}");
    }
}
