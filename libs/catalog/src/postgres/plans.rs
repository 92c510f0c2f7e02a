//! Tests that searches use the indexes that were made for them, and reads by UID too, as the server itself tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::insert::{Kind, Layout};
use super::{PostgresOptions, migrate_postgres};
use crate::matching::gram_text;
use crate::search::{Match, Moment, OrderBy, Search, SearchMatch};
use crate::searching::{self, Dialect};
use crate::zone::Zone;
use access::{FacilityId, Principal, Role, Scope, WayIn};
use dataset::{ITEM_KEYS, Level, SEARCH_KEYS, Tag};
use harness::postgres::{MIGRATION, QUERY, Server};
use sea_query::PostgresQueryBuilder;
use sea_query_sqlx::SqlxBinder;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

/// Studies in the database: enough for the server to prefer indexes.
const STUDIES: i64 = 20_000;

fn scope(facilities: &[&str]) -> Scope {
    let facilities: Vec<FacilityId> = facilities.iter().map(|name| name.parse().unwrap()).collect();
    let home = facilities[0].clone();
    Principal::new("x".into(), vec![Role::Administrator], facilities, home, WayIn::Trial).may_see(None).unwrap()
}

/// Rows as a commit makes them, of as many studies with a series and an instance each.
async fn fill(connection: &mut PgConnection) {
    const ROWS: &str = "INSERT INTO facility VALUES ('north'), ('south'); \
        INSERT INTO study (id, facility, study_instance_uid, revision, created_at, updated_at, attributes, series_count, \
            instance_count, stored_bytes, study_date, patient_name, patient_id, accession_number, study_id, \
            patient_birth_date, study_description) \
        SELECT n, CASE WHEN n % 2 = 0 THEN 'north' ELSE 'south' END, '1.2.' || n, n, 0, 0, n, 1, 1, 1, \
            to_char(DATE '2010-01-01' + (n % 5000)::INT, 'YYYYMMDD'), 'Family' || n, 'PAT' || n, 'ACC' || n, 'S' || n, \
            to_char(DATE '1930-01-01' + (n % 30000)::INT, 'YYYYMMDD'), 'CT Thorax' FROM generate_series(1, 20000) n; \
        INSERT INTO study_attributes SELECT n, n, 'd', '', 1 FROM generate_series(1, 20000) n; \
        INSERT INTO study_name SELECT n, 'PatientName', 1, 'family' || n || '^given' || n % 50 \
            FROM generate_series(1, 20000) n; \
        INSERT INTO study_name SELECT n, 'PatientName', 2, chr(19968 + n % 3000) || chr(20100 + n % 7) \
            FROM generate_series(1, 20000, 2) n; \
        INSERT INTO study_name_word SELECT n, 'PatientName', 'family' || n FROM generate_series(1, 20000) n; \
        INSERT INTO study_name_word SELECT n, 'PatientName', 'given' || n % 50 FROM generate_series(1, 20000) n; \
        INSERT INTO study_value SELECT n, 'PatientID', 'OTHER' || n FROM generate_series(1, 20000, 50) n; \
        INSERT INTO study_modality SELECT n, (ARRAY['CT', 'MR', 'CR', 'US'])[1 + n % 4], 1 \
            FROM generate_series(1, 20000) n; \
        INSERT INTO series (id, study, facility, series_instance_uid, revision, created_at, updated_at, instance_count, \
            series_order, modality, scheduled_procedure_step_id) \
        SELECT n, n, CASE WHEN n % 2 = 0 THEN 'north' ELSE 'south' END, '1.2.' || n || '.1', n, 0, 0, 1, 1, 'CT', \
            'STEP' || n FROM generate_series(1, 20000) n; \
        INSERT INTO instance (id, series, facility, sop_instance_uid, sop_class_uid, transfer_syntax_uid, revision, version, \
            created_at, study_attributes, object_key, object_length, stored_digest, received_digest, data_set_offset, \
            deflated, instance_order) \
        SELECT n, n, CASE WHEN n % 2 = 0 THEN 'north' ELSE 'south' END, '1.2.' || n || '.1.1', '1.2', '1.2', n, 1, 0, n, \
            'k' || n, 1, '', '', 0, FALSE, 1 FROM generate_series(1, 20000) n; \
        INSERT INTO instance_metadata SELECT n, '' FROM generate_series(1, 20000) n; \
        INSERT INTO study_item SELECT n, '00081032.00080100', 1, 0, 'CODE' || n % 4000 FROM generate_series(1, 20000) n; \
        INSERT INTO study_item SELECT n, '00081032.00080102', 1, 0, 'DCM' FROM generate_series(1, 20000) n; \
        INSERT INTO series_item SELECT n, '00400275.00080050', 1, 0, 'ACC' || n FROM generate_series(1, 20000) n; \
        INSERT INTO instance_item SELECT n, '00081140.00081155', m, 0, '1.3.' || n || '.' || m \
            FROM generate_series(1, 20000) n, generate_series(1, 3) m";
    connection.execute(ROWS).await.unwrap();
    use Kind::{Number, Tokens};
    let columns = [
        ("study", Number),
        ("patient_name", Tokens),
        ("patient_id", Tokens),
        ("accession_number", Tokens),
        ("study_description", Tokens),
    ];
    let layout = Layout::new("study_gram", &columns);
    let mut rows = layout.rows();
    for study in 1..=STUDIES {
        let character = |first: u32, of: i64| char::from_u32(first + u32::try_from(study % of).unwrap()).unwrap();
        let ideographic = format!("{}{}", character(19968, 3000), character(20100, 7));
        let alphabetic = format!("family{study}^given{}", study % 50);
        let names = [Some(alphabetic.as_str()), (study % 2 == 1).then_some(ideographic.as_str())];
        rows.add(study).add(gram_text(names.into_iter().flatten()));
        rows.add(gram_text([format!("PAT{study}").as_str()])).add(gram_text([format!("ACC{study}").as_str()]));
        rows.add(gram_text(["CT Thorax"]));
    }
    rows.insert(connection).await.unwrap();
    connection.execute("ANALYZE").await.unwrap();
}

async fn plan(connection: &mut PgConnection, scope: &Scope, search: &Search) -> String {
    let (sql, values) = searching::page_statement(Dialect::Postgres, scope, search).build_sqlx(PostgresQueryBuilder);
    let rows = sqlx::query_with(AssertSqlSafe(format!("EXPLAIN (COSTS OFF) {sql}")), values).persistent(false);
    let rows = rows.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect()
}

fn with_keys(level: Level, keys: &[(&str, Match)], fuzzy: bool) -> Search {
    let keys = keys.iter().map(|(keyword, test)| SearchMatch {
        key: SEARCH_KEYS.iter().find(|key| key.keyword == *keyword).unwrap(),
        test: test.clone(),
    });
    Search { keys: keys.collect(), fuzzy, ..Search::new(level) }
}

fn single(text: &str) -> Match {
    Match::Single(text.into())
}

fn wild(text: &str) -> Match {
    Match::Wildcard(text.into())
}

fn uid(text: &str) -> Match {
    Match::AnyUid(vec![text.parse().unwrap()])
}

/// Procedure Code Sequence, and Code Value.
const CODE: Tag = Tag(0x0008, 0x1032);
const VALUE: Tag = Tag(0x0008, 0x0100);

fn in_items(level: Level, keys: &[(&[Tag], Match)]) -> Search {
    let key =
        |(path, test): &(&[Tag], Match)| SearchMatch { key: dataset::search_key(path).unwrap(), test: test.clone() };
    Search { keys: keys.iter().map(key).collect(), ..Search::new(level) }
}

/// Searches, and the index that each is answered by.
fn expected() -> Vec<(Search, &'static str)> {
    let study = |keyword: &str, test: Match| with_keys(Level::Study, &[(keyword, test)], false);
    let any = |texts: &[&str]| Match::AnyOf(texts.iter().map(ToString::to_string).collect());
    let dates = Match::Range { from: Some("20230101".into()), to: Some("20230105".into()) };
    let moment = |date: &str| Some(Moment { date: date.into(), time: "10".into() });
    let moments = Match::Moments { from: moment("20230101"), to: moment("20230105") };
    let zone = Some(Zone { asked: "+0100".parse().unwrap(), stored: None });
    let zoned_dates = dates.clone();
    let oldest = SEARCH_KEYS.iter().find(|key| key.keyword == "StudyDate").and_then(|key| OrderBy::new(key, false));
    vec![
        (Search::new(Level::Study), "study_newest"),
        (Search { order: oldest.into_iter().collect(), ..Search::new(Level::Study) }, "study_newest"),
        (study("StudyDate", moments), "study_newest"),
        (study("StudyDate", dates), "study_newest"),
        (study("ModalitiesInStudy", single("CT")), "study_newest"),
        (study("ModalitiesInStudy", any(&["CT", "MR"])), "study_newest"),
        (study("PatientID", single("PAT77")), "study_patient_id"),
        (study("PatientID", wild("PAT777*")), "study_patient_id"),
        (study("PatientID", any(&["PAT7", "PAT8"])), "study_patient_id"),
        (study("PatientID", wild("*T777")), "study_gram_patient_id"),
        (study("AccessionNumber", single("ACC77")), "study_accession_number"),
        (study("AccessionNumber", wild("*C777*")), "study_gram_accession_number"),
        (study("StudyID", single("S77")), "study_study_id"),
        (study("PatientBirthDate", single("19700101")), "study_patient_birth_date"),
        (study("StudyInstanceUID", uid("1.2.78")), "study_facility_study_instance_uid_key"),
        (study("PatientName", single("Family77^Given27")), "study_name_folded"),
        (study("PatientName", wild("family777*")), "study_name_folded"),
        (study("PatientName", wild("*ly777^*")), "study_gram_patient_name"),
        (study("PatientName", wild("*\u{4e07}*")), "study_gram_patient_name"),
        (study("PatientName", wild("*\u{4e07}?")), "study_gram_patient_name"),
        (with_keys(Level::Study, &[("PatientName", single("family777"))], true), "study_name_word_word"),
        (with_keys(Level::Series, &[("SeriesInstanceUID", uid("1.2.78.1"))], false), "series_series_instance_uid"),
        (with_keys(Level::Series, &[("ScheduledProcedureStepID", single("STEP78"))], false), "series_scheduled_step"),
        (
            with_keys(Level::Instance, &[("SOPInstanceUID", uid("1.2.78.1.1"))], false),
            "instance_facility_sop_instance_uid_key",
        ),
        (in_items(Level::Study, &[(&[CODE, VALUE], single("CODE77"))]), "study_item_value"),
        (in_items(Level::Study, &[(&[CODE, VALUE], wild("CODE77*"))]), "study_item_value"),
        (
            in_items(Level::Study, &[(&[CODE, Tag(0x0008, 0x0102)], wild("*M")), (&[CODE, VALUE], single("CODE77"))]),
            "study_item_value",
        ),
        (
            in_items(Level::Series, &[(&[Tag(0x0040, 0x0275), Tag(0x0008, 0x0050)], single("ACC77"))]),
            "series_item_value",
        ),
        (
            in_items(Level::Instance, &[(&[Tag(0x0008, 0x1140), Tag(0x0008, 0x1155)], uid("1.3.77.2"))]),
            "instance_item_value",
        ),
        (Search { zone, ..study("StudyDate", zoned_dates) }, "study_newest"),
        (Search::new(Level::Series), "study_newest"),
        (Search { study: Some("1.2.78".parse().unwrap()), ..Search::new(Level::Series) }, "series_listed"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_and_reads_use_indexes() {
    let server = Server::start();
    let database = server.database();
    migrate_postgres(&PostgresOptions::from_url(&database.url(MIGRATION)).unwrap()).await.unwrap();
    database.let_services_in();
    let connect = |role: &str| {
        let url = format!("{}&options=-c%20search_path%3Dcatalog", database.url(role));
        async move { PgConnection::connect(&url).await.unwrap() }
    };
    fill(&mut connect(MIGRATION).await).await;
    let mut connection = connect(QUERY).await;
    let mut wrong = Vec::new();
    for (number, (search, index)) in expected().iter().enumerate() {
        let plan = plan(&mut connection, &scope(&["north"]), search).await;
        let scans = ["Seq Scan on study\n", "Seq Scan on series\n", "Seq Scan on instance\n", "Seq Scan on study_name"];
        if !plan.contains(&format!("{index}\n")) && !plan.contains(&format!("{index} ")) {
            wrong.push(format!("{number}: {index} is not in\n{plan}"));
        } else if scans.iter().any(|scan| plan.contains(scan)) {
            wrong.push(format!("{number}: all rows are read\n{plan}"));
        }
        // The wall would keep conditions that may leak values away from the indexes.
        assert!(!plan.contains("scope_facilities"), "searches go past the wall\n{plan}");
    }
    wrong.extend(reads_by_uid(&mut connection).await);
    every_search_key(&mut connection).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Behind the wall.
async fn reads_by_uid(connection: &mut PgConnection) -> Option<String> {
    connection.execute("BEGIN; SET LOCAL noctis.facilities = 'north'").await.unwrap();
    let statement = format!("EXPLAIN (COSTS OFF) {}", super::read::BY_UIDS);
    let query = sqlx::query(AssertSqlSafe(statement)).bind(vec!["north"]).bind("1.2.78").bind("1.2.78.1");
    let rows = query.bind("1.2.78.1.1").persistent(false).fetch_all(&mut *connection).await.unwrap();
    let plan: String = rows.iter().map(|row| row.get::<String, _>(0) + "\n").collect();
    connection.execute("ROLLBACK").await.unwrap();
    let good = plan.contains("instance_facility_sop_instance_uid_key") && !plan.contains("Seq Scan");
    (!good).then_some(plan)
}

/// Every search key has its column, and every level its tables.
async fn every_search_key(connection: &mut PgConnection) {
    for key in SEARCH_KEYS {
        for test in [single("1"), wild("*1*"), wild("1*")] {
            for fuzzy in [false, true] {
                let search = with_keys(Level::Instance, &[(key.keyword, test.clone())], fuzzy);
                assert!(plan(connection, &scope(&["north", "south"]), &search).await.contains("study"));
            }
        }
    }
    for key in ITEM_KEYS {
        for test in [single("1"), wild("*1*"), Match::Empty] {
            let search = in_items(Level::Instance, &[(key.path, test)]);
            assert!(plan(connection, &scope(&["north", "south"]), &search).await.contains("item"));
        }
    }
}
