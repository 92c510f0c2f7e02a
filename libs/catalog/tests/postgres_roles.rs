//! What the roles of services may do in a PostgreSQL database, and what the wall between facilities covers: all of it, as the
//! server has it, by rules that hold for tables that come later too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "contract/fixture.rs"]
mod fixture;
#[path = "contract/sample.rs"]
mod sample;
#[path = "contract/server.rs"]
mod server;

use catalog::{Chunk, DuplicatePolicy, NewIntent};
use fixture::{NOW, north, south};
use harness::postgres::{Database, INGEST, QUERY};
use sample::Sample;
use server::{open, shared};
use std::collections::BTreeSet;

/// What a store leaves behind: not for those who read.
const OF_WRITERS: [&str; 4] = ["facility", "intent", "intent_object", "removal"];

/// What those who write may change; everywhere else they only add and remove.
const CHANGED: [&str; 8] =
    ["disagreement", "instance", "intent", "series", "study", "study_attributes", "study_modality", "study_sop_class"];

/// What the wall stands before: the resources themselves, and what is reached by the id of one.
const WALLED: [&str; 6] = ["instance", "instance_bulk", "instance_frames", "instance_metadata", "series", "study"];

/// The rows of a statement, and of each row the columns.
fn rows(database: &Database, statement: &str) -> Vec<Vec<String>> {
    let found = database.run(statement);
    found.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

/// Tables, views and sequences of the schema with who may do what to each of them, as `(relation, role, privilege)`; of
/// columns, as `relation.column`.
fn granted(database: &Database) -> Vec<(String, String, String)> {
    const RELATIONS: &str = "SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type FROM pg_class c, \
        aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee \
        WHERE c.relnamespace = 'catalog'::regnamespace AND a.grantee <> c.relowner \
        UNION ALL SELECT c.relname || '.' || t.attname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type \
        FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a \
        LEFT JOIN pg_roles r ON r.oid = a.grantee WHERE c.relnamespace = 'catalog'::regnamespace ORDER BY 1, 2, 3";
    let found = rows(database, RELATIONS);
    assert!(found.len() > 60, "{found:?}");
    found.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[2].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_rights_but_the_two_roles() {
    let database = shared().await.database();
    for (relation, role, privilege) in granted(&database) {
        assert!(matches!(role.as_str(), "catalog_reader" | "catalog_writer"), "{role} has {privilege} on {relation}");
    }
    let owners = rows(
        &database,
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'catalog'::regnamespace",
    );
    assert_eq!(owners, [["noctis_migration"]]);
    let schema = "SELECT coalesce(r.rolname, 'PUBLIC'), a.privilege_type, a.is_grantable FROM pg_namespace n, \
        aclexplode(n.nspacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee \
        WHERE nspname = 'catalog' AND a.grantee <> n.nspowner ORDER BY 1";
    assert_eq!(rows(&database, schema), [["catalog_reader", "USAGE", "f"], ["catalog_writer", "USAGE", "f"]]);
    // Nothing comes to them from elsewhere: no attribute that goes around rights, and no other group.
    let special = "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR \
        rolreplication) AND rolname IN ('catalog_reader', 'catalog_writer', 'noctis_ingest', 'noctis_query')";
    assert_eq!(rows(&database, special), Vec::<Vec<String>>::new());
    let groups = "SELECT m.rolname, g.rolname FROM pg_auth_members a JOIN pg_roles g ON g.oid = a.roleid \
        JOIN pg_roles m ON m.oid = a.member WHERE m.rolname ~ '^(catalog_|noctis_(ingest|query))' ORDER BY 1";
    assert_eq!(rows(&database, groups), [[INGEST, "catalog_writer"], [QUERY, "catalog_reader"]]);
    let definers = "SELECT proname FROM pg_proc WHERE pronamespace = 'catalog'::regnamespace AND prosecdef";
    assert_eq!(rows(&database, definers), Vec::<Vec<String>>::new(), "no function runs with its owner's rights");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_read_only_read() {
    let database = shared().await.database();
    for (relation, role, privilege) in granted(&database) {
        if role == "catalog_reader" {
            assert_eq!(privilege, "SELECT", "on {relation}");
            assert!(!OF_WRITERS.contains(&relation.as_str()), "{relation} is not for those who read");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_write_change_no_more_than_they_have_to() {
    let database = shared().await.database();
    let mut changed = BTreeSet::new();
    for (relation, role, privilege) in granted(&database) {
        if role != "catalog_writer" {
            continue;
        }
        let known = matches!(privilege.as_str(), "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "USAGE");
        assert!(known, "{privilege} on {relation}");
        assert!(!relation.starts_with("searched_"), "{relation} shows what is behind the wall");
        let is_of_schema = matches!(relation.as_str(), "schema_floor" | "_sqlx_migrations");
        assert!(!is_of_schema || privilege == "SELECT", "{privilege} on {relation}");
        assert!(relation != "facility" || privilege != "DELETE", "facilities stay");
        if privilege == "UPDATE" {
            changed.insert(relation);
        }
    }
    let expected = CHANGED.iter().chain(["removal.due_at"].iter()).map(ToString::to_string).collect();
    assert_eq!(changed, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_stands_before_everything_that_is_reached_by_an_id() {
    let database = shared().await.database();
    let walled =
        "SELECT relname FROM pg_class WHERE relnamespace = 'catalog'::regnamespace AND relrowsecurity ORDER BY 1";
    assert_eq!(rows(&database, walled).concat(), WALLED);
    // One policy each, for everybody and everything, which holds for what is written as well.
    let policies = "SELECT tablename, policyname, permissive, roles, cmd, with_check IS NULL FROM pg_policies \
        WHERE schemaname = 'catalog' ORDER BY 1";
    let expected: Vec<Vec<&str>> =
        WALLED.iter().map(|table| vec![*table, "in_scope", "PERMISSIVE", "{public}", "ALL", "t"]).collect();
    assert_eq!(rows(&database, policies), expected);
}

/// A database with an instance in each of two facilities, with something in every table that the wall stands before.
async fn two_facilities() -> Database {
    let database = shared().await.database();
    let (writer, _reader) = open(&database).await.unwrap();
    for facility in [north(), south()] {
        let key = format!("ab/{}", uuid::Uuid::new_v4());
        let intent = writer.begin(NewIntent { keys: vec![key.clone()], now: NOW }).await.unwrap();
        let instances = vec![Sample::new(1, 1, 1).to_new(&key)];
        let duplicates = DuplicatePolicy::Refuse;
        writer.commit(Chunk { intent, facility, instances, duplicates, now: NOW }).await.unwrap();
    }
    database.run(
        "INSERT INTO catalog.instance_frames SELECT id, 1, '' FROM catalog.instance ON CONFLICT DO NOTHING; \
        INSERT INTO catalog.instance_bulk SELECT id, '' FROM catalog.instance ON CONFLICT DO NOTHING",
    );
    database
}

fn within(database: &Database, role: &str, scope: &str, statement: &str) -> Result<String, String> {
    let statement = format!("BEGIN; SET LOCAL noctis.facilities = '{scope}'; {statement}; COMMIT");
    database.run_as(role, &statement).map(|found| found.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_table_shows_the_facilities_of_the_scope_alone() {
    let database = two_facilities().await;
    for role in [QUERY, INGEST] {
        for table in WALLED {
            for (scope, expected) in [("", "0"), ("nowhere", "0"), ("north", "1"), ("south", "1"), ("south,north", "2")]
            {
                let found = within(&database, role, scope, &format!("SELECT count(*) FROM {table}")).unwrap();
                assert_eq!(found, expected, "{role} in {table} within '{scope}'");
            }
            let found = database.run_as(role, &format!("SELECT count(*) FROM {table}")).unwrap();
            assert_eq!(found.trim(), "0", "{role} in {table} without a scope");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_facility_is_changed_or_removed() {
    let database = two_facilities().await;
    let counted = |table: &str| database.run(&format!("SELECT count(*) FROM catalog.{table}")).trim().to_owned();
    // From below, so that nothing goes along with what is above it.
    for table in ["instance_bulk", "instance_frames", "instance_metadata"] {
        within(&database, INGEST, "south", &format!("DELETE FROM {table}")).unwrap();
        assert_eq!(counted(table), "1", "{table}");
    }
    for (table, change) in
        [("study", "legal_hold = TRUE"), ("series", "instance_count = 77"), ("instance", "legal_hold = TRUE")]
    {
        within(&database, INGEST, "south", &format!("UPDATE {table} SET {change}")).unwrap();
        let touched = database.run(&format!("SELECT facility FROM catalog.{table} WHERE {change}"));
        assert_eq!(touched.trim(), "south", "{table}");
    }
    for table in ["instance", "series", "study"] {
        within(&database, INGEST, "south", &format!("DELETE FROM {table}")).unwrap();
        assert_eq!(database.run(&format!("SELECT facility FROM catalog.{table}")).trim(), "north", "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_into_another_facility() {
    let database = two_facilities().await;
    for table in ["study", "series", "instance"] {
        let moved = within(&database, INGEST, "north", &format!("UPDATE {table} SET facility = 'south'")).unwrap_err();
        assert!(moved.contains("row-level security"), "{table}: {moved}");
    }
    for (table, values) in [
        ("instance_frames", "SELECT id, 99, '' FROM s"),
        ("instance_metadata", "SELECT id, '' FROM s"),
        ("instance_bulk", "SELECT id, '' FROM s"),
    ] {
        // The id of an instance that is not in scope; guessed, as it cannot be looked up.
        let id = database.run("SELECT id FROM catalog.instance WHERE facility = 'south'");
        let source = format!("WITH s AS (SELECT {}::BIGINT AS id)", id.trim());
        let smuggled =
            within(&database, INGEST, "north", &format!("INSERT INTO {table} {source} {values}")).unwrap_err();
        assert!(smuggled.contains("row-level security"), "{table}: {smuggled}");
    }
}
