//! Connections to a PostgreSQL server that are encrypted: who is trusted, who is not, and what is said then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use catalog::{CatalogReader, Error, Password, PostgresOptions, Tls, migrate_postgres, open_postgres_reader};
use harness::{
    Authority, Certificate,
    postgres::{Database, MIGRATION, PASSWORD, QUERY, Server},
};
use std::error::Error as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// A server that has a certificate for `localhost` and for nothing else.
struct Encrypted {
    authority: Authority,
    server: Server,
    database: Database,
}

impl Encrypted {
    async fn start(further: &[String]) -> Self {
        let authority = Authority::new();
        let certificate = authority.database_certificate("DNS:localhost");
        let settings = [certificate.database_settings(), further.to_vec()].concat();
        let (server, database) = tokio::task::spawn_blocking(move || {
            let server = Server::start_with(&settings.iter().map(String::as_str).collect::<Vec<_>>());
            let database = server.database();
            (server, database)
        })
        .await
        .unwrap();
        migrate_postgres(&PostgresOptions::from_url(&database.url(MIGRATION)).unwrap()).await.unwrap();
        database.let_services_in();
        Self { authority, server, database }
    }

    fn options(&self, host: &str) -> PostgresOptions {
        let options = PostgresOptions::new(host, self.server.port(), self.database.name(), QUERY);
        options.with_password(&Password::new(PASSWORD.to_owned()))
    }

    /// Opens the catalog, protected in this way.
    async fn open(&self, host: &str, tls: Tls, authority: Option<&Authority>) -> Result<CatalogReader, Error> {
        let authorities = authority.map(Authority::file);
        open_postgres_reader(&self.options(host).with_tls(tls, authorities.as_deref())?).await
    }

    /// How many connections of the role that reads are encrypted, and how many are not.
    fn connections(&self) -> String {
        let of_role = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'noctis_query'";
        let counts = "count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)";
        self.database.run(&format!("SELECT {counts} {of_role}")).trim().to_owned()
    }
}

/// What was said about a connection that nobody may trust, with its causes. It holds no password.
fn distrust(refused: Result<CatalogReader, Error>) -> String {
    let error = refused.err().expect("it was trusted");
    assert!(matches!(error, Error::Untrusted { .. }), "{error:?}");
    let said = format!("{error}: {}", error.source().unwrap());
    assert!(!format!("{said} {error:?}").contains(PASSWORD), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_named_is_trusted() {
    let encrypted = Encrypted::start(&[]).await;
    let reader = encrypted.open("localhost", Tls::Verified, Some(&encrypted.authority)).await.unwrap();
    reader.probe().await.unwrap();
    assert_eq!(encrypted.connections(), "1|0");
    drop(reader);
    // Weaker protection, as far as it is asked for: another host, another authority.
    let other = Authority::new();
    for (tls, authority) in [(Tls::TrustedAuthority, &encrypted.authority), (Tls::Encrypted, &other)] {
        let reader = encrypted.open("127.0.0.1", tls, Some(authority)).await.unwrap();
        reader.probe().await.unwrap();
        assert!(encrypted.connections().ends_with("|0"), "{tls:?}: {}", encrypted.connections());
    }
    let by_url = format!("{}&sslrootcert={}", encrypted.database.url(QUERY), encrypted.authority.file().display());
    let by_url = by_url.replace("127.0.0.1", "localhost").replace("sslmode=disable", "sslmode=verify-full");
    open_postgres_reader(&PostgresOptions::from_url(&by_url).unwrap()).await.unwrap().probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_is_not_talked_to() {
    let encrypted = Encrypted::start(&["log_connections=on".to_owned()]).await;
    let other = Authority::new();
    let began = Instant::now();
    for (host, tls, authority, says) in [
        ("localhost", Tls::Verified, Some(&other), "UnknownIssuer"),
        ("localhost", Tls::Verified, None, "UnknownIssuer"),
        ("localhost", Tls::TrustedAuthority, Some(&other), "UnknownIssuer"),
        ("127.0.0.1", Tls::Verified, Some(&encrypted.authority), "not valid for name"),
    ] {
        let said = distrust(encrypted.open(host, tls, authority).await);
        assert!(said.contains(says), "{host} {tls:?}: {said}");
    }
    let authorities = Some(other.file());
    let migration = encrypted.options("localhost").with_tls(Tls::Verified, authorities.as_deref()).unwrap();
    assert!(matches!(migrate_postgres(&migration).await, Err(Error::Untrusted { .. })));
    assert!(began.elapsed() < Duration::from_secs(10), "nobody waited: {:?}", began.elapsed());
    // The password was not sent either: nobody got as far as to say who they are.
    assert!(!encrypted.server.log().contains("user=noctis_query"), "{}", encrypted.server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_not_talked_to() {
    let (server, database) = tokio::task::spawn_blocking(|| {
        let server = Server::start_with(&["log_connections=on"]);
        let database = server.database();
        (server, database)
    })
    .await
    .unwrap();
    let authority = Authority::new();
    for tls in [Tls::Verified, Tls::TrustedAuthority, Tls::Encrypted] {
        let options = PostgresOptions::new("localhost", server.port(), database.name(), QUERY);
        let options = options.with_password(&Password::new(PASSWORD.to_owned()));
        let said = distrust(open_postgres_reader(&options.with_tls(tls, Some(&authority.file())).unwrap()).await);
        assert!(said.contains("does not support TLS"), "{tls:?}: {said}");
    }
    assert!(!server.log().contains("user=noctis_query"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_ask_for_a_certificate_of_ours() {
    let clients = Authority::new();
    let ours = clients.certificate(QUERY, "DNS:client");
    let rules = tempfile::tempdir().unwrap();
    let rules_file = rules.path().join("hba");
    let lines = "hostssl all noctis_query all scram-sha-256 clientcert=verify-full\nhost all all all scram-sha-256\n";
    std::fs::write(&rules_file, lines).unwrap();
    open_to_all(rules.path());
    let further = [format!("ssl_ca_file={}", clients.file().display()), format!("hba_file={}", rules_file.display())];
    let encrypted = Encrypted::start(&further).await;
    let options = || encrypted.options("localhost").with_tls(Tls::Verified, Some(&encrypted.authority.file())).unwrap();
    let with = |Certificate { file, key }| options().with_client_certificate(&file, &key).unwrap();
    let reader = open_postgres_reader(&with(ours)).await.unwrap();
    reader.probe().await.unwrap();
    assert_eq!(encrypted.connections(), "1|0");

    let without = open_postgres_reader(&options()).await.err().unwrap();
    let said = format!("{without}: {}", without.source().unwrap());
    assert!(matches!(without, Error::Unavailable { .. }) && said.contains("client certificate"), "{said}");
    let somebody = clients.certificate("somebody", "DNS:client");
    let refused = open_postgres_reader(&with(somebody)).await.err();
    assert!(matches!(refused, Some(Error::Unavailable { .. })), "{refused:?}");
    let strangers = Authority::new();
    distrust(open_postgres_reader(&with(strangers.certificate(QUERY, "DNS:client"))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_replaced_by_one_nobody_knows_is_an_outage() {
    let encrypted = Encrypted::start(&[]).await;
    let reader = encrypted.open("localhost", Tls::Verified, Some(&encrypted.authority)).await.unwrap();
    reader.probe().await.unwrap();
    let certificate = std::fs::read(encrypted.authority.file().with_file_name("database.pem")).unwrap();
    let place = encrypted.authority.file().with_file_name("database.pem");
    // Of an authority that this reader does not know, with the key that the server has.
    let other = Authority::new();
    std::fs::copy(encrypted.authority.file().with_file_name("database.csr"), other.file().with_file_name("r.csr"))
        .unwrap();
    let signed = std::process::Command::new("openssl")
        .args(["x509", "-req", "-days", "2", "-in", "r.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"])
        .current_dir(other.file().parent().unwrap())
        .output()
        .unwrap();
    std::fs::write(&place, signed.stdout).unwrap();
    let renew = "SELECT pg_reload_conf(); SELECT pg_sleep(0.3); \
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'noctis_query'";
    encrypted.database.run(renew);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let away = reader.probe().await.err();
    assert!(matches!(away, Some(Error::Unavailable { .. })), "{away:?}");
    std::fs::write(&place, certificate).unwrap();
    encrypted.database.run("SELECT pg_reload_conf()");
    let began = Instant::now();
    while reader.probe().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(5), "it is not used again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn files_that_hold_nothing_to_trust_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (none, empty) = (folder.path().join("none"), folder.path().join("empty"));
    std::fs::write(&empty, "no certificate").unwrap();
    let authority = Authority::new();
    let ours = authority.certificate("ours", "DNS:client");
    let options = || PostgresOptions::new("localhost", 1, "noctis", QUERY);
    for (refused, says) in [
        (options().with_tls(Tls::Verified, Some(&none)), "authorities"),
        (options().with_tls(Tls::Verified, Some(&empty)), "authorities"),
        (options().with_client_certificate(&empty, &empty), "certificate"),
        (options().with_client_certificate(&none, &none), "certificate"),
        (options().with_client_certificate(&ours.file, &empty), "key"),
    ] {
        let error = refused.err().unwrap();
        assert!(matches!(error, Error::Options { .. }) && error.to_string().contains(says), "{error}");
    }
}

/// A server that runs as somebody else comes through.
fn open_to_all(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
}
