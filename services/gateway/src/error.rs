//! How a request fails: problem details (RFC 9457) with the request's id, and never patient data or internals.

use axum::response::{IntoResponse, Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_RANGE, CONTENT_TYPE, RETRY_AFTER},
};
use rpc::{Code, Failure};
use serde_json::{Map, Value, json};

/// Seconds after which a client may try again what failed for a passing reason.
pub(crate) const RETRY_AFTER_SECONDS: &str = "5";

/// A failed request. Its texts are for the outside: neither patient data nor internals.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    supported: Vec<String>,
    facilities: Vec<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with an outside text that says what to change.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let headers = Vec::new();
        Self { status, detail: detail.into(), supported: Vec::new(), facilities: Vec::new(), headers }
    }

    /// 400: the request itself is malformed.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404: not there, or not for the eyes of the principal.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is nothing at this address")
    }

    /// 406, with the media types that could be sent.
    #[must_use]
    pub fn not_acceptable(detail: impl Into<String>, supported: Vec<String>) -> Self {
        Self { supported, ..Self::new(StatusCode::NOT_ACCEPTABLE, detail) }
    }

    /// 415, with the media types that are taken.
    #[must_use]
    pub fn unsupported_media_type(detail: impl Into<String>, supported: Vec<String>) -> Self {
        Self { supported, ..Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail) }
    }

    /// 500: a defect of ours. The cause belongs into the log, not here.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the archive failed to carry out the request")
    }

    /// The same problem with a further header on its answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same problem, with a further sentence.
    #[must_use]
    pub fn with_detail(mut self, more: &str) -> Self {
        self.detail.push_str("; ");
        self.detail.push_str(more);
        self
    }

    /// The same problem, after which the connection is closed: what is left on it cannot be trusted.
    #[must_use]
    pub fn closing(self) -> Self {
        self.with_header(CONNECTION, HeaderValue::from_static("close"))
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body of the answer, for the request with this id; roots are made absolute by the public origin.
    pub(crate) fn body(&self, request_id: &str, origin: &str) -> Vec<u8> {
        let mut members = Map::new();
        members.insert("type".into(), json!("about:blank"));
        members.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        members.insert("status".into(), json!(self.status.as_u16()));
        members.insert("detail".into(), json!(self.detail));
        members.insert("instance".into(), json!(request_id));
        if !self.supported.is_empty() {
            members.insert("supported".into(), json!(self.supported));
        }
        if !self.facilities.is_empty() {
            let roots = self.facilities.iter().map(|name| json!(format!("{origin}/facilities/{name}/dicom-web")));
            members.insert("roots".into(), roots.collect());
        }
        Value::Object(members).to_string().into_bytes()
    }
}

/// The body is written by [`crate::observe`], which knows the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let status = match failure.code {
            Code::InvalidRequest => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::Conflict => StatusCode::CONFLICT,
            Code::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::Busy | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::NOT_FOUND {
            return Self::not_found();
        }
        let problem = Self { facilities: failure.facilities, ..Self::new(status, failure.message) };
        match (failure.code, failure.length) {
            (Code::Busy | Code::Unavailable, _) => {
                problem.with_header(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS))
            }
            (Code::RangeNotSatisfiable, Some(length)) => match HeaderValue::try_from(format!("bytes */{length}")) {
                Ok(value) => problem.with_header(CONTENT_RANGE, value),
                Err(_) => problem,
            },
            _ => problem,
        }
    }
}

impl From<tonic::Status> for Problem {
    fn from(status: tonic::Status) -> Self {
        if status.code() == tonic::Code::Internal || status.code() == tonic::Code::Unknown {
            tracing::error!(code = ?status.code(), cause = status.message(), "a service failed");
        }
        Failure::from(&status).into()
    }
}
