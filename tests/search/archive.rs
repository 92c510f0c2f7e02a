//! The archive that most searches go to: seven studies, read only. A study's letter is the end of its Patient ID.

use std::sync::Arc;

use harness::{Answer, Client, Series, Server, Shared};
use serde_json::Value;

use crate::{STUDIES, builder, first};

/// A running server with studies A to G in it.
pub struct Archive {
    pub server: Server,
    /// Study A: three CT slices.
    pub ct: Series,
    /// Study A as well: two instances of MR.
    pub mr: Series,
    /// The series of B to G, one instance each.
    pub others: Vec<Series>,
}

static ARCHIVE: Shared<Archive> = Shared::new();

/// Letter, name, study date, time, modality, description.
const OTHERS: [[&str; 6]; 6] = [
    ["B", "Müller^Jürgen^^Dr.", "20230601", "0815", "MR", "Head [7T] 50%_x"],
    ["C", "Yamada^Tarou=山田^太郎=やまだ^たろう", "20240229", "101500.25", "US", "左膝 Knie"],
    ["D", "Doe^John", "20240115", "235959", "CT", "CT Head"],
    ["E", "García Núñez^María José", "20210704", "1200", "CT", "It's \"quoted\""],
    ["F", "O'Brien^Siobhán", "20240115", "000000", "PT", ""],
    ["G", "Lee^Soyeon=李^昭娟=이^소연", "", "", "NM", "Bone scan"],
];

impl Archive {
    /// The archive, shared with the tests that run at the same time.
    pub async fn open() -> Arc<Self> {
        ARCHIVE.get(Self::fill).await
    }

    async fn fill() -> Self {
        let server = builder().start().await;
        let tiny = Series { rows: 16, columns: 16, ..Series::ct(3) };
        let ct = Series { patient_id: "PID-A".into(), accession_number: "ACC-A".into(), ..tiny.clone() };
        let mr = Series { modality: "MR".into(), series_description: "MR Thorax".into(), ..ct.sibling(2) };
        let others: Vec<Series> = OTHERS.iter().map(|row| study(&tiny, row)).collect();
        let client = server.client();
        for series in [&ct, &mr].into_iter().chain(&others) {
            client.store(STUDIES, series.instances(), 200).await;
        }
        Self { server, ct, mr, others }
    }

    pub fn client(&self) -> Client {
        self.server.client()
    }

    /// The series of the study with this letter, from B on.
    pub fn study(&self, letter: &str) -> &Series {
        self.others.iter().find(|series| series.patient_id.ends_with(letter)).expect("one of B to G")
    }

    /// The answer to a search below the root, such as `/series?Modality=CT`.
    pub async fn get(&self, path: &str) -> Answer {
        self.client().get(&format!("/dicom-web{path}"), 200).await
    }

    /// The matches of a search.
    pub async fn matches(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        answer.json().as_array().expect("a list").clone()
    }

    /// The studies that match a query, as their letters in order of the alphabet. Nothing of the query is ignored.
    pub async fn studies(&self, query: &str) -> String {
        let answer = self.get(&format!("/studies?{query}")).await;
        assert_eq!(answer.header("warning"), None, "{query}");
        letters(&answer.json())
    }

    /// Checks which studies match which query.
    pub async fn check(&self, queries: &[(&str, &str)]) {
        for (query, expected) in queries {
            assert_eq!(self.studies(query).await, *expected, "{query}");
        }
    }
}

/// The letters of the studies in an answer, in order of the alphabet.
pub fn letters(rows: &Value) -> String {
    let last = |row: &Value| first(row, "00100020").as_str().unwrap().chars().last().unwrap();
    let mut letters: Vec<char> = rows.as_array().unwrap().iter().map(last).collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn study(like: &Series, [letter, name, date, time, modality, description]: &[&str; 6]) -> Series {
    let fresh = Series::ct(1);
    Series {
        patient_id: format!("PID-{letter}"),
        patient_name: (*name).into(),
        birth_date: if *letter == "E" { "19800229" } else { "19610412" }.into(),
        sex: if *letter == "G" { "O" } else { "F" }.into(),
        study_date: (*date).into(),
        study_time: (*time).into(),
        study_description: (*description).into(),
        accession_number: if *letter == "B" { "A[1]*".into() } else { format!("ACC-{letter}") },
        modality: (*modality).into(),
        rows: like.rows,
        columns: like.columns,
        ..fresh
    }
}
