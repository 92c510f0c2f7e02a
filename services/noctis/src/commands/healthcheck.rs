//! `noctis healthcheck`: asks a running server whether it is ready.

use crate::{cli::UrlArgs, config::Config};
use anyhow::Context as _;
use std::{process::ExitCode, time::Duration};

const DEADLINE: Duration = Duration::from_secs(5);

/// Asks `/readyz`; succeeds when the server and all it depends on are ready.
///
/// # Errors
/// The server cannot be reached.
pub(crate) async fn run(config: &Config, args: &UrlArgs) -> anyhow::Result<ExitCode> {
    let url = args.url.clone().unwrap_or_else(|| format!("http://{}", config.http_listen()));
    let client = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build()?;
    let answer = client.get(format!("{}/readyz", url.trim_end_matches('/'))).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    let ready = answer.status().is_success();
    println!("{}", answer.text().await?);
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
