//! Where the credentials come from, and how they are renewed while the program runs. Nothing here prints them.

use super::{
    S3Credentials,
    options::{refused, settings, unreadable},
};
use crate::Error;
use async_trait::async_trait;
use object_store::{
    CredentialProvider,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, AwsCredentialProvider},
};
use std::{
    env, fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long credentials of a file are used before it is looked at again.
const FRESH: Duration = Duration::from_secs(1);
/// How long others are waited for while there are some that may still be good.
const EXCHANGE: Duration = Duration::from_secs(2);
/// More than this is no credentials file.
const LONGEST_FILE: u64 = 64 << 10;

const UNREADABLE: &str = "the credentials file cannot be read";
const UNREADABLE_TOKEN: &str = "the token file cannot be read";
const INCOMPLETE: &str = "the credentials file needs lines aws_access_key_id = ... and aws_secret_access_key = ...";

/// Credentials that can be asked to be read again.
#[derive(Debug, Clone, Default)]
pub(super) struct Renewal(Option<Arc<FileCredentials>>);

impl Renewal {
    /// After the server refused the credentials: the next request takes those that the file has then.
    pub(super) async fn renew(&self) {
        if let Some(file) = &self.0 {
            file.held.lock().await.looked = None;
        }
    }
}

/// Gives the client its credentials, after one look that there are any.
pub(super) async fn provide(
    builder: AmazonS3Builder,
    credentials: &S3Credentials,
) -> Result<(AmazonS3Builder, Renewal), Error> {
    match credentials {
        S3Credentials::File(path) => from_file(builder, path.clone()).await,
        S3Credentials::Environment => match find(&of_environment)? {
            Found::Keys(keys) => {
                let provider = object_store::StaticCredentialProvider::new(keys);
                Ok((builder.with_credentials(Arc::new(provider)), Renewal::default()))
            }
            Found::Elsewhere(credentials) => Box::pin(provide(builder, &credentials)).await,
        },
        S3Credentials::WebIdentity { token_file, role_arn, sts_endpoint } => {
            tokio::fs::read(token_file).await.map_err(|error| unreadable(UNREADABLE_TOKEN, error))?;
            let path = token_file.to_str().ok_or_else(|| settings("the token file's path is not UTF-8"))?;
            let builder = builder
                .with_config(AmazonS3ConfigKey::WebIdentityTokenFile, path)
                .with_config(AmazonS3ConfigKey::RoleArn, role_arn)
                .with_config(AmazonS3ConfigKey::RoleSessionName, "noctis");
            let builder = match sts_endpoint {
                Some(endpoint) => {
                    check_sts(endpoint)?;
                    builder.with_config(AmazonS3ConfigKey::StsEndpoint, endpoint)
                }
                None => builder,
            };
            let exchange = builder.clone().build().map_err(refused)?.credentials().clone();
            Ok((builder.with_credentials(Arc::new(Exchanged::new(exchange))), Renewal::default()))
        }
    }
}

/// Whether there are any, as far as that can be told without asking anybody.
pub(super) fn check(credentials: &S3Credentials) -> Result<(), Error> {
    match credentials {
        S3Credentials::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| unreadable(UNREADABLE, error))?;
            parse(&text).map(drop).ok_or_else(|| settings(INCOMPLETE))
        }
        S3Credentials::Environment => match find(&of_environment)? {
            Found::Keys(_) => Ok(()),
            Found::Elsewhere(credentials) => check(&credentials),
        },
        S3Credentials::WebIdentity { token_file, sts_endpoint, .. } => {
            std::fs::read(token_file).map_err(|error| unreadable(UNREADABLE_TOKEN, error))?;
            sts_endpoint.as_deref().map_or(Ok(()), check_sts)
        }
    }
}

fn check_sts(endpoint: &str) -> Result<(), Error> {
    let is_https = endpoint.parse::<http::Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https"));
    if is_https { Ok(()) } else { Err(settings("the endpoint of the token service must be https://host")) }
}

fn of_environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Credentials that are exchanged for a token some time before the last ones end. While no others can be had, the last ones
/// are used: the server says when they have ended.
pub(super) struct Exchanged {
    exchange: AwsCredentialProvider,
    last: Mutex<Option<Arc<AwsCredential>>>,
    failing: AtomicBool,
}

impl Exchanged {
    pub(super) fn new(exchange: AwsCredentialProvider) -> Self {
        Self { exchange, last: Mutex::default(), failing: AtomicBool::new(false) }
    }
}

impl fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchanged").finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialProvider for Exchanged {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let last = self.last.lock().await.clone();
        let given = match &last {
            Some(last) => {
                tokio::time::timeout(EXCHANGE, self.exchange.get_credential()).await.unwrap_or(Ok(last.clone()))
            }
            None => self.exchange.get_credential().await,
        };
        let was_failing = self.failing.swap(given.is_err(), Ordering::Relaxed);
        match (given, last) {
            (Ok(given), _) => {
                *self.last.lock().await = Some(Arc::clone(&given));
                Ok(given)
            }
            (Err(_), Some(last)) => {
                if !was_failing {
                    tracing::warn!(
                        "no new credentials for the S3 server can be had; the last ones are used to their end"
                    );
                }
                Ok(last)
            }
            (Err(error), None) => Err(error),
        }
    }
}

enum Found {
    Keys(AwsCredential),
    Elsewhere(S3Credentials),
}

fn find(variable: &dyn Fn(&str) -> Option<String>) -> Result<Found, Error> {
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(key_id), Some(secret_key)) => {
            let token = variable("AWS_SESSION_TOKEN");
            return Ok(Found::Keys(AwsCredential { key_id, secret_key, token }));
        }
        (None, None) => {}
        _ => return Err(settings("set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither")),
    }
    if let (Some(token_file), Some(role_arn)) = (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN")) {
        let sts_endpoint = variable("AWS_ENDPOINT_URL_STS");
        let token_file = token_file.into();
        return Ok(Found::Elsewhere(S3Credentials::WebIdentity { token_file, role_arn, sts_endpoint }));
    }
    match variable("AWS_SHARED_CREDENTIALS_FILE") {
        Some(path) => Ok(Found::Elsewhere(S3Credentials::File(path.into()))),
        None => Err(settings(
            "no credentials: name a credentials file, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
             AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN",
        )),
    }
}

async fn from_file(builder: AmazonS3Builder, path: PathBuf) -> Result<(AmazonS3Builder, Renewal), Error> {
    let current = Arc::new(read(&path).await?);
    let held = Mutex::new(Held { current, looked: Some(Instant::now()) });
    let file = Arc::new(FileCredentials { path, held });
    Ok((builder.with_credentials(Arc::clone(&file) as _), Renewal(Some(file))))
}

struct FileCredentials {
    path: PathBuf,
    held: Mutex<Held>,
}

struct Held {
    current: Arc<AwsCredential>,
    /// `None`: look again before the next use.
    looked: Option<Instant>,
}

impl fmt::Debug for FileCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileCredentials").finish_non_exhaustive()
    }
}

#[async_trait]
impl CredentialProvider for FileCredentials {
    type Credential = AwsCredential;

    /// A file that cannot be read just now (it is being rotated) leaves the last credentials in use.
    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut held = self.held.lock().await;
        if held.looked.is_none_or(|looked| looked.elapsed() >= FRESH) {
            if let Ok(current) = read(&self.path).await {
                held.current = Arc::new(current);
            }
            held.looked = Some(Instant::now());
        }
        Ok(Arc::clone(&held.current))
    }
}

async fn read(path: &Path) -> Result<AwsCredential, Error> {
    let length = tokio::fs::metadata(path).await.map_err(|error| unreadable(UNREADABLE, error))?.len();
    if length > LONGEST_FILE {
        return Err(settings("the credentials file is too long"));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(|error| unreadable(UNREADABLE, error))?;
    parse(&text).ok_or_else(|| settings(INCOMPLETE))
}

fn parse(text: &str) -> Option<AwsCredential> {
    let (mut key_id, mut secret_key, mut token) = (None, None, None);
    let mut ours = true;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if line.starts_with('[') {
            ours = line == "[default]";
        } else if let (true, Some((name, value))) = (ours, line.split_once('=')) {
            let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            match name.trim() {
                "aws_access_key_id" => key_id = value,
                "aws_secret_access_key" => secret_key = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(AwsCredential { key_id: key_id?, secret_key: secret_key?, token })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::{Found, S3Credentials, find, parse};
    use std::collections::HashMap;

    #[test]
    fn a_file_holds_keys_with_or_without_a_section() {
        let bare = parse("aws_access_key_id=ID\naws_secret_access_key = a/b=+c\n").unwrap();
        assert_eq!((bare.key_id.as_str(), bare.secret_key.as_str(), bare.token), ("ID", "a/b=+c", None));
        let text = "# from the vault\n[other]\naws_access_key_id=X\naws_secret_access_key=X\n\n[default]\n\
                    aws_access_key_id = ID\r\naws_secret_access_key = S\naws_session_token = T\nregion = x\n";
        let sections = parse(text).unwrap();
        assert_eq!((sections.key_id.as_str(), sections.secret_key.as_str()), ("ID", "S"));
        assert_eq!(sections.token.as_deref(), Some("T"));
        for text in ["", "ID\nS\n", "aws_access_key_id=ID", "aws_access_key_id=ID\naws_secret_access_key=\n", "[x]\n"] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert!(!format!("{bare:?}", bare = parse(text).unwrap()).contains("\"S\""));
    }

    fn found(variables: &[(&str, &str)]) -> Result<Found, crate::Error> {
        let variables: HashMap<_, _> = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        find(&|name| variables.get(name).cloned())
    }

    #[test]
    fn the_environment_names_keys_a_role_or_a_file() {
        let role = [("AWS_WEB_IDENTITY_TOKEN_FILE", "/t"), ("AWS_ROLE_ARN", "arn:r")];
        let keys = [("AWS_ACCESS_KEY_ID", "ID"), ("AWS_SECRET_ACCESS_KEY", "S"), ("AWS_SESSION_TOKEN", "T")];
        let Ok(Found::Keys(given)) = found(&[role.as_slice(), &keys].concat()) else { panic!() };
        assert_eq!((given.key_id.as_str(), given.token.as_deref()), ("ID", Some("T")));
        let Ok(Found::Elsewhere(given)) = found(&role) else { panic!() };
        let (token_file, role_arn) = ("/t".into(), "arn:r".to_owned());
        assert_eq!(given, S3Credentials::WebIdentity { token_file, role_arn, sts_endpoint: None });
        let Ok(Found::Elsewhere(given)) = found(&[("AWS_SHARED_CREDENTIALS_FILE", "/f")]) else { panic!() };
        assert_eq!(given, S3Credentials::File("/f".into()));
        assert!(found(&[]).is_err());
        assert!(found(&[("AWS_ACCESS_KEY_ID", "ID")]).is_err());
        assert!(found(&[("AWS_ROLE_ARN", "arn:r")]).is_err());
    }
}
