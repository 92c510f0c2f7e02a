//! A bucket of a real server, an archive that reaches it through a proxy, and one that reaches it directly.

use archive::{Archive, Error, Key, S3Credentials, S3Options};
use bytes::Bytes;
use futures::TryStreamExt;
use harness::{
    Shared,
    s3::{Identity, Server, proxy::Proxy},
};
use std::{ops::Range, sync::Arc, time::Duration};

static SERVER: Shared<Server> = Shared::new();

pub const PART: usize = 8 << 20;
/// How long the archives here try again.
pub const RETRY: Duration = Duration::from_secs(2);
/// How long they wait for progress.
pub const STALL: Duration = Duration::from_secs(1);

pub struct Place {
    pub server: Arc<Server>,
    pub bucket: String,
    pub proxy: Proxy,
    /// Through the proxy.
    pub archive: Archive,
    pub direct: Archive,
}

impl Place {
    pub async fn new() -> Self {
        let server = SERVER.get(Server::start).await;
        let proxy = Proxy::start(server.address()).await;
        let bucket = server.bucket().await;
        let through = S3Options { endpoint: Some(proxy.endpoint()), ..options(&server, &bucket) };
        let archive = Archive::open_s3(through).await.unwrap();
        let direct = Archive::open_s3(options(&server, &bucket)).await.unwrap();
        Self { server, bucket, proxy, archive, direct }
    }

    /// The archive through the proxy, with other options.
    pub async fn with(&self, change: impl FnOnce(S3Options) -> S3Options) -> Archive {
        let through = S3Options { endpoint: Some(self.proxy.endpoint()), ..options(&self.server, &self.bucket) };
        Archive::open_s3(change(through)).await.unwrap()
    }

    pub async fn stored(&self, length: usize) -> (Key, Bytes) {
        let (key, bytes) = (Key::fresh(), pattern(length));
        self.direct.put(&key, vec![bytes.clone()]).await.unwrap();
        (key, bytes)
    }

    /// Waits until the server holds exactly these objects, parts of uploads included.
    pub async fn holds(&self, keys: &[Key]) {
        let mut expected: Vec<String> = keys.iter().map(ToString::to_string).collect();
        expected.sort();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let held = self.server.objects(&self.bucket).await;
            if held == expected {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{held:?} instead of {expected:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

pub fn options(server: &Server, bucket: &str) -> S3Options {
    S3Options {
        endpoint: Some(server.endpoint()),
        allow_http: true,
        credentials: S3Credentials::File(server.credentials_file(Identity::Writer)),
        connect_timeout: STALL,
        stall_timeout: STALL,
        retry_for: RETRY,
        ..S3Options::new(bucket)
    }
}

/// Bytes in which every place looks different from its neighbours.
pub fn pattern(length: usize) -> Bytes {
    (0..length).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

pub async fn gather(archive: &Archive, key: &Key, range: Range<u64>) -> Result<Vec<u8>, Error> {
    let gather = |mut all: Vec<u8>, piece: Bytes| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    };
    archive.stream(key, range).try_fold(Vec::new(), gather).await
}

pub async fn upload(archive: &Archive, key: &Key, bytes: &Bytes) -> Result<(), Error> {
    let mut upload = archive.create(key).await?;
    for start in (0..bytes.len()).step_by(1 << 20) {
        upload.write(bytes.slice(start..bytes.len().min(start + (1 << 20)))).await?;
    }
    upload.finish().await
}

pub fn is_unavailable<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unavailable { .. }))
}

/// Every operation, each on its own and all at once; panics unless all are unavailable.
pub async fn nothing_works(archive: &Archive, key: &Key) {
    let fresh = Key::fresh();
    let (read, nothing, stream, put, create, remove, probe) = tokio::join!(
        archive.read(key, 0..10),
        archive.read(key, 0..0),
        gather(archive, key, 0..10),
        archive.put(&fresh, vec![pattern(10)]),
        archive.create(&fresh),
        // A server that only seemed to be away may still do it.
        archive.remove(&fresh),
        archive.probe(),
    );
    assert!(is_unavailable(&read), "{read:?}");
    assert!(is_unavailable(&nothing), "{nothing:?}");
    assert!(is_unavailable(&stream), "{stream:?}");
    assert!(is_unavailable(&put), "{put:?}");
    assert!(is_unavailable(&create.map(|_| ())));
    assert!(is_unavailable(&remove), "{remove:?}");
    assert!(is_unavailable(&probe), "{probe:?}");
}

pub async fn eventually(within: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + within;
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "not within {within:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
