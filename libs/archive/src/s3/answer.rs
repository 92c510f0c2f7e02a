//! What an S3 server said when it did not say yes. The client tells only some of it, so refusals are read below it, where
//! the answer comes in.

use crate::Error;
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, Method, header::IF_NONE_MATCH};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
};
use std::{error::Error as StdError, fmt, io};

/// How much of a refusal is read; its code stands at the beginning.
const LONGEST_REFUSAL: usize = 8 << 10;

/// Makes clients whose refusals are [`Refused`].
#[derive(Debug, Default)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Listening(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Listening(HttpClient);

#[async_trait]
impl HttpService for Listening {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if completes_upload(&request) {
            // Like a put, the end of an upload must never overwrite; the client has no way to say so.
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        let response = self.0.execute(request).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(HttpError::new(HttpErrorKind::Unknown, Refused::read(response).await))
    }
}

fn completes_upload(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method() == Method::POST && query.split('&').any(|pair| pair.starts_with("uploadId="))
}

/// A request that was answered, but not with success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    /// The server's word for it, such as `NoSuchKey`; empty when it gave none.
    pub(super) code: String,
}

impl Refused {
    async fn read(response: HttpResponse) -> Self {
        let status = response.status().as_u16();
        let mut body = response.into_body().bytes_stream();
        let mut text = Vec::new();
        while text.len() < LONGEST_REFUSAL
            && let Some(Ok(bytes)) = body.next().await
        {
            text.extend_from_slice(&bytes);
        }
        Self { status, code: code(&String::from_utf8_lossy(&text)) }
    }

    fn is(&self, status: u16, codes: &[&str]) -> bool {
        self.status == status && codes.contains(&self.code.as_str())
    }

    /// Only these words say that it is the object that is missing, not the bucket or the way to it.
    pub(super) fn says_absent(&self) -> bool {
        self.is(404, &["NoSuchKey"])
    }

    pub(super) fn says_upload_lost(&self) -> bool {
        self.is(404, &["NoSuchUpload"])
    }

    /// Something is there already, or another writer is just putting it there.
    pub(super) fn says_exists(&self) -> bool {
        self.status == 412 || self.is(409, &["ConditionalRequestConflict"])
    }

    pub(super) fn says_denied(&self) -> bool {
        matches!(self.status, 401 | 403)
    }

    pub(super) fn says_full(&self) -> bool {
        const CODES: &[&str] = &["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded"];
        self.status == 507 || CODES.contains(&self.code.as_str())
    }

    /// Whether the same request may fare better a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500 | 502..=504) || self.is(400, &["RequestTimeout"])
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the S3 server answered {} {}", self.status, self.code)
    }
}

impl StdError for Refused {}

/// The text of the first `Code` element, if it looks like one: what a stranger's server writes does not get into logs.
fn code(body: &str) -> String {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    code.filter(|code| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .unwrap_or_default()
        .to_owned()
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refused),
    /// No answer, or not to its end.
    Lost(io::Error),
    /// The answer is not what S3 promises.
    Strange(&'static str),
    /// What no later try changes.
    Final(Error),
}

impl Failure {
    /// The client's own error texts hold addresses, so only what lies at their bottom is kept.
    pub(super) fn of(error: &object_store::Error) -> Self {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        let mut lost = io::Error::other("the answer of the S3 server was not understood");
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<Refused>() {
                return Self::Refused(refused.clone());
            }
            if let Some(error) = error.downcast_ref::<HttpError>() {
                lost = of_kind(error.kind());
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                lost = error.kind().into();
            }
            cause = error.source();
        }
        Self::Lost(lost)
    }

    pub(super) fn timed_out() -> Self {
        Self::Lost(io::Error::new(io::ErrorKind::TimedOut, "the S3 server did not answer in time"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// The general meaning of a failure; those who know what was asked look for the special ones first.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refused) if refused.says_full() => Self::Full,
            Failure::Refused(refused) => Self::Unavailable { source: io::Error::other(refused) },
            Failure::Lost(source) => Self::Unavailable { source },
            Failure::Strange(what) => Self::Unavailable { source: io::Error::other(what) },
            Failure::Final(error) => error,
        }
    }
}

fn of_kind(kind: HttpErrorKind) -> io::Error {
    match kind {
        HttpErrorKind::Connect => io::ErrorKind::ConnectionRefused.into(),
        HttpErrorKind::Timeout => io::ErrorKind::TimedOut.into(),
        HttpErrorKind::Request | HttpErrorKind::Interrupted => io::ErrorKind::ConnectionReset.into(),
        _ => io::Error::other("the request to the S3 server failed"),
    }
}

/// Appends a piece of an answer.
pub(super) fn append(all: &mut Vec<u8>, piece: &Bytes, most: usize) -> Result<(), Failure> {
    if piece.len() > most.saturating_sub(all.len()) {
        return Err(Failure::Strange("the S3 server sent more bytes than asked for"));
    }
    all.extend_from_slice(piece);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Refused, code};

    #[test]
    fn a_code_is_taken_only_if_it_looks_like_one() {
        assert_eq!(code("<?xml?><Error><Code>NoSuchKey</Code><Message>m</Message></Error>"), "NoSuchKey");
        for body in ["", "404", "<Code>", "<Code>a b</Code>", "<Code><Code></Code>", "<html>Not Found</html>"] {
            assert_eq!(code(body), "");
        }
        assert_eq!(code(&format!("<Code>{}</Code>", "a".repeat(65))), "");
    }

    #[test]
    fn only_the_servers_own_word_makes_an_object_absent() {
        let refused = |status, code: &str| Refused { status, code: code.to_owned() };
        assert!(refused(404, "NoSuchKey").says_absent());
        for other in [refused(404, ""), refused(404, "NoSuchBucket"), refused(403, "NoSuchKey"), refused(500, "")] {
            assert!(!other.says_absent(), "{other}");
        }
        assert!(refused(503, "SlowDown").is_passing() && !refused(403, "AccessDenied").is_passing());
        assert!(refused(507, "").says_full() && refused(403, "QuotaExceeded").says_full());
    }
}
