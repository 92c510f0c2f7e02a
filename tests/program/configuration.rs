//! Configuration: what is wrong is named, what is given wins in its order, and the default file tells the truth.

use std::path::Path;

use harness::Series;

use crate::{
    ROOT, STUDIES, builder,
    command::{Run, run},
};

/// The compiled-in file.
const DEFAULT: &str = include_str!("../../services/noctis/default.toml");

/// `noctis check-config` with this file.
fn check(text: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("noctis.toml"), text).unwrap();
    run(folder.path(), &["check-config", "--config", "noctis.toml"], &[])
}

/// Every setting of the default file, as `section.key` and the text of its value.
fn settings(text: &str) -> Vec<(String, String)> {
    fn walk(table: &toml::Table, above: &str, found: &mut Vec<(String, String)>) {
        for (key, value) in table {
            let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
            match value {
                toml::Value::Table(table) => walk(table, &path, found),
                value => found.push((path, value.to_string())),
            }
        }
    }
    let mut found = Vec::new();
    walk(&text.parse().unwrap(), "", &mut found);
    found
}

/// A setting as an environment variable.
fn variable(path: &str) -> String {
    format!("NOCTIS_{}", path.replace('.', "__").to_uppercase())
}

#[test]
fn the_defaults_are_valid_and_printed_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let checked = run(folder.path(), &["check-config"], &[]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("the configuration is valid"), "{}", checked.stdout);
    let printed = run(folder.path(), &["print-config"], &[]);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(0), DEFAULT));
    assert_eq!(check(&printed.stdout).code, Some(0), "the printed file can be used as it is");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made by looking");
}

#[test]
fn every_setting_is_explained_and_can_come_from_the_environment() {
    let settings = settings(DEFAULT);
    assert!(settings.len() > 40, "{}", settings.len());
    let lines: Vec<&str> = DEFAULT.lines().collect();
    for (path, _) in &settings {
        let key = path.rsplit('.').next().unwrap();
        let at = lines.iter().position(|line| line.starts_with(&format!("{key} ="))).unwrap();
        // Keys that belong together share the comment above the first of them.
        let above = lines[..at].iter().rev().find(|line| !line.contains(" = ") || line.starts_with('#')).unwrap();
        assert!(above.starts_with("# "), "{path} has no comment");
    }
    let variables: Vec<(String, String)> =
        settings.iter().map(|(path, value)| (variable(path), value.clone())).collect();
    let environment: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    let checked = run(folder.path(), &["check-config"], &environment);
    assert_eq!(checked.code, Some(0), "{checked:?}");
}

#[test]
fn unknown_keys_are_errors_that_name_them() {
    for (text, key) in [
        ("[gateway]\npublik_url = \"https://x\"\n", "publik_url"),
        ("[nosuch]\nx = 1\n", "nosuch"),
        ("toplevel = 1\n", "toplevel"),
        ("[ingest.data_set]\ndepht = 3\n", "depht"),
        ("[gateway.serve]\nLimit = 3\n", "Limit"),
    ] {
        let checked = check(text);
        assert_eq!(checked.code, Some(1), "{text}");
        assert!(
            checked.stderr.contains("unknown") && checked.stderr.contains(&format!("`{key}`")),
            "{}",
            checked.stderr
        );
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, key) in [("NOCTIS_GATEWAY__PUBLIK_URL", "publik_url"), ("NOCTIS_NOSUCH__X", "nosuch")] {
        for command in [&["check-config"][..], &["serve", "--listen", "127.0.0.1:0"], &["import", "."]] {
            let checked = run(folder.path(), command, &[(name, "x")]);
            assert_eq!(checked.code, Some(1), "{name} {command:?}");
            assert!(
                checked.stderr.contains(&format!("`{key}`")) && checked.stderr.contains("environment"),
                "{}",
                checked.stderr
            );
        }
    }
    // Variables without a double underscore belong to others.
    assert_eq!(run(folder.path(), &["check-config"], &[("NOCTIS_SOMETHING", "x")]).code, Some(0));
}

#[test]
fn values_that_do_not_fit_are_errors_that_name_their_key() {
    for (text, key) in [
        ("[server]\nlisten = \"nonsense\"\n", "server.listen"),
        ("[server]\nlisten = \"0.0.0.0:8080\"\n", "server.listen"),
        ("[server]\nauth = \"on\"\n", "server.auth"),
        ("[log]\nformat = \"xml\"\n", "log.format"),
        ("[log]\nfilter = \"=[x\"\n", "log.filter"),
        ("[gateway]\npublic_url = \"ftp://x\"\n", "gateway.public_url"),
        ("[gateway]\npublic_url = \"https://x/?q\"\n", "gateway.public_url"),
        ("[gateway]\ntrusted_proxies = [\"10.0.0.0/33\"]\n", "gateway.trusted_proxies"),
        ("[gateway]\nhome_facility = \"No!\"\n", "gateway.home_facility"),
        ("[gateway]\nfacilities = \"north\"\n", "gateway.facilities"),
        ("[query]\nmax_results = -1\n", "query.max_results"),
        ("[query]\nmax_results = \"many\"\n", "query.max_results"),
        ("[ingest]\nduplicates = \"perhaps\"\n", "ingest.duplicates"),
    ] {
        let checked = check(text);
        assert_eq!(checked.code, Some(1), "{text}: {checked:?}");
        assert!(checked.stderr.contains(key), "{key}: {}", checked.stderr);
    }
    assert!(check("[gateway\n").stderr.contains("noctis.toml"), "the file is named");
    let folder = tempfile::tempdir().unwrap();
    let absent = run(folder.path(), &["check-config", "--config", "absent.toml"], &[]);
    assert!(absent.code == Some(1) && absent.stderr.contains("absent.toml"), "{absent:?}");
}

/// Each is refused with a text that has all of what is listed, and nothing of the library that reads configurations.
fn refused(cases: &[(&str, &[&str])]) {
    for (text, says) in cases {
        let checked = check(text);
        assert_eq!(checked.code, Some(1), "{text}: {checked:?}");
        for said in *says {
            assert!(checked.stderr.contains(said), "{text} does not say {said}: {}", checked.stderr);
        }
        assert!(!checked.stderr.contains("default."), "{}", checked.stderr);
    }
}

#[test]
fn what_is_wrong_is_said_with_what_to_write_instead() {
    refused(&[
        (
            "[server]\nlisten = \"nonsense\"\n",
            &["server.listen: ", "noctis.toml", "server.listen = \"127.0.0.1:8080\""],
        ),
        ("[server]\nlisten = 8080\n", &["server.listen: ", "`8080`", "server.listen = \"127.0.0.1:8080\""]),
        ("[server]\noperations_listen = \"localhost\"\n", &["server.operations_listen = \"127.0.0.1:8081\""]),
        ("[rpc]\nlisten = \":7443\"\n", &["rpc.listen: ", "rpc.listen = \"127.0.0.1:7443\""]),
        ("[server]\ntargets = [\"ingest\", \"everything\"]\n", &["server.targets: ", "`everything`", "`retrieve`"]),
        (
            "[services]\nquery = \"query\"\n",
            &["services.query: ", "HOST:PORT", "services.query = \"query.example:7443\""],
        ),
        ("[query]\nmax_results = \"many\"\n", &["query.max_results: ", "\"many\"", "query.max_results = 5000"]),
        ("[ingest.data_set]\ndepht = 3\n", &["ingest.data_set: unknown key `depht`", "depth, elements"]),
        ("[catalog]\nkind = \"mysql\"\n", &["catalog.kind: ", "`mysql`", "`postgres`"]),
        (
            "[gateway]\nallowed_hosts = [\"https://x\"]\n",
            &["gateway.allowed_hosts", "\"https://x\"", "\"pacs.example\""],
        ),
        ("[gateway]\nallowed_origins = [\"*\"]\n", &["gateway.allowed_origins", "\"https://viewer.example\""]),
        ("[rpc]\nlisten = \"127.0.0.1:8080\"\n", &["rpc.listen = 127.0.0.1:8080", "server.listen", "another port"]),
        ("[telemetry]\nservice_name = \" \"\n", &["telemetry.service_name", "leave it out"]),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let checked = run(folder.path(), &["check-config"], &[("NOCTIS_RPC__CALLS", "few")]);
    let said = &checked.stderr;
    assert!(
        said.contains("rpc.calls: ") && said.contains("environment") && said.contains("rpc.calls = 1024"),
        "{said}"
    );
    assert!(!said.contains("default."), "{said}");
}

#[test]
fn numbers_that_make_no_sense_are_refused() {
    for (path, value) in settings(DEFAULT) {
        if value.parse::<u64>().is_err() {
            continue;
        }
        let (section, key) = path.rsplit_once('.').unwrap();
        let most = check(&format!("[{section}]\n{key} = {}\n", i64::MAX));
        assert_eq!(most.code, Some(1), "{path} is taken");
        assert!(most.stderr.contains(&path), "{path}: {}", most.stderr);
        let none = check(&format!("[{section}]\n{key} = 0\n"));
        // What may be none: room that is not wanted, and time that nobody gets.
        let may_be_none =
            ["drain_seconds", "drain_bytes", "flush_seconds", "settled_metadata_bytes", "removal_grace_seconds"]
                .contains(&key)
                || ["buffered_instance_bytes", "minimum_free_bytes", "inline_value_bytes"].contains(&key);
        assert_eq!(none.code, Some(i32::from(!may_be_none)), "{path}: {none:?}");
        assert!(may_be_none || none.stderr.contains(&format!("{path} = 0: it is at least ")), "{}", none.stderr);
    }
    refused(&[
        (
            "[ingest]\nheartbeat_seconds = 61\n",
            &["ingest.heartbeat_seconds = 61", "ingest.stale_seconds = 120", "at most 60"],
        ),
        ("[ingest]\nmetadata_bytes = 1000\n", &["ingest.commit_metadata_bytes", "ingest.metadata_bytes = 1000"]),
        ("[rpc]\nidle_seconds = 20\n", &["gateway.store.idle_seconds = 30", "rpc.idle_seconds = 20", "at most 20"]),
        ("[telemetry]\nsampling_ratio = 2.0\n", &["telemetry.sampling_ratio = 2", "from 0 to 1"]),
    ]);
}

#[test]
fn stores_that_contradict_themselves_are_refused() {
    let s3 = |more: &str| format!("[archive]\nkind = \"s3\"\n[archive.s3]\nbucket = \"images\"\n{more}");
    let postgres = |more: &str| format!("[catalog]\nkind = \"postgres\"\n[catalog.postgres]\n{more}");
    refused(&[
        (&postgres("host = \"\"\n"), &["catalog.postgres.host is empty"]),
        (&postgres("host = \"db.example:5432\"\n"), &["catalog.postgres.host", "catalog.postgres.port"]),
        (&postgres("tls = \"disabled\"\nca_file = \"ca.pem\"\n"), &["catalog.postgres.ca_file", "tls = \"verified\""]),
        (&postgres("tls = \"encrypted\"\nca_file = \"ca.pem\"\n"), &["catalog.postgres.ca_file", "tls = \"verified\""]),
        (&postgres("certificate_file = \"c.pem\"\n"), &["catalog.postgres.key_file", "give both, or none"]),
        (
            &postgres("tls = \"disabled\"\ncertificate_file = \"c\"\nkey_file = \"k\"\n"),
            &["catalog.postgres.certificate_file"],
        ),
        (&postgres("ca_file = \"absent.pem\"\n"), &["catalog.postgres.ca_file = \"absent.pem\"", "cannot be read"]),
        (&postgres("ca_file = \"noctis.toml\"\n"), &["catalog.postgres.ca_file = \"noctis.toml\"", "PEM"]),
        (&postgres("password_file = \"absent\"\n"), &["catalog.postgres.password_file = \"absent\"", "cannot be read"]),
        (&postgres("certificate_file = \"absent\"\nkey_file = \"absent\"\n"), &["catalog.postgres.certificate_file"]),
        ("[archive]\nkind = \"s3\"\n", &["archive.s3.bucket", "3 to 63 letters"]),
        (&s3("prefix = \"a//b\"\n"), &["archive.s3.prefix"]),
        (&s3("region = \"\"\n"), &["archive.s3.region", "us-east-1"]),
        (&s3("endpoint = \"s3.example\"\n"), &["archive.s3.endpoint", "https://host:port"]),
        (&s3("endpoint = \"http://s3.example\"\n"), &["archive.s3.endpoint", "plain http is not allowed"]),
        (&s3("credentials_file = \"absent\"\n"), &["archive.s3.credentials_file", "cannot be read"]),
        (&s3("credentials_file = \"noctis.toml\"\n"), &["archive.s3.credentials_file", "aws_access_key_id"]),
        (&s3("ca_file = \"absent\"\n"), &["archive.s3.ca_file", "cannot be read"]),
        (&s3("ca_file = \"noctis.toml\"\n"), &["archive.s3.ca_file", "PEM"]),
        (&s3(""), &["archive.s3.credentials_file", "AWS_ACCESS_KEY_ID"]),
        (
            "[server]\ntargets = [\"ingest\"]\n[rpc]\nlisten = \"127.0.0.1:1\"\n",
            &["catalog.kind = \"sqlite\"", "\"postgres\""],
        ),
        (
            "[server]\ntargets = [\"ingest\"]\n[rpc]\nlisten = \"127.0.0.1:1\"\n[catalog]\nkind = \"postgres\"\n",
            &["archive.kind = \"folder\"", "\"s3\""],
        ),
        ("[server]\ndata_dir = \"noctis.toml\"\n", &["server.data_dir = \"noctis.toml\"", "no folder"]),
    ]);
    for (text, says) in [
        ("[catalog.postgres]\nca_file = \"ca.pem\"\n", "catalog.postgres: not used, as catalog.kind is \"sqlite\""),
        ("[archive.s3]\nbucket = \"images\"\n", "archive.s3: not used, as archive.kind is \"folder\""),
    ] {
        let doubtful = check(text);
        assert!(doubtful.code == Some(0) && doubtful.stdout.contains(says), "{doubtful:?}");
    }
    // A secret in an address is not repeated.
    let said = check(&s3("endpoint = \"https://me:geheim@s3.example\"\n")).stderr;
    assert!(said.contains("archive.s3.endpoint") && !said.contains("geheim"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "x").unwrap();
    let plain = s3("endpoint = \"http://s3.example\"\nallow_http = true\nca_file = \"ca.pem\"\n");
    assert!(check(&plain).stderr.contains("archive.s3.ca_file"));
}

#[test]
fn without_identity_only_loopback_is_served() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let refused = run(folder.path(), &["serve", "--auth=off", "--listen", address], &[]);
        assert_eq!(refused.code, Some(1), "{address}");
        assert!(refused.stderr.contains("loopback") && refused.stderr.contains(address), "{}", refused.stderr);
    }
    assert!(!folder.path().join("noctis-data").exists(), "nothing was opened");
    assert_eq!(run(folder.path(), &["serve", "--auth=none"], &[]).code, Some(2));
}

#[tokio::test]
async fn flags_go_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("noctis.toml");
    let elsewhere = folder.path().join("from-file").display().to_string();
    std::fs::write(&file, format!("[server]\ndata_dir = {elsewhere:?}\n[query]\nmax_results = 2\n")).unwrap();
    let by_file = builder().arg("--config").arg(&file).start().await;
    assert!(!Path::new(&elsewhere).exists(), "--data-dir wins");
    let five = Series { rows: 16, columns: 16, ..Series::ct(5) };
    by_file.client().store(STUDIES, five.instances(), 200).await;
    assert_eq!(by_file.client().count(&format!("{ROOT}/instances")).await, 2);

    let builder = builder().env("NOCTIS_CONFIG", &file).env("NOCTIS_QUERY__MAX_RESULTS", "3");
    let by_environment = builder.start().await;
    by_environment.client().store(STUDIES, five.instances(), 200).await;
    assert_eq!(by_environment.client().count(&format!("{ROOT}/instances")).await, 3);
}

#[test]
fn the_command_line_explains_itself() {
    let folder = Path::new(".");
    let help = run(folder, &["--help"], &[]);
    assert_eq!(help.code, Some(0));
    for command in ["serve", "import", "check-config", "print-config", "healthcheck"] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
    }
    assert!(run(folder, &["--version"], &[]).stdout.starts_with("noctis "));
    for wrong in
        [&[][..], &["frobnicate"], &["serve", "--frobnicate"], &["import"], &["import", ".", "--parallel", "0"]]
    {
        assert_eq!(run(folder, wrong, &[]).code, Some(2), "{wrong:?}");
    }
}
