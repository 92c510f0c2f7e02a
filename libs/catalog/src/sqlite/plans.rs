//! Tests that searches use the indexes that were made for them, as SQLite itself tells.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::connect::Connect;
use super::{SqliteOptions, migrate};
use crate::search::{Match, Moment, OrderBy, Search, SearchMatch};
use crate::searching::{self, Dialect};
use crate::zone::Zone;
use access::{FacilityId, Principal, Role, Scope, WayIn};
use dataset::{ITEM_KEYS, Level, SEARCH_KEYS, Tag};
use sea_query::SqliteQueryBuilder;
use sea_query_sqlx::SqlxBinder;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

fn scope(facilities: &[&str]) -> Scope {
    let facilities: Vec<FacilityId> = facilities.iter().map(|name| name.parse().unwrap()).collect();
    let home = facilities[0].clone();
    Principal::new("x".into(), vec![Role::Administrator], facilities, home, WayIn::Trial).may_see(None).unwrap()
}

async fn database(folder: &tempfile::TempDir) -> SqliteConnection {
    let connect = Connect::new(folder.path(), &SqliteOptions::default());
    migrate::migrate(&mut connect.writer().await.unwrap()).await.unwrap();
    // A connection of its own: it reads the statistics when it is opened.
    connect.writer().await.unwrap()
}

async fn plan(connection: &mut SqliteConnection, scope: &Scope, search: &Search) -> String {
    let (sql, values) = searching::page_statement(Dialect::Sqlite, scope, search).build_sqlx(SqliteQueryBuilder);
    let rows = sqlx::query_with(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")), values);
    let rows = rows.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
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

/// What the inner statement, which chooses the rows, begins with, and whether it has to sort.
async fn check(search: Search, index: &str, sorts: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder).await;
    let plan = plan(&mut connection, &scope(&["north"]), &search).await;
    assert!(plan.contains(index), "{index} is not in\n{plan}");
    for scanned in ["SCAN study\n", "SCAN series\n", "SCAN instance\n", "SCAN study_name", "SCAN study_value"] {
        assert!(!plan.contains(scanned), "{scanned} is in\n{plan}");
    }
    // The rows of a page are put into their order once more after their contents were read.
    let sortings = plan.matches("USE TEMP B-TREE FOR ORDER BY").count();
    assert_eq!(sortings > 1, sorts, "{plan}");
}

#[tokio::test]
async fn the_newest_studies_are_walked_to() {
    check(Search::new(Level::Study), "study USING INDEX study_newest (facility=?)", false).await;
    let modality = with_keys(Level::Study, &[("ModalitiesInStudy", single("CT"))], false);
    check(modality, "study USING INDEX study_newest (facility=?)", false).await;
}

#[tokio::test]
async fn alternatives_are_tested_or_looked_up() {
    let any = |texts: &[&str]| Match::AnyOf(texts.iter().map(ToString::to_string).collect());
    for test in [any(&["CT", "MR"]), any(&["CT", "P*", "?R"])] {
        let studies = with_keys(Level::Study, &[("ModalitiesInStudy", test.clone())], false);
        check(studies, "study USING INDEX study_newest (facility=?)", false).await;
        let series = with_keys(Level::Series, &[("Modality", test)], false);
        check(series, "series USING INDEX series_listed (study=?)", false).await;
    }
    let listed = with_keys(Level::Study, &[("PatientID", any(&["A", "B"]))], false);
    check(listed, "study_patient_id (patient_id=?)", true).await;
    let begun = with_keys(Level::Study, &[("PatientID", any(&["A", "B*"]))], false);
    check(begun, "study_patient_id (patient_id>? AND patient_id<?)", true).await;
}

#[tokio::test]
async fn dates_are_walked_in_either_direction() {
    let date = SEARCH_KEYS.iter().find(|key| key.keyword == "StudyDate").unwrap();
    for level in [Level::Study, Level::Series, Level::Instance] {
        for descending in [false, true] {
            let order = OrderBy::new(date, descending).into_iter().collect();
            let search = Search { order, ..Search::new(level) };
            check(search, "study USING INDEX study_newest (facility=?)", false).await;
        }
    }
}

#[tokio::test]
async fn several_facilities_are_walked_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder).await;
    let plan = plan(&mut connection, &scope(&["north", "south"]), &Search::new(Level::Study)).await;
    assert!(plan.contains("study USING INDEX study_newest_anywhere"), "{plan}");
    assert_eq!(plan.matches("USE TEMP B-TREE FOR ORDER BY").count(), 1, "{plan}");
}

#[tokio::test]
async fn dates_are_a_range_of_the_order() {
    let range = Match::Range { from: Some("20240101".into()), to: Some("20240131".into()) };
    let search = with_keys(Level::Study, &[("StudyDate", range)], false);
    check(search, "study USING INDEX study_newest (facility=? AND study_date>? AND study_date<?)", false).await;
    let moment = |date: &str| Some(Moment { date: date.into(), time: "10".into() });
    let moments = Match::Moments { from: moment("20240101"), to: moment("20240131") };
    let search = with_keys(Level::Study, &[("StudyDate", moments)], false);
    check(search, "study USING INDEX study_newest (facility=? AND study_date>? AND study_date<?)", false).await;
}

#[tokio::test]
async fn texts_are_looked_up() {
    for (keyword, index) in [
        ("PatientID", "study_patient_id (patient_id=?)"),
        ("AccessionNumber", "study_accession_number (accession_number=?)"),
        ("StudyID", "study_study_id (study_id=?)"),
        ("PatientBirthDate", "study_patient_birth_date (patient_birth_date=?)"),
    ] {
        let value = if keyword == "PatientBirthDate" { "19700101" } else { "X" };
        check(with_keys(Level::Study, &[(keyword, single(value))], false), index, true).await;
    }
    let prefix = with_keys(Level::Study, &[("PatientID", wild("PAT12*"))], false);
    check(prefix, "study_patient_id (patient_id>? AND patient_id<?)", true).await;
}

#[tokio::test]
async fn parts_of_texts_are_looked_up() {
    for keyword in ["PatientName", "PatientID", "AccessionNumber", "StudyDescription"] {
        let search = with_keys(Level::Study, &[(keyword, wild("*xyz*"))], false);
        check(search, "SCAN study_gram VIRTUAL TABLE INDEX", true).await;
    }
}

#[tokio::test]
async fn names_are_looked_up() {
    let exact = with_keys(Level::Study, &[("PatientName", single("Doe^Jane"))], false);
    check(exact, "study_name USING COVERING INDEX study_name_folded (attribute=? AND folded=?)", true).await;
    let prefix = with_keys(Level::Study, &[("PatientName", wild("Doe*"))], false);
    check(prefix, "study_name_folded (attribute=? AND folded>? AND folded<?)", true).await;
    let fuzzy = with_keys(Level::Study, &[("PatientName", single("jane do"))], true);
    check(fuzzy, "word USING COVERING INDEX study_name_word_word (attribute=? AND word>? AND word<?)", true).await;
}

#[tokio::test]
async fn what_one_letter_has_in_it_is_walked_to() {
    for (test, fuzzy) in [(wild("*a*"), false), (single("a"), true)] {
        let search = with_keys(Level::Study, &[("PatientName", test)], fuzzy);
        check(search, "study USING INDEX study_newest (facility=?)", false).await;
    }
}

#[tokio::test]
async fn lower_levels_are_reached_through_their_study() {
    let study = "1.2.3".parse().unwrap();
    let series = Search { study: Some(study), ..Search::new(Level::Series) };
    check(series.clone(), "series USING INDEX series_listed (study=?)", false).await;
    let instances = Search { level: Level::Instance, series: Some("1.2.3.4".parse().unwrap()), ..series };
    check(instances, "instance USING INDEX instance_listed (series=?)", false).await;
    check(Search::new(Level::Instance), "study USING INDEX study_newest (facility=?)", false).await;
}

#[tokio::test]
async fn lower_levels_are_reached_by_their_uids() {
    let uid = |text: &str| Match::AnyUid(vec![text.parse().unwrap()]);
    let series = with_keys(Level::Series, &[("SeriesInstanceUID", uid("1.2"))], false);
    check(series, "series USING INDEX series_series_instance_uid (series_instance_uid=?)", true).await;
    let instance = with_keys(Level::Instance, &[("SOPInstanceUID", uid("1.2"))], false);
    check(instance, "instance USING INDEX sqlite_autoindex_instance_1 (facility=? AND sop_instance_uid=?)", false)
        .await;
    let step = with_keys(Level::Series, &[("ScheduledProcedureStepID", single("S"))], false);
    check(step, "series_scheduled_step (scheduled_procedure_step_id=?)", true).await;
}

fn at(level: Level, path: &[Tag], test: Match) -> Search {
    let key = dataset::search_key(path).unwrap();
    Search { keys: vec![SearchMatch { key, test }], ..Search::new(level) }
}

#[tokio::test]
async fn values_in_items_are_looked_up() {
    let (code, value, scheme) = (Tag(0x0008, 0x1032), Tag(0x0008, 0x0100), Tag(0x0008, 0x0102));
    let lead = "item_0 USING COVERING INDEX study_item_value (attribute=? AND value=?)";
    check(at(Level::Study, &[code, value], single("C1")), lead, true).await;
    let prefix = "study_item_value (attribute=? AND value>? AND value<?)";
    check(at(Level::Study, &[code, value], wild("C1*")), prefix, true).await;
    let mut together = at(Level::Study, &[code, value], single("C1"));
    together.keys.extend(at(Level::Study, &[code, scheme], single("DCM")).keys);
    check(together.clone(), lead, true).await;
    let beside = "study_item_value (attribute=? AND value=? AND study=? AND item=? AND inner_item=?)";
    check(together, beside, true).await;
    let request = [Tag(0x0040, 0x0275), Tag(0x0032, 0x1064), value];
    check(at(Level::Series, &request, single("C1")), "item_0 USING COVERING INDEX series_item_value", true).await;
    let referenced = [Tag(0x0008, 0x1140), Tag(0x0008, 0x1155)];
    let uid = Match::AnyUid(vec!["1.2".parse().unwrap()]);
    check(at(Level::Instance, &referenced, uid), "item_0 USING COVERING INDEX instance_item_value", true).await;
    let within = at(Level::Study, &[code, value], wild("*C1*"));
    check(within, "item_0 EXISTS USING COVERING INDEX study_item_of (study=? AND attribute=?)", false).await;
}

#[tokio::test]
async fn dates_in_a_zone_are_a_range_of_the_order() {
    let zone = Some(Zone { asked: "+0100".parse().unwrap(), stored: None });
    let range = Match::Range { from: Some("20240101".into()), to: Some("20240131".into()) };
    let search = Search { zone, ..with_keys(Level::Study, &[("StudyDate", range)], false) };
    let index = "study USING INDEX study_newest (facility=? AND study_date>? AND study_date<?)";
    check(search.clone(), index, false).await;
    check(search, "SEARCH study_value USING INDEX study_value_of (study=? AND attribute=?)", false).await;
}

#[tokio::test]
async fn every_search_key_has_its_column_and_every_level_its_tables() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder).await;
    for key in SEARCH_KEYS {
        for test in [single("1"), wild("*1*"), wild("1*")] {
            for fuzzy in [false, true] {
                let search = with_keys(Level::Instance, &[(key.keyword, test.clone())], fuzzy);
                assert!(plan(&mut connection, &scope(&["north"]), &search).await.contains("study"));
            }
        }
    }
    for key in ITEM_KEYS {
        for test in [single("1"), wild("*1*"), Match::Empty] {
            let search = at(Level::Instance, key.path, test);
            assert!(plan(&mut connection, &scope(&["north"]), &search).await.contains("item_0"));
        }
    }
}
