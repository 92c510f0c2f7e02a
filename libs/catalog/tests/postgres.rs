//! What only a PostgreSQL server can be: of another release, not migrated, migrated twice at once, and full of roles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/sample.rs"]
mod sample;
#[path = "contract/server.rs"]
mod server;

use catalog::{
    Applied, CatalogReader, CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, Error, NewIntent, Password,
    PostgresOptions, Tls, migrate_postgres, open_postgres_reader, open_postgres_writer,
};
use fixture::{NOW, north, scope_of, south};
use futures::future::join_all;
use harness::postgres::{Database, INGEST, MIGRATION, QUERY, Server};
use sample::Sample;
use server::{open, options, shared};

/// The newest migration.
const NEWEST: i64 = 3;

async fn store(writer: &CatalogWriter, facility: access::FacilityId, samples: &[Sample]) -> Vec<CommitOutcome> {
    let key = || format!("ab/{}", uuid::Uuid::new_v4());
    let instances: Vec<_> = samples.iter().map(|sample| sample.to_new(&key())).collect();
    let keys = instances.iter().map(|instance| instance.key.clone()).collect();
    let intent = writer.begin(NewIntent { keys, now: NOW }).await.unwrap();
    let duplicates = DuplicatePolicy::NewVersion { grace_ms: 0 };
    writer.commit(Chunk { intent, facility, instances, duplicates, now: NOW }).await.unwrap()
}

fn refused<T>(result: Result<T, String>) -> String {
    match result {
        Ok(_) => panic!("it was allowed"),
        Err(said) => said,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_again_changes_nothing() {
    let database = shared().await.server.database();
    let first = migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
    assert_eq!(first, Applied { before: 0, after: NEWEST });
    let again = migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
    assert_eq!(again, Applied { before: NEWEST, after: NEWEST });
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_at_once_wait_for_each_other() {
    let database = shared().await.server.database();
    let at_once = join_all((0..5).map(|_| {
        let options = options(&database, MIGRATION);
        async move { migrate_postgres(&options).await.unwrap() }
    }))
    .await;
    assert!(at_once.iter().all(|applied| applied.after == NEWEST));
    assert_eq!(at_once.iter().filter(|applied| applied.before == 0).count(), 1, "{at_once:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_missing_is_said_to_be() {
    let database = shared().await.server.database();
    for result in [
        open_postgres_reader(&options(&database, QUERY)).await.err(),
        open_postgres_writer(&options(&database, INGEST)).await.err(),
    ] {
        assert!(matches!(result, Some(Error::OlderSchema { found: 0, needed: 2 })), "{result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_needs_a_newer_program_is_refused() {
    let database = shared().await.database();
    database.run("UPDATE catalog.schema_floor SET version = 9999");
    let opened = open(&database).await.err();
    assert!(matches!(opened, Some(Error::NewerSchema { needed: 9999, known: NEWEST })), "{opened:?}");
    let migrated = migrate_postgres(&options(&database, MIGRATION)).await.err();
    assert!(matches!(migrated, Some(Error::NewerSchema { needed: 9999, .. })), "{migrated:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_only_has_more_is_accepted() {
    let database = shared().await.database();
    database.run(
        "ALTER TABLE catalog.study ADD COLUMN added_later TEXT; \
        INSERT INTO catalog._sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT max(version) + 1, 'added later', TRUE, '', 0 FROM catalog._sqlx_migrations",
    );
    let (writer, reader) = open(&database).await.unwrap();
    let sample = Sample::new(1, 1, 1);
    store(&writer, north(), std::slice::from_ref(&sample)).await;
    reader.instance(&scope_of(&north()), &sample.uids).await.unwrap();
    let again = migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
    assert_eq!(again, Applied { before: NEWEST + 1, after: NEWEST + 1 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_be_made_is_named() {
    let server = Server::start();
    let database = server.database();
    database.run("ALTER ROLE noctis_migration NOCREATEROLE");
    let refused = migrate_postgres(&options(&database, MIGRATION)).await.err();
    assert!(matches!(refused, Some(Error::MissingRole { role: "catalog_reader" })), "{refused:?}");
    database.run("CREATE ROLE catalog_reader; CREATE ROLE catalog_writer");
    migrate_postgres(&options(&database, MIGRATION)).await.unwrap();
}

/// A database with an instance in each of two facilities.
async fn two_facilities() -> (Database, CatalogWriter, CatalogReader) {
    let database = shared().await.database();
    let (writer, reader) = open(&database).await.unwrap();
    for facility in [north(), south()] {
        store(&writer, facility, &[Sample::new(1, 1, 1)]).await;
    }
    (database, writer, reader)
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_read_cannot_write() {
    let (database, _writer, _reader) = two_facilities().await;
    for statement in [
        "UPDATE study SET patient_id = 'X'",
        "DELETE FROM instance",
        "INSERT INTO facility (name) VALUES ('x')",
        "TRUNCATE study CASCADE",
        "SELECT * FROM intent",
        "SELECT * FROM removal",
        "SELECT nextval('revision')",
        "CREATE TABLE mine (x INT)",
    ] {
        let said = refused(database.run_as(QUERY, statement));
        assert!(said.contains("permission denied"), "{statement}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_write_cannot_change_tables() {
    let (database, _writer, _reader) = two_facilities().await;
    for statement in [
        "ALTER TABLE study ADD COLUMN x INT",
        "ALTER TABLE study DISABLE ROW LEVEL SECURITY",
        "DROP POLICY in_scope ON study",
        "DROP TABLE study",
        "TRUNCATE study CASCADE",
        "CREATE TABLE mine (x INT)",
        "UPDATE schema_floor SET version = 0",
        "SELECT * FROM searched_study",
        "SET ROLE noctis_migration",
    ] {
        let said = refused(database.run_as(INGEST, statement));
        assert!(said.contains("permission denied") || said.contains("must be owner"), "{statement}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_holds_whatever_a_statement_says() {
    let (database, _writer, _reader) = two_facilities().await;
    let tables = ["study", "series", "instance", "instance_metadata"];
    for role in [QUERY, INGEST] {
        for table in tables {
            let count = |scope: &str| {
                let statement = format!("BEGIN; {scope} SELECT count(*) FROM {table}; COMMIT");
                database.run_as(role, &statement).unwrap().trim().to_owned()
            };
            assert_eq!(count(""), "0", "{table} without a scope");
            assert_eq!(count("SET LOCAL noctis.facilities = '';"), "0", "{table} with an empty scope");
            assert_eq!(count("SET LOCAL noctis.facilities = 'nowhere';"), "0", "{table} elsewhere");
            assert_eq!(count("SET LOCAL noctis.facilities = 'north';"), "1", "{table} in one");
            assert_eq!(count("SET LOCAL noctis.facilities = 'south,north';"), "2", "{table} in both");
        }
    }
    let wrong = "BEGIN; SET LOCAL noctis.facilities = 'south'; \
        SELECT count(*) FROM study WHERE facility = 'north'; COMMIT; SELECT count(*) FROM study";
    assert_eq!(database.run_as(QUERY, wrong).unwrap().split_whitespace().collect::<Vec<_>>(), ["0", "0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_holds_for_writes() {
    let (database, _writer, reader) = two_facilities().await;
    for statement in
        ["DELETE FROM study", "UPDATE study SET legal_hold = TRUE", "DELETE FROM instance", "DELETE FROM series"]
    {
        database.run_as(INGEST, &format!("BEGIN; SET LOCAL noctis.facilities = 'south'; {statement}; COMMIT")).unwrap();
        let held = database.run("SELECT facility FROM catalog.study WHERE legal_hold");
        assert!(!held.contains("north"), "{statement}: {held}");
        assert!(reader.instance(&scope_of(&north()), &Sample::new(1, 1, 1).uids).await.is_ok(), "{statement}");
    }
    let smuggled = "BEGIN; SET LOCAL noctis.facilities = 'north'; UPDATE study SET facility = 'south'; COMMIT";
    assert!(refused(database.run_as(INGEST, smuggled)).contains("row-level security"));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_write_at_once() {
    let database = shared().await.database();
    let mut writers = Vec::new();
    for _ in 0..3 {
        writers.push(open_postgres_writer(&options(&database, INGEST)).await.unwrap());
    }
    let reader = open_postgres_reader(&options(&database, QUERY)).await.unwrap();
    // The same instances, in the same and in other studies and in any order, from all of them.
    let stores =
        (0..36_u32).map(|round| {
            let writer = &writers[round as usize % 3];
            async move {
                let mut samples: Vec<Sample> = (0..12_u32)
                    .map(|n| {
                        let (study, uid) = ((round + n) % 5, format!("1.2.9.{}", (n * 7 + round) % 12));
                        Sample::new(study, 1, n).named(&format!("1.2.{study}"), &format!("1.2.{study}.1"), &uid)
                    })
                    .map(|sample| sample.with_content(u8::try_from(round).unwrap()))
                    .collect();
                if round % 2 == 0 {
                    samples.reverse();
                }
                let outcomes = store(writer, north(), &samples).await;
                assert!(outcomes.iter().all(|outcome| {
                    matches!(outcome, CommitOutcome::Stored { .. } | CommitOutcome::Replaced { .. })
                }));
            }
        });
    join_all(stores).await;
    let counted = "SELECT (SELECT sum(instance_count) FROM catalog.study), (SELECT sum(instance_count) FROM catalog.series), \
        (SELECT count(*) FROM catalog.instance), (SELECT sum(instance_count) FROM catalog.study_attributes), \
        (SELECT sum(instance_count) FROM catalog.study_sop_class), (SELECT count(*) FROM catalog.intent)";
    assert_eq!(database.run(counted).trim(), "12|12|12|12|12|0");
    let page = reader.search(&scope_of(&north()), &catalog::Search::new(dataset::Level::Instance)).await.unwrap();
    assert_eq!(page.rows.len(), 12);
    let removals = writers[0].due_removals(NOW, 1000).await.unwrap();
    assert_eq!(removals.len(), 36 * 12 - 12, "every object that lost is to be removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_standard_does_not_allow_is_kept_all_the_same() {
    let (database, writer, reader) = two_facilities().await;
    let long = "x".repeat(9000);
    let odd = Sample::new(7, 1, 1)
        .with("PatientID", &long)
        .with("PatientName", &format!("a\0b^{long}"))
        .with("StudyDescription", "nul\0inside")
        .with("Modality", "C\0T")
        .with("OtherPatientIDs", &format!("{long}\\b"));
    store(&writer, north(), std::slice::from_ref(&odd)).await;
    assert!(reader.instance(&scope_of(&north()), &odd.uids).await.is_ok());
    assert_eq!(database.run("SELECT count(*) FROM catalog.study").trim(), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_or_certificate_is_unavailable_and_not_shown() {
    let server = &shared().await.server;
    let plain = PostgresOptions::new("127.0.0.1", server.port(), "postgres", QUERY);
    let plain = plain.with_tls(Tls::Disabled, None).unwrap();
    let wrong = open_postgres_reader(&plain.with_password(&Password::new("geheim".into()))).await.err().unwrap();
    assert!(matches!(wrong, Error::Unavailable { .. }), "{wrong:?}");
    assert!(!format!("{wrong:?}").contains("geheim"));
    // This server speaks no TLS: by default nobody goes on without.
    let verified = PostgresOptions::new("127.0.0.1", server.port(), "postgres", QUERY);
    let refused = open_postgres_reader(&verified.with_password(&Password::new("for-tests-only".into()))).await.err();
    assert!(matches!(refused, Some(Error::Untrusted { .. })), "{refused:?}");
    let missing = Password::from_file(std::path::Path::new("/nowhere/password")).err();
    assert!(matches!(missing, Some(Error::Options { source: Some(_), .. })), "{missing:?}");
}
