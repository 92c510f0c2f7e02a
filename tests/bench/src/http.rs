//! A light HTTP/1.1 client: connections are kept, bodies are read and dropped, so that the load costs little itself.

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, body::Incoming};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};

/// A client of one server, under its DICOMweb root or any other base address. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
    base: String,
}

impl Client {
    /// A client below `base`.
    pub fn new(base: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { pool: Pool::builder(TokioExecutor::new()).build(connector), base: base.to_owned() }
    }

    /// Fetches a resource and gives how many bytes its body had.
    ///
    /// # Errors
    /// No answer, or one that is not a success.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<u64> {
        self.send(Method::GET, path, headers, Bytes::new()).await
    }

    /// Posts a body and drops the answer.
    ///
    /// # Errors
    /// No answer, or one that is not a success.
    pub async fn post(&self, path: &str, content_type: &str, body: Bytes) -> anyhow::Result<u64> {
        self.send(Method::POST, path, &[("content-type", content_type), ("accept", "application/dicom+json")], body)
            .await
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Bytes) -> anyhow::Result<u64> {
        let url = format!("{}{path}", self.base);
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = self.pool.request(request.body(Full::new(body))?).await.with_context(|| url.clone())?;
        anyhow::ensure!(answer.status().is_success(), "{url}: {}", answer.status());
        length(answer.into_body()).await
    }
}

async fn length(mut body: Incoming) -> anyhow::Result<u64> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, |bytes| bytes.len() as u64);
    }
    Ok(length)
}
