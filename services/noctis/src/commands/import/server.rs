//! Storing into a running server over HTTP: one request per file, repeated while the server says it is busy.

use super::{Outcome, files::Candidate};
use access::FacilityId;
use anyhow::Context as _;
use reqwest::{StatusCode, header};
use serde_json::Value;
use std::time::Duration;
use tokio_util::io::ReaderStream;

/// How often a file is sent while the answer is "try again later".
const ATTEMPTS: u32 = 6;
/// How long to wait where the answer does not say.
const PAUSE: Duration = Duration::from_secs(1);

/// A server that stores.
pub(super) struct Server {
    client: reqwest::Client,
    studies: String,
}

impl Server {
    /// The server at `url`, with or without its DICOMweb root.
    ///
    /// # Errors
    /// The HTTP client cannot be set up.
    pub(super) fn new(url: &str, facility: Option<&FacilityId>) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/').trim_end_matches("/dicom-web");
        let studies = match facility {
            Some(facility) => format!("{base}/facilities/{facility}/dicom-web/studies"),
            None => format!("{base}/dicom-web/studies"),
        };
        let client = reqwest::Client::builder().read_timeout(Duration::from_secs(120)).build()?;
        Ok(Self { client, studies })
    }

    /// Sends one file.
    ///
    /// # Errors
    /// The file cannot be read, or the server not be reached or understood.
    pub(super) async fn store(&self, file: &Candidate) -> anyhow::Result<Outcome> {
        for _ in 1..ATTEMPTS {
            let answer = self.send(file).await?;
            if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
                return outcome(answer).await;
            }
            tokio::time::sleep(retry_after(&answer)).await;
        }
        outcome(self.send(file).await?).await
    }

    async fn send(&self, file: &Candidate) -> anyhow::Result<reqwest::Response> {
        let body = tokio::fs::File::open(&file.path).await.context("cannot be read")?;
        self.client
            .post(&self.studies)
            .header(header::CONTENT_TYPE, "application/dicom")
            .header(header::ACCEPT, "application/dicom+json")
            .header(header::CONTENT_LENGTH, file.length)
            .body(reqwest::Body::wrap_stream(ReaderStream::with_capacity(body, 256 << 10)))
            .send()
            .await
            .with_context(|| format!("cannot be sent to {}", self.studies))
    }
}

fn retry_after(answer: &reqwest::Response) -> Duration {
    let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.map_or(PAUSE, Duration::from_secs).min(Duration::from_secs(30))
}

async fn outcome(answer: reqwest::Response) -> anyhow::Result<Outcome> {
    let status = answer.status();
    let already = answer.headers().contains_key("noctis-already-stored");
    let body: Value = answer.json().await.unwrap_or_default();
    if status.is_success() && already {
        return Ok(Outcome::AlreadyThere);
    }
    if let Some(stored) = first(&body, "00081199") {
        let warning = comments(stored);
        return Ok(Outcome::Stored { warnings: Some(warning).filter(|text| !text.is_empty()).into_iter().collect() });
    }
    let failed = first(&body, "00081198").or_else(|| first(&body, "0008119A"));
    let why = match (failed, body.get("detail").and_then(Value::as_str)) {
        (Some(item), _) => {
            let reason = item.pointer("/00081197/Value/0").and_then(Value::as_u64).unwrap_or_default();
            format!("{} (0x{reason:04X})", comments(item)).trim_start().to_owned()
        }
        (None, Some(detail)) => detail.to_owned(),
        (None, None) => status.to_string(),
    };
    Ok(if status.is_server_error() { Outcome::Failed { why } } else { Outcome::Refused { why } })
}

/// The first item of a sequence of the Store Instances Response (PS3.18 Annex I).
fn first<'a>(body: &'a Value, sequence: &str) -> Option<&'a Value> {
    body.get(sequence)?.get("Value")?.get(0)
}

/// The Error Comments (0000,0902) in the Failed Attributes Sequence (0074,1048) of an item, which are the lines of one text.
fn comments(item: &Value) -> String {
    let items = item.pointer("/00741048/Value").and_then(Value::as_array).into_iter().flatten();
    let lines: Vec<_> = items.filter_map(|item| item.pointer("/00000902/Value/0").and_then(Value::as_str)).collect();
    lines.join(" ")
}
