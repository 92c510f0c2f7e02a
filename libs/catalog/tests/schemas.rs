//! Databases as the release before made them, and as the next one will: this program works with both.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/sample.rs"]
mod sample;
#[path = "contract/server.rs"]
mod server;

use catalog::{
    Applied, CatalogReader, CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, Error, NewIntent, Search,
    SqliteOptions, Zone, migrate_postgres, open_sqlite,
};
use dataset::Level;
use fixture::{NOW, key, key_at, north, scope_of, single, uids};
use harness::postgres::{Database, MIGRATION};
use sample::Sample;
use server::{open, options, shared};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::Path;

async fn store(writer: &CatalogWriter, samples: Vec<Sample>) {
    for samples in samples.chunks(100) {
        let new = |sample: &Sample| sample.to_new(&format!("ab/{}", uuid::Uuid::new_v4()));
        let instances: Vec<_> = samples.iter().map(new).collect();
        let keys = instances.iter().map(|instance| instance.key.clone()).collect();
        let intent = writer.begin(NewIntent { keys, now: NOW }).await.unwrap();
        let duplicates = DuplicatePolicy::Refuse;
        let chunk = Chunk { intent, facility: north(), instances, duplicates, now: NOW };
        let outcomes = writer.commit(chunk).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, CommitOutcome::Stored { .. })), "{outcomes:?}");
    }
}

/// What the release before knew how to keep: a request with an Accession Number, and the zone of date and time.
fn sample(study: u32) -> Sample {
    let accession = format!("A{study}");
    Sample::new(study, 1, 1)
        .with("StudyTime", "2330")
        .with("TimezoneOffsetFromUTC", "+0000")
        .with_item("RequestAttributesSequence", &[("AccessionNumber", &accession), ("ScheduledProcedureStepID", "S1")])
}

/// How many of all studies are found by keys that the release before did not have, and by one that it had.
async fn counts(reader: &CatalogReader) -> [usize; 3] {
    let accession = key_at("RequestAttributesSequence.AccessionNumber", catalog::Match::Wildcard("A*".into()));
    let zone = Some(Zone { asked: "+0100".parse().unwrap(), stored: None });
    let mut found = Vec::new();
    for (level, asked, zone) in [
        (Level::Series, accession, None),
        (Level::Study, key("StudyDate", single("20240201")), zone),
        (Level::Series, key("ScheduledProcedureStepID", single("S1")), None),
    ] {
        let search = Search { keys: vec![asked], zone, limit: 10_000, ..Search::new(level) };
        found.push(reader.search(&scope_of(&north()), &search).await.unwrap().rows.len());
    }
    found.try_into().unwrap()
}

async fn beside(folder: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(folder.join("catalog.sqlite"))).await.unwrap()
}

/// Takes away what the second migration brought, and what programs that know it wrote.
const BACK_TO_FIRST: &str = "DROP TABLE study_item; DROP TABLE series_item; DROP TABLE instance_item; \
    ALTER TABLE last_number DROP COLUMN indexed_study; ALTER TABLE last_number DROP COLUMN indexed_series; \
    ALTER TABLE last_number DROP COLUMN indexed_instance; DELETE FROM sqlite_stat1 WHERE tbl LIKE '%_item'; \
    DELETE FROM study_value WHERE attribute LIKE '%@UTC'; DELETE FROM series_value WHERE attribute LIKE '%@UTC'; \
    DELETE FROM instance_value WHERE attribute LIKE '%@UTC'; DELETE FROM _sqlx_migrations WHERE version > 1";

const FIRST: &str = include_str!("../../../migrations/catalog/sqlite/0001_study_series_instance.sql");

/// Every table and index with its columns, in order.
async fn described(connection: &mut SqliteConnection) -> Vec<(String, String)> {
    const ALL: &str = "SELECT m.name, coalesce(group_concat(c.name || c.type), '') FROM sqlite_master m \
        LEFT JOIN pragma_table_info(m.name) c WHERE m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' \
        AND m.name NOT LIKE '%\\_sqlx%' ESCAPE '\\' GROUP BY m.name ORDER BY m.name";
    sqlx::query_as(ALL).fetch_all(connection).await.unwrap()
}

async fn downgrade(folder: &Path) {
    let mut connection = beside(folder).await;
    sqlx::raw_sql(BACK_TO_FIRST).execute(&mut connection).await.unwrap();
    let mut first = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(FIRST).execute(&mut first).await.unwrap();
    assert_eq!(described(&mut connection).await, described(&mut first).await, "it is as the first release made it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_the_release_before_is_migrated_and_completed() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    store(&writer, (1..=450).map(sample).collect()).await;
    assert_eq!(counts(&reader).await, [450; 3]);
    drop((writer, reader));
    downgrade(folder.path()).await;

    let (writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    assert_eq!(counts(&reader).await, [450; 3]);
    store(&writer, (451..=460).map(sample).collect()).await;
    assert_eq!(counts(&reader).await, [460; 3]);
    drop((writer, reader));

    // The older program again: it hands out numbers and leaves the new tables as they are.
    const OLDER: &str = "UPDATE last_number SET indexed_study = 455, indexed_series = 455, indexed_instance = 455; \
        DELETE FROM series_item WHERE series > 455; DELETE FROM study_value WHERE study > 455; \
        DELETE FROM series_value WHERE series > 455; DELETE FROM instance_value WHERE instance > 455";
    sqlx::raw_sql(OLDER).execute(&mut beside(folder.path()).await).await.unwrap();
    for _ in 0..2 {
        let (_writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
        assert_eq!(counts(&reader).await, [460; 3]);
    }
    const TWICE: &str = "SELECT count(*) - count(DISTINCT series || attribute) FROM series_item";
    let twice: i64 = sqlx::query_scalar(TWICE).fetch_one(&mut beside(folder.path()).await).await.unwrap();
    assert_eq!(twice, 0, "nothing is completed twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_cannot_be_read_keeps_no_file_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    store(&writer, (1..=3).map(sample).collect()).await;
    drop((writer, reader));
    downgrade(folder.path()).await;
    const SPOIL: &str = "UPDATE series_attributes SET attributes = x'FF' WHERE series = 2";
    sqlx::raw_sql(SPOIL).execute(&mut beside(folder.path()).await).await.unwrap();
    let (_writer, reader) = open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
    let accession = |number: u32| key_at("RequestAttributesSequence.AccessionNumber", single(&format!("A{number}")));
    for (number, expected) in [(1, vec!["1.2.1.1"]), (2, vec![]), (3, vec!["1.2.3.1"])] {
        let search = Search { keys: vec![accession(number)], ..Search::new(Level::Series) };
        assert_eq!(uids(&reader.search(&scope_of(&north()), &search).await.unwrap()), expected);
    }
}

/// As the release before left it.
fn back_to_second(database: &Database) {
    database.run(
        "SET search_path = catalog; DROP TABLE study_item, series_item, instance_item, last_indexed; \
        DELETE FROM study_value WHERE attribute LIKE '%@UTC'; DELETE FROM series_value WHERE attribute LIKE '%@UTC'; \
        DELETE FROM instance_value WHERE attribute LIKE '%@UTC'; DELETE FROM _sqlx_migrations WHERE version > 2",
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_the_release_before_is_served_and_then_migrated_under_way() {
    let database = shared().await.database();
    let (writer, reader) = open(&database).await.unwrap();
    store(&writer, (1..=210).map(sample).collect()).await;
    drop((writer, reader));
    back_to_second(&database);

    let (writer, reader) = open(&database).await.unwrap();
    assert!(!reader.searches_items().await.unwrap());
    store(&writer, (211..=220).map(sample).collect()).await;
    let scope = scope_of(&north());
    let step = Search { keys: vec![key("ScheduledProcedureStepID", single("S1"))], ..Search::new(Level::Series) };
    assert_eq!(reader.search(&scope, &Search { limit: 10_000, ..step }).await.unwrap().rows.len(), 220);
    // The study is made anew of the instance that is left.
    store(&writer, vec![Sample::new(220, 2, 1).with("PatientID", "PAT2")]).await;
    writer.delete(&scope, &sample(220).resource(), NOW, 0).await.unwrap();

    let applied = migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
    assert_eq!(applied, Applied { before: 2, after: 3 });
    assert!(reader.searches_items().await.unwrap(), "nobody has to start it again");
    assert_eq!(counts(&reader).await, [219; 3]);
    store(&writer, (221..=230).map(sample).collect()).await;
    assert_eq!(counts(&reader).await, [229; 3]);

    // A process of the older release that still ran, and the next migration.
    database.run("SET search_path = catalog; DELETE FROM series_item WHERE series > 215; DELETE FROM study_value");
    assert_ne!(counts(&reader).await, [229; 3]);
    for _ in 0..2 {
        migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
        assert_eq!(counts(&reader).await, [229; 3]);
    }
    let twice = database.run("SELECT count(*) - count(DISTINCT (series, attribute)) FROM catalog.series_item");
    assert_eq!(twice.trim(), "0", "nothing is completed twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_the_release_after_next_is_refused() {
    let database = shared().await.database();
    let next = "SET search_path = catalog; INSERT INTO _sqlx_migrations \
        (version, description, success, checksum, execution_time) \
        SELECT max(version) + 1, 'added later', TRUE, '', 0 FROM _sqlx_migrations";
    database.run(next);
    let (writer, reader) = open(&database).await.unwrap();
    store(&writer, vec![sample(1)]).await;
    assert_eq!(counts(&reader).await, [1; 3]);
    database.run(next);
    let refused = open(&database).await.err();
    assert!(matches!(refused, Some(Error::NewerSchema { needed: 4, known: 3 })), "{refused:?}");
    let said = refused.unwrap().to_string();
    assert_eq!(said, "the catalog needs a program that knows schema 4; this one knows 3");
}
