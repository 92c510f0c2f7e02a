//! Measurements, not run by default: `cargo test -p catalog --test speed -- --ignored --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

mod contract {
    pub mod fixture;
    pub mod sample;
}

use catalog::{DuplicatePolicy, Match, Search};
use contract::fixture::{Fixture, NOW, key, north, range, single, wild};
use contract::sample::Sample;
use dataset::Level;
use std::time::{Duration, Instant};

async fn open(folder: std::path::PathBuf) -> Result<(catalog::CatalogWriter, catalog::CatalogReader), catalog::Error> {
    catalog::open_sqlite(&folder, catalog::SqliteOptions::default()).await
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// An instance with as many attributes as a CT image has.
fn image(study: u32, series: u32, instance: u32) -> Sample {
    Sample::new(study, series, instance)
        .with("PatientName", &format!("Family{}^Given{study}", study % 997))
        .with("PatientID", &format!("PAT{study:06}"))
        .with("AccessionNumber", &format!("ACC{study:07}"))
        .with("StudyDate", &format!("20{:02}{:02}{:02}", study % 25, study % 12 + 1, study % 28 + 1))
        .with("StudyDescription", ["CT Thorax", "MR Knee", "CT Abdomen", "CR Hand"][study as usize % 4])
        .with("Modality", ["CT", "MR", "CT", "CR"][study as usize % 4])
        .with("ImageType", "ORIGINAL\\PRIMARY\\AXIAL")
        .with("AcquisitionDate", "20240131")
        .with("AcquisitionTime", "103000.123")
        .with("ContentTime", "103001.5")
        .with("Rows", "512")
        .with("Columns", "512")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn stores() {
    for batch in [1_u32, 10, 100, 500] {
        let fixture = Fixture::new(|folder| Box::pin(open(folder))).await;
        let rounds = (4000 / batch).clamp(20, 400);
        let mut times = Vec::new();
        for round in 0..rounds {
            let samples: Vec<Sample> = (0..batch).map(|n| image(round * batch / 300, 1, round * batch + n)).collect();
            let began = Instant::now();
            fixture.store_in(north(), &samples, DuplicatePolicy::Refuse, NOW).await.unwrap();
            times.push(began.elapsed());
        }
        let total: Duration = times.iter().sum();
        println!(
            "begin + commit of {batch}: median {:?}, {:.0} instances/s",
            median(times),
            f64::from(rounds * batch) / total.as_secs_f64()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn searches() {
    let fixture = Fixture::new(|folder| Box::pin(open(folder))).await;
    let began = Instant::now();
    let studies = std::env::var("STUDIES").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000_u32);
    for first in (0..studies).step_by(500) {
        let samples: Vec<Sample> = (first..first + 500).map(|study| image(study, 1, 1)).collect();
        fixture.store_in(north(), &samples, DuplicatePolicy::Refuse, NOW).await.unwrap();
    }
    println!("{studies} studies of one instance: {:.0}/s", f64::from(studies) / began.elapsed().as_secs_f64());
    let series: Vec<Sample> = (0..300).map(|n| image(studies, 1, n)).collect();
    fixture.store_in(north(), &series, DuplicatePolicy::Refuse, NOW).await.unwrap();

    let tests: &[(&str, &[(&str, Match)], bool)] = &[
        ("newest", &[], false),
        ("date range", &[("StudyDate", range("20230101", "20231231"))], false),
        ("patient id", &[("PatientID", single("PAT000777"))], false),
        ("accession *", &[("AccessionNumber", wild("ACC00007*"))], false),
        ("name prefix", &[("PatientName", wild("family12*"))], false),
        ("name *x*", &[("PatientName", wild("*ven777*"))], false),
        ("name *xy* broad", &[("PatientName", wild("*ly1*"))], false),
        ("name *x* one letter", &[("PatientName", wild("*z*"))], false),
        ("name fuzzy", &[("PatientName", single("given77 fam"))], true),
        ("description *x*", &[("StudyDescription", wild("*Knee*"))], false),
        ("modality", &[("ModalitiesInStudy", single("MR"))], false),
        ("modality, none", &[("ModalitiesInStudy", single("XX"))], false),
        ("modality + date", &[("ModalitiesInStudy", single("MR")), ("StudyDate", range("20230101", ""))], false),
    ];
    for (name, keys, fuzzy) in tests {
        let keys: Vec<_> = keys.iter().map(|(keyword, test)| key(keyword, test.clone())).collect();
        let search = Search { keys, fuzzy: *fuzzy, limit: 101, ..Search::new(Level::Study) };
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..30 {
            let began = Instant::now();
            rows = fixture.search(&search).await.rows.len();
            times.push(began.elapsed());
        }
        println!("search {name}: {rows} rows, median {:?}", median(times));
    }
    reads(&fixture, &series).await;
}

async fn reads(fixture: &Fixture, series: &[Sample]) {
    let scope = fixture.scope();
    let (mut one, mut all) = (Vec::new(), Vec::new());
    for sample in series {
        let began = Instant::now();
        fixture.reader.instance(&scope, &sample.uids).await.unwrap();
        one.push(began.elapsed());
    }
    for _ in 0..30 {
        let began = Instant::now();
        let found = fixture.reader.find(&scope, &series[0].series()).await.unwrap();
        assert_eq!(fixture.reader.metadata(&found, None, 1000).await.unwrap().len(), 300);
        all.push(began.elapsed());
    }
    println!("instance(): median {:?}; find + metadata of 300: median {:?}", median(one), median(all));
}
