//! Programs and databases of releases that follow one another.

use std::{path::Path, process::Command};

use harness::{
    DataSet, Series, Server,
    distributed::{Place, Stores, free_port},
    postgres::{MIGRATION, QUERY},
};

use crate::{ROOT, STUDIES};

/// A database as the release before left it.
const BACK: &str = "SET search_path = catalog; DROP TABLE study_item, series_item, instance_item, last_indexed; \
    DELETE FROM _sqlx_migrations WHERE version > 2";

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_noctis"))
}

async fn place() -> Place {
    Stores::shared().await.place(binary()).await
}

/// What the program says when it fails.
async fn refused(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(!output.status.success(), "it went on");
    [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_run_on_the_schema_before_and_notice_that_it_was_migrated() {
    let place = place().await;
    place.database.run(BACK);
    let server = Server::builder(binary()).start_distributed(place.clone()).await;
    let client = server.client();
    let series = Series::small(1);
    let mut code = DataSet::new();
    code.text(0x0008_0100, "SH", "PC1");
    let mut data_set = series.data_set(1);
    data_set.sequence(0x0008_1032, vec![code]);
    client.store(STUDIES, [series.finish(data_set)], 200).await;
    assert_eq!(client.count(&format!("{STUDIES}?PatientID={}", series.patient_id)).await, 1);

    let key = "ProcedureCodeSequence.CodeValue";
    let path = format!("{ROOT}/studies?{key}=NOT&PatientID={}", series.patient_id);
    let answer = client.get(&path, 200).await;
    assert!(answer.header("warning").unwrap().ends_with(&format!("were ignored: {key}")), "{:?}", answer.headers);
    assert_eq!(answer.json().as_array().unwrap().len(), 1);

    let output = place.command(binary(), MIGRATION).arg("migrate").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer = client.get(&path, 200).await;
    assert_eq!((answer.header("warning"), answer.text()), (None, "[]"));
    assert_eq!(client.count(&format!("{STUDIES}?{key}=PC1")).await, 1, "what was stored before is found");
    client.store(STUDIES, Series::small(2).instances(), 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_that_needs_a_newer_program_is_refused_with_what_it_needs() {
    let place = place().await;
    place.database.run("UPDATE catalog.schema_floor SET version = 99");
    let said = refused({
        let mut migrate = place.command(binary(), MIGRATION);
        migrate.arg("migrate");
        migrate
    });
    assert!(said.await.contains("needs a program that knows schema 99"));
    let folder = tempfile::tempdir().unwrap();
    let mut serve = place.command(binary(), QUERY);
    serve.args(["serve", "--target=query"]).current_dir(folder.path());
    serve.env("NOCTIS_SERVER__OPERATIONS_LISTEN", "127.0.0.1:0");
    serve.env("NOCTIS_RPC__LISTEN", format!("127.0.0.1:{}", free_port()));
    let said = refused(serve).await;
    assert!(said.contains("needs a program that knows schema 99"), "{said}");
}
