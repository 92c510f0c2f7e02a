//! What cannot work, or would be unsafe, is refused before anything starts.

use std::process::Command;

/// What `check-config` says to these settings.
fn refused(settings: &[(&str, &str)]) -> String {
    let output = check(settings);
    assert_eq!(output.status.code(), Some(1), "{settings:?} is taken");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn check(settings: &[(&str, &str)]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_noctis"));
    command.arg("check-config").current_dir(folder.path()).env_remove("NOCTIS_CONFIG");
    command.envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn a_port_without_identity_is_for_this_machine_only() {
    let why = refused(&[("NOCTIS_RPC__LISTEN", "0.0.0.0:7443")]);
    assert!(why.contains("rpc.listen = 0.0.0.0:7443") && why.contains("rpc.allow_insecure"), "{why}");
    assert!(check(&[("NOCTIS_RPC__LISTEN", "127.0.0.1:7443")]).status.success());
    let allowed = [("NOCTIS_RPC__LISTEN", "0.0.0.0:7443"), ("NOCTIS_RPC__ALLOW_INSECURE", "true")];
    assert!(check(&allowed).status.success());
}

#[test]
fn a_gateway_has_to_know_its_services() {
    let gateway = ("NOCTIS_SERVER__TARGETS", r#"["gateway", "query"]"#);
    let catalog = ("NOCTIS_CATALOG__KIND", "postgres");
    let why = refused(&[gateway, catalog, ("NOCTIS_SERVICES__INGEST", "127.0.0.1:1")]);
    assert!(why.contains("services.retrieve is missing"), "{why}");
    let both = [("NOCTIS_SERVICES__INGEST", "a:1,b:2"), ("NOCTIS_SERVICES__RETRIEVE", "127.0.0.1:1")];
    assert!(check(&[gateway, catalog, both[0], both[1]]).status.success());
    let why = refused(&[gateway, catalog, both[0], ("NOCTIS_SERVICES__RETRIEVE", "http://nowhere")]);
    assert!(why.contains("HOST:PORT"), "{why}");
}

#[test]
fn a_service_has_to_be_reachable() {
    let why = refused(&[("NOCTIS_SERVER__TARGETS", r#"["ingest"]"#)]);
    assert!(why.contains("rpc.listen is missing"), "{why}");
    let why = refused(&[("NOCTIS_SERVER__TARGETS", r#"["everything"]"#)]);
    assert!(why.contains("everything"), "{why}");
    assert!(refused(&[("NOCTIS_SERVER__TARGETS", "[]")]).contains("server.targets"));
}

#[test]
fn an_address_that_is_not_used_or_far_away_is_doubtful() {
    let output = check(&[("NOCTIS_SERVICES__INGEST", "127.0.0.1:1")]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("warning: services.ingest: not used"), "{said}");
    let elsewhere = [
        ("NOCTIS_SERVER__TARGETS", r#"["gateway", "query"]"#),
        ("NOCTIS_CATALOG__KIND", "postgres"),
        ("NOCTIS_SERVICES__INGEST", "ingest.example:7443"),
        ("NOCTIS_SERVICES__RETRIEVE", "127.0.0.1:1"),
    ];
    let output = check(&elsewhere);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("services.ingest: calls to another machine"), "{said}");
}
