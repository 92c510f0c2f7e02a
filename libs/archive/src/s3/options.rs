//! What an S3 archive is opened with, and what of it cannot work.

use super::credentials;
use crate::Error;
use object_store::{
    Certificate, ClientOptions, RetryConfig,
    aws::{AmazonS3Builder, Checksum, S3ConditionalPut},
};
use std::{fmt::Display, io, path::PathBuf, time::Duration};

/// A bucket and how to reach it. Holds no secret: credentials are named, not given.
///
/// The credentials need `s3:GetObject`, and `s3:ListBucket` so that the server tells an absent object from a forbidden one
/// (the bucket is never listed); for writing also `s3:PutObject`, `s3:DeleteObject` and `s3:AbortMultipartUpload`. The
/// bucket should end multipart uploads that were not completed after some days: the answer that names a new upload may be
/// lost.
///
/// Memory: an upload holds at most three parts. Parts are 8 MiB up to 32 GiB and then grow by 304 KiB each, so that 5 TB
/// fit into 10,000; there an upload holds two parts of up to 1.8 GB. A stream holds at most 4 MiB.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// A folder in the bucket, such as `noctis`; empty for none. A `/` comes between it and the keys.
    pub prefix: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The server, as `https://host[:port]` without the bucket; `None` for that of AWS in the region.
    pub endpoint: Option<String>,
    /// Where in a request the bucket stands.
    pub addressing: S3Addressing,
    /// Whether an endpoint may be `http://`: images and the signatures of requests are then readable on the way.
    pub allow_http: bool,
    /// A file of PEM certificates to trust beside those of the system.
    pub ca_file: Option<PathBuf>,
    /// Where the credentials come from.
    pub credentials: S3Credentials,
    /// What the credentials are for.
    pub access: S3Access,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a request may wait without progress.
    pub stall_timeout: Duration,
    /// How long an operation is tried again; past it, and past the time that its bytes need at 256 KiB/s, it is
    /// unavailable.
    pub retry_for: Duration,
    /// Requests that read at once, and as many connections; others wait.
    pub reads: usize,
    /// Requests that write at once, and as many connections; others wait.
    pub writes: usize,
}

/// Where in a request the bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Addressing {
    /// `https://host/bucket/key`: what most servers other than AWS understand.
    Path,
    /// `https://bucket.host/key`.
    VirtualHosted,
}

/// What the credentials of an S3 archive are for; decides what [`crate::Archive::probe`] tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Access {
    /// Reading only.
    Read,
    /// Reading, writing and removing.
    ReadWrite,
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Credentials {
    /// A file in the form of AWS' shared credentials: `aws_access_key_id = ...`, `aws_secret_access_key = ...` and perhaps
    /// `aws_session_token = ...`, one a line, in the section `[default]` or in none. It is read again while it is in use,
    /// at most once a second, so a rotated file is taken up without a restart.
    File(PathBuf),
    /// The environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and perhaps `AWS_SESSION_TOKEN`; if there are none,
    /// `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN` as in [`Self::WebIdentity`], with `AWS_ENDPOINT_URL_STS`; if there
    /// are none, `AWS_SHARED_CREDENTIALS_FILE` as in [`Self::File`].
    Environment,
    /// A token that a platform such as Kubernetes keeps in a file, exchanged for credentials of a role; both are renewed.
    WebIdentity {
        /// The token.
        token_file: PathBuf,
        /// The role.
        role_arn: String,
        /// The token service, `https` only; `None` for that of AWS in the region.
        sts_endpoint: Option<String>,
    },
}

impl S3Options {
    /// Options for a bucket of AWS in `us-east-1`, with credentials from the environment, for reading and writing.
    #[must_use]
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            region: "us-east-1".to_owned(),
            endpoint: None,
            addressing: S3Addressing::Path,
            allow_http: false,
            ca_file: None,
            credentials: S3Credentials::Environment,
            access: S3Access::ReadWrite,
            connect_timeout: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(15),
            reads: 64,
            writes: 32,
        }
    }

    /// The text before each key.
    pub(super) fn key_prefix(&self) -> Result<String, Error> {
        let prefix = self.prefix.trim_end_matches('/');
        let segment = |segment: &str| !segment.is_empty() && !matches!(segment, "." | "..") && is_plain(segment, "._-");
        match prefix {
            "" => Ok(String::new()),
            prefix if prefix.len() <= 512 && prefix.split('/').all(segment) => Ok(format!("{prefix}/")),
            _ => Err(settings("the prefix may hold letters, digits, '.', '_', '-' and single '/' between them")),
        }
    }

    /// Whether an archive can be opened with these, as far as that can be told without the server: files are read, and
    /// nothing is sent.
    ///
    /// # Errors
    /// The name of the field that cannot work, and [`Error::Settings`] with what to change.
    pub fn check(&self) -> Result<(), (&'static str, Error)> {
        self.check_names()?;
        if let Some(path) = &self.ca_file {
            let pem = std::fs::read(path).map_err(|error| unreadable(UNREADABLE_CA, error));
            pem.and_then(|pem| certificates(&pem)).map_err(|error| ("ca_file", error))?;
        }
        credentials::check(&self.credentials).map_err(|error| ("credentials", error))
    }

    fn check_names(&self) -> Result<(), (&'static str, Error)> {
        let ensure = |holds, field, problem| if holds { Ok(()) } else { Err((field, settings(problem))) };
        ensure(
            (3..=63).contains(&self.bucket.len()) && is_plain(&self.bucket, "._-"),
            "bucket",
            "the bucket's name must be 3 to 63 letters, digits, '.', '_' and '-'",
        )?;
        ensure(
            !self.region.is_empty() && is_plain(&self.region, "-_"),
            "region",
            "the region must be letters, digits and '-', such as us-east-1",
        )?;
        ensure(self.reads > 0, "reads", "at least one request must be allowed at once")?;
        ensure(self.writes > 0, "writes", "at least one request must be allowed at once")?;
        self.key_prefix().map_err(|error| ("prefix", error))?;
        if let Some(endpoint) = &self.endpoint {
            self.bucket_endpoint(endpoint).map_err(|error| ("endpoint", error))?;
        }
        Ok(())
    }

    /// A client for the bucket, but for its credentials.
    pub(super) async fn builder(&self) -> Result<AmazonS3Builder, Error> {
        self.check_names().map_err(|(_, error)| error)?;
        let builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_virtual_hosted_style_request(self.addressing == S3Addressing::VirtualHosted)
            .with_client_options(self.client().await?)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig { max_retries: 0, ..RetryConfig::default() });
        Ok(match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(self.bucket_endpoint(endpoint)?),
            None => builder,
        })
    }

    /// Every wait is bounded where the request is made, so the client itself has no timeouts but that of connecting.
    async fn client(&self) -> Result<ClientOptions, Error> {
        let mut client = ClientOptions::new()
            .with_allow_http(self.allow_http)
            .with_connect_timeout(self.connect_timeout)
            .with_timeout_disabled()
            .with_http1_only()
            .with_pool_idle_timeout(Duration::from_secs(20))
            .with_pool_max_idle_per_host(self.reads.saturating_add(self.writes));
        if let Some(path) = &self.ca_file {
            let pem = tokio::fs::read(path).await.map_err(|error| unreadable(UNREADABLE_CA, error))?;
            client = certificates(&pem)?.into_iter().fold(client, ClientOptions::with_root_certificate);
        }
        Ok(client)
    }

    fn bucket_endpoint(&self, endpoint: &str) -> Result<String, Error> {
        const FORM: &str = "the endpoint must be https://host or https://host:port, without the bucket";
        let uri: http::Uri = endpoint.parse().map_err(|_| settings(FORM))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(settings(FORM)) };
        if uri.path() != "/" || uri.query().is_some() || authority.host().is_empty() || authority.as_str().contains('@')
        {
            return Err(settings(FORM));
        }
        match scheme {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => return Err(settings("the endpoint is not https, and plain http is not allowed")),
            _ => return Err(settings(FORM)),
        }
        Ok(match self.addressing {
            S3Addressing::Path => format!("{scheme}://{authority}"),
            S3Addressing::VirtualHosted => format!("{scheme}://{}.{authority}", self.bucket),
        })
    }
}

const UNREADABLE_CA: &str = "the CA file cannot be read";

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, Error> {
    let certificates = Certificate::from_pem_bundle(pem).unwrap_or_default();
    if certificates.is_empty() { Err(settings("the CA file holds no PEM certificates")) } else { Ok(certificates) }
}

fn is_plain(text: &str, others: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
}

pub(super) fn settings(problem: &'static str) -> Error {
    Error::Settings { problem, source: None }
}

pub(super) fn unreadable(problem: &'static str, source: io::Error) -> Error {
    Error::Settings { problem, source: Some(source) }
}

/// A client that cannot be made: its own words hold nothing but what the options say.
pub(super) fn refused(source: impl Display) -> Error {
    unreadable("its client cannot be made", io::Error::other(source.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{S3Addressing, S3Options};
    use crate::Error;

    fn options(endpoint: &str, allow_http: bool, addressing: S3Addressing) -> S3Options {
        S3Options { endpoint: Some(endpoint.to_owned()), allow_http, addressing, ..S3Options::new("images") }
    }

    #[test]
    fn the_bucket_stands_in_the_path_or_before_the_host() {
        let of = |addressing| options("https://s3.example:9000/", false, addressing);
        let path = of(S3Addressing::Path);
        assert_eq!(path.bucket_endpoint("https://s3.example:9000/").unwrap(), "https://s3.example:9000");
        let hosted = of(S3Addressing::VirtualHosted);
        assert_eq!(hosted.bucket_endpoint("https://s3.example:9000").unwrap(), "https://images.s3.example:9000");
    }

    #[tokio::test]
    async fn endpoints_that_cannot_work_or_would_leak_are_refused() {
        for endpoint in [
            "http://s3.example",
            "s3.example",
            "ftp://s3.example",
            "https://",
            "https://user:secret@s3.example",
            "https://s3.example/images",
            "https://s3.example/?a=b",
            "https://s3 .example",
            "",
        ] {
            let error = options(endpoint, false, S3Addressing::Path).builder().await.unwrap_err();
            assert!(matches!(error, Error::Settings { .. }), "{endpoint}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        options("http://s3.example", true, S3Addressing::Path).builder().await.unwrap();
    }

    #[tokio::test]
    async fn names_that_could_reach_elsewhere_are_refused() {
        for bucket in ["", "ab", "a/b/c", "images?x", "images#", &"b".repeat(64)] {
            assert!(S3Options::new(bucket).builder().await.is_err(), "{bucket}");
        }
        for (prefix, expected) in [("", ""), ("/", ""), ("noctis", "noctis/"), ("a/b-1/", "a/b-1/")] {
            let options = S3Options { prefix: prefix.to_owned(), ..S3Options::new("images") };
            assert_eq!(options.key_prefix().unwrap(), expected);
        }
        for prefix in ["/a", "a//b", "..", "a/../b", "./a", "a b", "ä", "a?b"] {
            let options = S3Options { prefix: prefix.to_owned(), ..S3Options::new("images") };
            assert!(options.key_prefix().is_err(), "{prefix}");
        }
    }
}
