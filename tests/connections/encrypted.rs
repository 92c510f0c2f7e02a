//! A database and an object store behind TLS, with certificates of an authority that nobody else knows.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use harness::{
    Authority, Series, Server, ServerBuilder,
    postgres::{self, INGEST, MIGRATION, PASSWORD},
    s3,
};
use tempfile::TempDir;

use crate::STUDIES;

/// Servers that are reached by TLS only, as far as the program is told.
struct Encrypted {
    authority: Authority,
    postgres: postgres::Server,
    database: postgres::Database,
    s3: s3::Server,
    bucket: String,
    secrets: TempDir,
}

impl Encrypted {
    async fn start() -> Self {
        let authority = Authority::new();
        let settings = authority.database_certificate("DNS:localhost").database_settings();
        let (postgres, database) = tokio::task::spawn_blocking(move || {
            let server = postgres::Server::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>());
            let database = server.database();
            (server, database)
        })
        .await
        .unwrap();
        let s3 = s3::Server::start().await;
        let bucket = s3.bucket().await;
        let secrets = tempfile::tempdir().unwrap();
        std::fs::write(secrets.path().join("password"), PASSWORD).unwrap();
        Self { authority, postgres, database, s3, bucket, secrets }
    }

    /// What the program is told: the database as a role, verified by an authority.
    fn settings(&self, role: &str, authority: PathBuf) -> Vec<(&'static str, String)> {
        vec![
            ("NOCTIS_CATALOG__KIND", "postgres".to_owned()),
            ("NOCTIS_CATALOG__POSTGRES__HOST", "localhost".to_owned()),
            ("NOCTIS_CATALOG__POSTGRES__PORT", self.postgres.port().to_string()),
            ("NOCTIS_CATALOG__POSTGRES__DATABASE", self.database.name().to_owned()),
            ("NOCTIS_CATALOG__POSTGRES__USER", role.to_owned()),
            ("NOCTIS_CATALOG__POSTGRES__PASSWORD_FILE", self.secrets.path().join("password").display().to_string()),
            ("NOCTIS_CATALOG__POSTGRES__CA_FILE", authority.display().to_string()),
            ("NOCTIS_ARCHIVE__KIND", "s3".to_owned()),
            ("NOCTIS_ARCHIVE__S3__BUCKET", self.bucket.clone()),
            ("NOCTIS_ARCHIVE__S3__ENDPOINT", self.s3.tls_endpoint()),
            ("NOCTIS_ARCHIVE__S3__CA_FILE", self.s3.ca_file().display().to_string()),
            (
                "NOCTIS_ARCHIVE__S3__CREDENTIALS_FILE",
                self.s3.credentials_file(s3::Identity::Writer).display().to_string(),
            ),
        ]
    }
}

fn noctis(settings: Vec<(&'static str, String)>) -> ServerBuilder {
    let builder = Server::builder(env!("CARGO_BIN_EXE_noctis")).embedded();
    settings.into_iter().fold(builder, |builder, (name, value)| builder.env(name, value))
}

/// Runs a command to its end, which is a failure, and says what it wrote; it holds no password.
fn fails(arguments: &[&str], settings: Vec<(&'static str, String)>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_noctis"));
    let output = command.args(arguments).envs(settings).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(began.elapsed() < Duration::from_secs(20), "{arguments:?} waited {:?}", began.elapsed());
    assert!(!said.contains(PASSWORD), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_behind_certificates_of_its_own_authority() {
    let encrypted = Encrypted::start().await;
    let known = encrypted.authority.file();
    let migrated = Command::new(env!("CARGO_BIN_EXE_noctis"))
        .arg("migrate")
        .envs(encrypted.settings(MIGRATION, known.clone()))
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    encrypted.database.let_services_in();
    encrypted.database.run(&format!("GRANT catalog_reader TO {INGEST}"));

    let server = noctis(encrypted.settings(INGEST, known)).start().await;
    let (client, series) = (server.client(), Series::small(3));
    client.store(STUDIES, series.instances(), 200).await;
    assert_eq!(client.count(STUDIES).await, 1);
    assert_eq!(client.stored(&format!("/dicom-web{}", series.instance(2).path())).await, series.instance(2).bytes);
    let plain = format!(
        "SELECT count(*), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
        WHERE usename = '{INGEST}'"
    );
    let counted = encrypted.database.run(&plain);
    let (all, plain) = counted.trim().split_once('|').unwrap();
    assert!(all.parse::<u32>().unwrap() > 0 && plain == "0", "{counted}");
    assert_eq!(encrypted.s3.objects(&encrypted.bucket).await.iter().filter(|key| !key.ends_with("probe")).count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_known_ends_the_program_with_the_reason() {
    let encrypted = Encrypted::start().await;
    let strangers = Authority::new();
    let serve = ["serve", "--auth=off", "--listen=127.0.0.1:0"];
    for command in [&["migrate"][..], &serve] {
        let said = fails(command, encrypted.settings(MIGRATION, strangers.file()));
        assert!(said.contains("is not protected as it is to be") && said.contains("UnknownIssuer"), "{said}");
        let mut elsewhere = encrypted.settings(MIGRATION, encrypted.authority.file());
        elsewhere.push(("NOCTIS_CATALOG__POSTGRES__HOST", "127.0.0.1".to_owned()));
        let said = fails(command, elsewhere);
        assert!(said.contains("not valid for name \"127.0.0.1\""), "{said}");
    }
    let plain = tokio::task::spawn_blocking(postgres::Server::start).await.unwrap();
    let mut settings = encrypted.settings(MIGRATION, encrypted.authority.file());
    settings.push(("NOCTIS_CATALOG__POSTGRES__PORT", plain.port().to_string()));
    let said = fails(&["migrate"], settings);
    assert!(said.contains("does not support TLS"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_store_that_is_not_known_is_not_used() {
    let encrypted = Encrypted::start().await;
    let strangers = Authority::new();
    let settings = encrypted.settings(INGEST, strangers.file());
    // The catalog is a file here; the object store is asked to be another than it is.
    let archive = settings.into_iter().filter(|(name, _)| name.starts_with("NOCTIS_ARCHIVE"));
    let server = noctis(archive.collect())
        .env("NOCTIS_ARCHIVE__S3__CA_FILE", strangers.file())
        .env("NOCTIS_ARCHIVE__S3__RETRY_SECONDS", "1")
        .start_unready()
        .await;
    let client = server.client();
    client.get("/readyz", 503).await;
    let refused = client.store(STUDIES, Series::small(1).instances(), 503).await;
    assert!(refused.header("retry-after").is_some());
    assert!(encrypted.s3.objects(&encrypted.bucket).await.is_empty());
    let said = server.output();
    assert!(!said.contains(s3::Identity::Writer.keys().1), "{said}");
}
