//! What only a file can be: of another release, locked by somebody else, or broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use access::{FacilityId, Principal, Role, Scope, WayIn};
use catalog::{Error, NewIntent, Search, SqliteOptions, Timestamp, open_sqlite};
use dataset::Level;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use uid::Resource;

const NOW: Timestamp = Timestamp(0);

async fn beside(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(folder.join("catalog.sqlite"))).await.unwrap()
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
}

fn scope() -> Scope {
    Principal::new("x".into(), vec![Role::Administrator], Vec::new(), FacilityId::default_facility(), WayIn::Trial)
        .may_see(None)
        .unwrap()
}

fn impatient() -> SqliteOptions {
    SqliteOptions { busy_timeout: Duration::from_millis(300), queue: 1, readers: 2 }
}

#[tokio::test]
async fn a_schema_that_needs_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap());
    execute(&mut beside(folder.path()).await, "UPDATE schema_floor SET version = 9999").await;
    match open_sqlite(folder.path(), SqliteOptions::default()).await {
        Err(Error::NewerSchema { needed: 9999, known }) => assert!(known >= 1),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn a_schema_that_only_has_more_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap());
    let mut newer = beside(folder.path()).await;
    execute(&mut newer, "ALTER TABLE study ADD COLUMN added_later TEXT").await;
    const APPLIED: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT max(version) + 1, 'added later', TRUE, x'00', 0 FROM _sqlx_migrations";
    execute(&mut newer, APPLIED).await;
    let (_, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    assert!(reader.search(&scope(), &Search::new(Level::Study)).await.unwrap().rows.is_empty());
    // What comes after the next release is not known to work.
    execute(&mut newer, APPLIED).await;
    match open_sqlite(folder.path(), SqliteOptions::default()).await {
        Err(Error::NewerSchema { needed, known }) => assert_eq!(needed, known + 1),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn a_file_that_somebody_else_writes_to_is_not_available() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reader) = open_sqlite(folder.path(), impatient()).await.unwrap();
    let mut other = beside(folder.path()).await;
    execute(&mut other, "BEGIN IMMEDIATE").await;
    let begin = || writer.begin(NewIntent { keys: vec!["ab/a".into()], now: NOW });
    assert!(matches!(begin().await, Err(Error::Unavailable { .. })));
    assert!(matches!(writer.probe().await, Err(Error::Unavailable { .. })));
    let study = Resource::Study("1.2".parse().unwrap());
    assert!(matches!(writer.delete(&scope(), &study, NOW, 0).await, Err(Error::Unavailable { .. })));
    // Reading goes on.
    assert!(matches!(reader.find(&scope(), &study).await, Err(Error::NotFound)));
    execute(&mut other, "ROLLBACK").await;
    begin().await.unwrap();
}

#[tokio::test]
async fn too_many_operations_at_once_are_turned_away() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, _) = open_sqlite(folder.path(), impatient()).await.unwrap();
    let mut other = beside(folder.path()).await;
    execute(&mut other, "BEGIN IMMEDIATE").await;
    let results = futures::future::join_all((0..50).map(|_| writer.probe())).await;
    assert!(results.iter().any(|result| matches!(result, Err(Error::Busy))));
    assert!(results.iter().all(|result| matches!(result, Err(Error::Busy | Error::Unavailable { .. }))));
    execute(&mut other, "ROLLBACK").await;
    writer.probe().await.unwrap();
}

#[tokio::test]
async fn a_broken_catalog_is_never_an_empty_one() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    execute(&mut beside(folder.path()).await, "ALTER TABLE study RENAME TO lost").await;
    let study = Resource::Study("1.2".parse().unwrap());
    assert_defect(reader.find(&scope(), &study).await, "no such table");
    assert_defect(reader.search(&scope(), &Search::new(Level::Study)).await, "no such table");
    assert_defect(writer.delete(&scope(), &study, NOW, 0).await, "no such table");
    // One operation that fails does not spoil the others.
    writer.begin(NewIntent { keys: vec!["ab/a".into()], now: NOW }).await.unwrap();
}

/// Trying again later would not help, so it must not look like that.
fn assert_defect<T>(result: Result<T, Error>, cause: &str) {
    match result {
        Err(Error::Defect { source }) => assert!(source.to_string().contains(cause), "{source}"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it succeeded"),
    }
}

#[tokio::test]
async fn what_the_schema_forbids_is_a_defect() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, _) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    const FORBID: &str = "CREATE TRIGGER forbid BEFORE INSERT ON intent BEGIN SELECT RAISE(ABORT, 'not so'); END";
    execute(&mut beside(folder.path()).await, FORBID).await;
    assert_defect(writer.begin(NewIntent { keys: vec!["ab/a".into()], now: NOW }).await, "not so");
    writer.probe().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("catalog.sqlite"), [b'x'; 65_536]).unwrap();
    match open_sqlite(folder.path(), SqliteOptions::default()).await {
        Err(Error::Damaged { .. }) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert!(matches!(open_sqlite(&missing, SqliteOptions::default()).await, Err(Error::Unavailable { .. })));
}
