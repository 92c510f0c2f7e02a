//! Searching 2,000 studies: the newest 100, the viewer's own list, a name by its middle.

use crate::{
    load,
    measure::{Samples, timed},
    peer::Pair,
    table::{Comparison, Table},
};
use harness::{Instance, NAMES, Series};

const STUDIES: usize = 2000;
const REQUESTS: usize = 20;

const SEARCHES: [(&str, &str); 3] = [
    ("list 100 of 2,000 studies", "/studies?limit=100"),
    (
        "OHIF's study list",
        "/studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030,00080060,00080090,00100030",
    ),
    ("name by wildcard", "/studies?limit=101&offset=0&PatientName=*number01*&includefield=00081030,00080060"),
];

/// Runs the load.
///
/// # Errors
/// A server that fails.
pub async fn run(peers: &Pair, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let studies: Vec<Instance> = (0..STUDIES).map(study).collect();
    load::fill(peers.all(), &studies).await?;
    for (name, path) in SEARCHES {
        let mut samples = [Samples::default(), Samples::default()];
        for round in 0..=rounds {
            for (server, samples) in peers.all().zip(&mut samples) {
                for _ in 0..REQUESTS {
                    let request = server.client.get(path, &[("accept", "application/dicom+json")]);
                    let (length, time) = timed(request).await?;
                    anyhow::ensure!(length > 1000, "{name}: an answer of {length} bytes");
                    if round > 0 {
                        samples.add_time(time);
                    }
                }
            }
        }
        let [noctis, orthanc] = &samples;
        if peers.orthanc.is_some() {
            let how = Comparison { unit: "ms, p50", more_is_better: false, quantile: 0.5, target: 0.05 };
            table.add(name, noctis, "Orthanc", orthanc, how);
        }
    }
    Ok(())
}

/// A study of one small instance. Its name holds a number of three digits, so that a search for two finds some.
fn study(number: usize) -> Instance {
    let mut series = Series::small(1);
    let family = NAMES[number % NAMES.len()].0.split(['^', '=']).next().unwrap_or("Doe");
    series.patient_name = format!("{family}^Number{:03}", number % 1000);
    series.study_date = format!("20{:02}{:02}{:02}", 10 + number % 15, 1 + number % 12, 1 + number % 28);
    series.instance(1)
}
