//! Who may depend on whom: a new edge between crates, or a foreign crate in a new place, is a decision and fails here
//! until this table says so.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use tidy::root;

/// For each crate of ours, the crates of ours that it may use outside its tests.
const OURS: &[(&str, &[&str])] = &[
    ("uid", &[]),
    ("proto", &[]),
    ("multipart", &[]),
    ("media-type", &[]),
    ("archive", &[]),
    ("viewer", &[]),
    ("access", &[]),
    ("dataset", &["uid"]),
    ("catalog", &["access", "dataset", "uid"]),
    ("rpc", &["access", "proto", "uid"]),
    ("ingest", &["access", "archive", "catalog", "dataset", "proto", "rpc", "uid"]),
    ("query", &["access", "catalog", "dataset", "proto", "rpc", "uid"]),
    ("retrieve", &["access", "archive", "catalog", "dataset", "proto", "rpc", "uid"]),
    ("gateway", &["access", "archive", "dataset", "media-type", "multipart", "proto", "rpc", "uid", "viewer"]),
    ("noctis", &["access", "archive", "catalog", "gateway", "ingest", "proto", "query", "retrieve", "rpc", "viewer"]),
];

/// Foreign crates that only some of ours may use: they are what a layer is there to hide.
const FOREIGN: &[(&str, &[&str])] = &[
    ("axum", &["gateway", "noctis"]),
    ("sqlx", &["catalog"]),
    ("sea-query", &["catalog"]),
    ("object_store", &["archive"]),
    ("dicom-dictionary-std", &["dataset"]),
    ("dicom-object", &[]),
    ("figment", &["noctis"]),
    ("clap", &["noctis"]),
    ("anyhow", &["noctis"]),
    ("h2", &["rpc"]),
    ("tonic-health", &["rpc"]),
    ("tonic-reflection", &["rpc"]),
    ("opentelemetry", &["noctis", "rpc"]),
    ("opentelemetry-otlp", &["noctis"]),
    ("opentelemetry_sdk", &["noctis"]),
    ("tracing-opentelemetry", &["noctis", "rpc"]),
    ("tonic", &["proto", "rpc", "ingest", "query", "retrieve", "gateway", "noctis"]),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for folder in ["libs", "services"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            if manifest.is_file() {
                let (name, uses) = read(&manifest);
                found.insert(name, uses);
            }
        }
    }
    let (name, uses) = read(&root().join("proto/Cargo.toml"));
    found.insert(name, uses);
    found
}

fn read(manifest: &std::path::Path) -> (String, BTreeSet<String>) {
    let manifest: toml::Table = std::fs::read_to_string(manifest).unwrap().parse().unwrap();
    let name = manifest.get("package").and_then(|package| package.get("name")).and_then(|name| name.as_str()).unwrap();
    let uses = manifest.get("dependencies").and_then(|table| table.as_table()).into_iter().flatten();
    (name.to_owned(), uses.map(|(name, _)| name.clone()).collect())
}

#[test]
fn crates_of_ours_use_only_what_the_table_allows() {
    let found = dependencies();
    let ours: BTreeSet<String> = OURS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), ours, "every crate has its row");
    for (name, allowed) in OURS {
        let uses = found.get(*name).unwrap();
        let surplus: Vec<_> =
            uses.iter().filter(|used| ours.contains(*used) && !allowed.contains(&used.as_str())).collect();
        assert!(surplus.is_empty(), "{name} must not use {surplus:?}");
    }
}

#[test]
fn foreign_crates_stay_behind_their_layer() {
    for (name, uses) in dependencies() {
        for (foreign, allowed) in FOREIGN {
            assert!(!uses.contains(*foreign) || allowed.contains(&name.as_str()), "{name} must not use {foreign}");
        }
    }
}
