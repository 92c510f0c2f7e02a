//! Measurements of stores, searches and reads: `cargo test -p catalog --bench speed` (`STUDIES` says how many studies
//! are searched). The blobs of metadata are small here: making them is not part of what is measured.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(dead_code, reason = "the contract tests use the rest of what is shared")]

#[path = "../tests/contract/fixture.rs"]
mod fixture;
#[path = "../tests/contract/sample.rs"]
mod sample;

use catalog::{DuplicatePolicy, Match, Search};
use dataset::Level;
use fixture::{Fixture, NOW, key, north, range, single, wild};
use sample::Sample;
use std::future::Future;
use std::time::{Duration, Instant};

async fn open(folder: std::path::PathBuf) -> Result<(catalog::CatalogWriter, catalog::CatalogReader), catalog::Error> {
    catalog::open_sqlite(&folder, catalog::SqliteOptions::default()).await
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// CPU time that the process has used, of all threads: what other programs do on the machine is not in it.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Runs something many times; wall time at the median, CPU time on average.
async fn measured<F: Future>(times: u32, run: impl Fn(u32) -> F) -> String {
    let mut walls = Vec::new();
    let before = cpu();
    for number in 0..times {
        let began = Instant::now();
        run(number).await;
        walls.push(began.elapsed());
    }
    format!("median {:?}, CPU {:?}", median(walls), (cpu() - before) / times)
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    stores().await;
    searches().await;
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

async fn stores() {
    for batch in [1_u32, 10, 100, 500] {
        let fixture = Fixture::new(|folder| Box::pin(open(folder))).await;
        let rounds = (4000 / batch).clamp(20, 400);
        let began = Instant::now();
        let store = |round| {
            let samples: Vec<Sample> = (0..batch).map(|n| image(round * batch / 300, 1, round * batch + n)).collect();
            let fixture = &fixture;
            async move { fixture.store_in(north(), &samples, DuplicatePolicy::Refuse, NOW).await.unwrap() }
        };
        let times = measured(rounds, store).await;
        let rate = f64::from(rounds * batch) / began.elapsed().as_secs_f64();
        println!("begin + commit of {batch}: {times}; {rate:.0} instances/s");
    }
}

/// What it is called, its keys, and whether they are fuzzy.
type Measured<'a> = (&'a str, &'a [(&'a str, Match)], bool);

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

    let tests: &[Measured] = &[
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
        let rows = fixture.search(&search).await.rows.len();
        let times = measured(100, |_| fixture.search(&search)).await;
        println!("search {name}: {rows} rows, {times}");
    }
    reads(&fixture, &series).await;
}

async fn reads(fixture: &Fixture, series: &[Sample]) {
    let scope = fixture.scope();
    let (reader, scope) = (&fixture.reader, &scope);
    let one = |number| reader.instance(scope, &series[number as usize % series.len()].uids);
    println!("instance(): {}", measured(2000, one).await);
    let metadata = |_| async move {
        let found = reader.find(scope, &series[0].series()).await.unwrap();
        assert_eq!(reader.metadata(&found, None, 1000).await.unwrap().len(), 300);
    };
    println!("find + metadata of 300: {}", measured(100, metadata).await);
}
