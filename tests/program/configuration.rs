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
