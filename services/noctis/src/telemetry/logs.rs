//! Logs on standard error.

use super::fields::{JsonFields, TextFields};
use crate::config::{LogConfig, LogFormat};
use anyhow::Context as _;
use std::io::IsTerminal as _;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, filter_fn},
};

/// Spans that are for traces alone have this target.
const TRACES_ONLY: &str = "noctis::trace";

/// What writes the logs.
///
/// # Errors
/// A filter that cannot be read.
pub(super) fn layer(config: &LogConfig) -> anyhow::Result<impl Layer<Registry> + Send + Sync + use<>> {
    let filter = EnvFilter::try_new(&config.filter).context("log.filter")?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    let lines = match config.format {
        LogFormat::Text => lines.fmt_fields(TextFields).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).fmt_fields(JsonFields).boxed(),
    };
    Ok(lines.with_filter(filter.and(filter_fn(|metadata| metadata.target() != TRACES_ONLY))))
}
