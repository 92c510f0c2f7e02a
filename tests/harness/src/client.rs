//! HTTP as tests want it: the expected status is part of each call, and a wrong one shows the answer.

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, header::HeaderMap};

use crate::body::{Part, multipart_body, multipart_content_type, split_multipart};

/// Speaks with one server. Paths begin with a slash and are put behind the base address.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its bytes as sent: nothing is decompressed.
    pub body: Bytes,
}

impl Client {
    /// A client of the server at `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> Self {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(300))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client without special settings");
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    /// The address that paths are put behind.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request to be filled by the test; send it with [`Client::send`] or by itself.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends a request and checks the status.
    ///
    /// # Panics
    /// When there is no answer or its status is another one.
    pub async fn send(&self, request: RequestBuilder, expected: u16) -> Answer {
        let (client, request) = request.build_split();
        let request = request.expect("a request that can be built");
        let what = format!("{} {}", request.method(), request.url());
        let answer = match client.execute(request).await {
            Ok(answer) => answer,
            Err(error) => panic!("{what}: {error:?}"),
        };
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("{what}: {status}, then {error:?}"));
        let answer = Answer { status, headers, body };
        assert_eq!(status, expected, "{what}\n{}", answer.beginning());
        answer
    }

    /// GET without an Accept header of its own (`*/*`).
    pub async fn get(&self, path: &str, expected: u16) -> Answer {
        self.send(self.request(Method::GET, path), expected).await
    }

    /// GET with an Accept header.
    pub async fn get_as(&self, path: &str, accept: &str, expected: u16) -> Answer {
        self.send(self.request(Method::GET, path).header("accept", accept), expected).await
    }

    /// GET of DICOM JSON (or any other), parsed.
    pub async fn json(&self, path: &str) -> serde_json::Value {
        self.get_as(path, "application/dicom+json", 200).await.json()
    }

    /// HEAD.
    pub async fn head(&self, path: &str, expected: u16) -> Answer {
        self.send(self.request(Method::HEAD, path), expected).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str, expected: u16) -> Answer {
        self.send(self.request(Method::DELETE, path), expected).await
    }

    /// Stores instances by one multipart request to `path` (such as `/dicom-web/studies`).
    pub async fn store<T: AsRef<[u8]>>(
        &self,
        path: &str,
        instances: impl IntoIterator<Item = T>,
        expected: u16,
    ) -> Answer {
        self.store_body(path, multipart_body(instances), expected).await
    }

    /// Stores a multipart body made by [`multipart_body`].
    pub async fn store_body(&self, path: &str, body: Vec<u8>, expected: u16) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("content-type", multipart_content_type("application/dicom"))
            .body(body);
        self.send(request, expected).await
    }

    /// Stores a multipart body that is made while it is sent, see [`crate::multipart_chunks`].
    pub async fn store_chunks<I>(&self, path: &str, chunks: I, expected: u16) -> Answer
    where
        I: Iterator<Item = Bytes> + Send + 'static,
    {
        let stream = futures::stream::iter(chunks.map(Ok::<_, std::convert::Infallible>));
        let request = self
            .request(Method::POST, path)
            .header("content-type", multipart_content_type("application/dicom"))
            .body(reqwest::Body::wrap_stream(stream));
        self.send(request, expected).await
    }
}

impl Answer {
    /// A header field as text, if it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content type, empty if there is none.
    pub fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of UTF-8 text")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON: {error}\n{}", self.beginning()))
    }

    /// The parts of a multipart body, see [`split_multipart`].
    pub fn parts(&self) -> Vec<Part> {
        split_multipart(self.content_type(), &self.body)
    }

    fn beginning(&self) -> String {
        String::from_utf8_lossy(self.body.get(..2000).unwrap_or(&self.body)).into_owned()
    }
}
