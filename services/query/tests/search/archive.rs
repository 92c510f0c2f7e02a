//! A small archive to search in, and answers that are easy to look into.

use access::{Principal, Role, WayIn};
use catalog::{CatalogWriter, Chunk, CommitOutcome, DuplicatePolicy, NewInstance, NewIntent, SqliteOptions, Timestamp};
use dataset::{Describer, Limits};
use harness::Series;
use proto::query::v1::{
    Disagreement, Key, Level, ListDisagreementsRequest, Match, SearchRequest, SearchResponse, query_client::QueryClient,
};
use rpc::{Context, Failure, Transport};
use serde_json::Value;
use std::ops::Deref;
use tempfile::TempDir;

/// What a test asks.
pub struct Asked {
    pub level: Level,
    pub study: String,
    pub series: String,
    pub keys: Vec<Key>,
    pub fuzzy: bool,
    pub include_all: bool,
    pub include: Vec<u32>,
    pub limit: u32,
    pub offset: u64,
    /// The facility in the path.
    pub facility: Option<&'static str>,
    /// What the principal sees besides `default`, its home.
    pub facilities: Vec<&'static str>,
}

/// Everything at this level that the home facility holds.
pub fn asked(level: Level) -> Asked {
    Asked {
        level,
        study: String::new(),
        series: String::new(),
        keys: Vec::new(),
        fuzzy: false,
        include_all: false,
        include: Vec::new(),
        limit: 0,
        offset: 0,
        facility: None,
        facilities: Vec::new(),
    }
}

impl Asked {
    /// With a key, named by its tag.
    pub fn key(self, tag: u32, value: &str) -> Self {
        self.path(&[tag], value)
    }

    /// With a key in a sequence.
    pub fn path(mut self, path: &[u32], value: &str) -> Self {
        let name = path.iter().map(|tag| format!("{tag:08X}")).collect::<Vec<_>>().join(".");
        self.keys.push(Key { path: path.to_vec(), name, value: value.into() });
        self
    }
}

/// The service over a catalog of three studies in the home facility.
pub struct Archive {
    /// CT and MR series of the first study, and the one series of each of the others.
    pub series: Vec<Series>,
    writer: CatalogWriter,
    client: QueryClient<Transport>,
    _folder: TempDir,
}

/// A study of one series with one instance.
pub fn study(name: &str, id: &str, date: &str) -> Series {
    Series { patient_name: name.into(), patient_id: id.into(), study_date: date.into(), ..Series::small(1) }
}

impl Archive {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (writer, reader) = catalog::open_sqlite(folder.path(), SqliteOptions::default()).await.unwrap();
        let server = query::server(query::Config::default(), reader);
        let client = QueryClient::new(rpc::local(server, &rpc::Limits::default()));
        let ct = Series { count: 3, ..study("Doe^Jane", "PID-A", "20240115") };
        let mr = Series { modality: "MR".into(), ..ct.sibling(2) };
        let second = Series {
            modality: "MR".into(),
            study_time: "081500".into(),
            accession_number: "ACC-B".into(),
            study_description: "MR Head".into(),
            ..study("Müller^Jörg", "PID-B", "20230601")
        };
        let third = Series { study_description: "Chest".into(), ..study("Doe^John^Q", "PID-C", "") };
        let archive = Self { series: vec![ct, mr, second, third], writer, client, _folder: folder };
        for series in &archive.series {
            archive.store("default", series).await;
        }
        archive
    }

    /// Commits all instances of a series.
    pub async fn store(&self, facility: &str, series: &Series) {
        let now = Timestamp(1_700_000_000_000);
        let instances: Vec<NewInstance> =
            series.instances().map(|instance| describe(facility, &instance.instance, &instance.bytes)).collect();
        let keys = instances.iter().map(|instance| instance.key.clone()).collect();
        let intent = self.writer.begin(NewIntent { keys, now }).await.unwrap();
        let facility = facility.parse().unwrap();
        let chunk = Chunk { intent, facility, instances, duplicates: DuplicatePolicy::Refuse, now };
        let outcomes = self.writer.commit(chunk).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, CommitOutcome::Stored { .. })), "{outcomes:?}");
    }

    pub async fn search(&self, asked: Asked) -> Found {
        let response = self.call(asked).await.unwrap();
        let matches = response.matches.iter().map(|found| Row { found: found.clone() }).collect();
        Found { matches, response }
    }

    pub async fn fail(&self, asked: Asked) -> Failure {
        Failure::from(&self.call(asked).await.err().unwrap())
    }

    /// Disagreements in the facilities of a principal whose home is this one.
    pub async fn disagreements(&self, home: &str, after: i64, limit: u32) -> Vec<Disagreement> {
        let mut request = tonic::Request::new(ListDisagreementsRequest { after, limit });
        context(home, &[], None).attach(&mut request);
        self.client.clone().list_disagreements(request).await.unwrap().into_inner().disagreements
    }

    async fn call(&self, asked: Asked) -> Result<SearchResponse, tonic::Status> {
        let context = context("default", &asked.facilities, asked.facility);
        let mut request = tonic::Request::new(SearchRequest {
            level: asked.level.into(),
            study_instance_uid: asked.study,
            series_instance_uid: asked.series,
            keys: asked.keys,
            fuzzy_matching: asked.fuzzy,
            include_all: asked.include_all,
            include: asked.include,
            limit: asked.limit,
            offset: asked.offset,
            ..SearchRequest::default()
        });
        context.attach(&mut request);
        Ok(self.client.clone().search(request).await?.into_inner())
    }
}

fn context(home: &str, facilities: &[&str], facility: Option<&str>) -> Context {
    let facilities = facilities.iter().map(|name| name.parse().unwrap()).collect();
    Context {
        request_id: "test".into(),
        principal: Principal::new(
            "tester".into(),
            vec![Role::Administrator],
            facilities,
            home.parse().unwrap(),
            WayIn::Trial,
        ),
        facility: facility.map(|name| name.parse().unwrap()),
    }
}

fn describe(facility: &str, instance: &str, bytes: &[u8]) -> NewInstance {
    let mut describer = Describer::new(Limits::default());
    describer.push(bytes).unwrap();
    let description = describer.finish().unwrap();
    let key = format!("{facility}/{instance}");
    NewInstance { description, key, stored_digest: [1; 32], received_digest: [1; 32] }
}

/// What a search found.
pub struct Found {
    pub matches: Vec<Row>,
    response: SearchResponse,
}

impl Deref for Found {
    type Target = SearchResponse;

    fn deref(&self) -> &SearchResponse {
        &self.response
    }
}

impl Found {
    /// Patient IDs, in order.
    pub fn patients(&self) -> Vec<String> {
        self.values(0x0010_0020)
    }

    /// The first value of an attribute in each match.
    pub fn values(&self, tag: u32) -> Vec<String> {
        self.matches.iter().map(|row| row.text(tag)).collect()
    }

    /// The first value of an attribute of numbers in each match.
    pub fn numbers(&self, tag: u32) -> Vec<i64> {
        self.matches.iter().map(|row| row.json(tag)["Value"][0].as_i64().unwrap()).collect()
    }

    /// SOP Instance UIDs, in order.
    pub fn instances(&self) -> Vec<String> {
        self.matches.iter().map(|row| row.found.sop_instance_uid.clone()).collect()
    }
}

/// One match.
pub struct Row {
    pub found: Match,
}

impl Row {
    pub fn tags(&self) -> Vec<u32> {
        self.found.attributes.iter().map(|attribute| attribute.tag).collect()
    }

    pub fn has(&self, tag: u32) -> bool {
        self.tags().contains(&tag)
    }

    /// The JSON object of an attribute.
    pub fn json(&self, tag: u32) -> Value {
        let attribute = self.found.attributes.iter().find(|attribute| attribute.tag == tag);
        let attribute = attribute.unwrap_or_else(|| panic!("{tag:08X} is missing among {:08X?}", self.tags()));
        serde_json::from_slice(&attribute.json).unwrap()
    }

    /// The first value, of a name the alphabetic group.
    pub fn text(&self, tag: u32) -> String {
        let value = &self.json(tag)["Value"][0];
        let text = if value.is_object() { &value["Alphabetic"] } else { value };
        text.as_str().unwrap_or_default().to_owned()
    }
}
