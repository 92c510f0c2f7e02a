//! Acceptance of the search transaction (PS3.18 10.6) by the running program over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod accept;
mod archive;
mod attributes;
mod facilities;
mod hostile;
mod names;
mod order;
mod paging;
mod ranges;
mod refusals;
mod resources;
mod sequences;
mod values;
mod viewer;
mod xml;
mod zones;

use harness::{Client, Server, ServerBuilder};
use serde_json::Value;

/// The DICOMweb root.
const ROOT: &str = "/dicom-web";
/// Where instances are stored.
const STUDIES: &str = "/dicom-web/studies";

fn builder() -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
}

/// The first value of an attribute; null if it has none.
fn first<'a>(data_set: &'a Value, tag: &str) -> &'a Value {
    &data_set[tag]["Value"][0]
}

/// The Patient IDs that a search below the root finds, in order. Nothing of the query is ignored.
async fn patients(client: &Client, search: &str) -> Vec<String> {
    let answer = client.get(&format!("{ROOT}/{search}&includefield=PatientID"), 200).await;
    assert_eq!(answer.header("warning"), None, "{search}");
    let mut found: Vec<String> = answer
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| first(row, "00100020").as_str().expect("a Patient ID").to_owned())
        .collect();
    found.sort();
    found
}

/// The tags of a data set, ascending.
fn tags(data_set: &Value) -> Vec<&str> {
    data_set.as_object().expect("a data set").keys().map(String::as_str).collect()
}
