//! Search over HTTP, with a query service that notes what it is asked and answers as it is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::{Router, body::Body};
use gateway::{Config, Operations, Services, router};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use proto::query::v1::{
    Attribute, Level, ListDisagreementsRequest, ListDisagreementsResponse, Match, SearchRequest, SearchResponse,
    query_server::{Query, QueryServer},
};
use rpc::{Code, Context, Failure, Limits, Transport};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tonic::Status;
use tower::ServiceExt as _;

#[derive(Clone)]
struct Stub {
    answer: Arc<dyn Fn() -> Result<SearchResponse, Failure> + Send + Sync>,
    asked: Arc<Mutex<Vec<(Context, SearchRequest)>>>,
}

#[tonic::async_trait]
impl Query for Stub {
    async fn search(&self, request: tonic::Request<SearchRequest>) -> Result<tonic::Response<SearchResponse>, Status> {
        let context = Context::read(&request)?;
        self.asked.lock().unwrap().push((context, request.into_inner()));
        Ok(tonic::Response::new((self.answer)()?))
    }

    async fn list_disagreements(
        &self,
        _: tonic::Request<ListDisagreementsRequest>,
    ) -> Result<tonic::Response<ListDisagreementsResponse>, Status> {
        Err(Failure::new(Code::Unavailable, "only searches are answered").into())
    }
}

struct Setup {
    router: Router,
    asked: Arc<Mutex<Vec<(Context, SearchRequest)>>>,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Got {
    fn warnings(&self) -> Vec<&str> {
        self.headers.get_all("warning").iter().map(|value| value.to_str().unwrap()).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }
}

/// A way to a service that is not there: search needs only its own.
fn nowhere() -> Transport {
    Transport::new(tower::service_fn(async |_| Err(tonic::Status::unavailable("there is no such service"))))
}

impl Setup {
    fn new(answer: impl Fn() -> Result<SearchResponse, Failure> + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let stub = Stub { answer: Arc::new(answer), asked: Arc::clone(&asked) };
        let query = rpc::local(QueryServer::new(stub), &Limits::default());
        let services = Services::new(nowhere(), query, nowhere());
        let config = Config { facilities: vec!["north".parse().unwrap()], ..Config::default() };
        Self { router: router(services, config, Operations::default(), None), asked }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Got {
        let mut request = Request::get(path).header("host", "localhost:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got { status: parts.status, headers: parts.headers, body: serde_json::from_slice(&body).unwrap_or_default() }
    }

    fn asked(&self) -> (Context, SearchRequest) {
        self.asked.lock().unwrap().last().cloned().unwrap()
    }
}

fn nothing() -> Result<SearchResponse, Failure> {
    Ok(SearchResponse::default())
}

fn one_study() -> Result<SearchResponse, Failure> {
    let attribute = |tag, json: &'static str| Attribute { tag, json: json.into() };
    let study = Match {
        facility: "default".into(),
        study_instance_uid: "1.2.3".into(),
        series_instance_uid: String::new(),
        sop_instance_uid: String::new(),
        attributes: vec![
            attribute(0x0008_0061, r#"{"vr":"CS","Value":["CT"]}"#),
            attribute(0x0010_0010, r#"{"vr":"PN","Value":[{"Alphabetic":"DOE^J"}]}"#),
        ],
    };
    Ok(SearchResponse { matches: vec![study], remaining: 4, ..SearchResponse::default() })
}

#[tokio::test]
async fn a_study_list_is_dicom_json_with_addresses() {
    let setup = Setup::new(one_study);
    let got = setup
        .get(
            "/dicom-web/studies?limit=1&PatientName=DOE%5E*&includefield=00081030",
            &[("accept", "application/dicom+json")],
        )
        .await;

    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.header("content-type"), "application/dicom+json");
    assert_eq!(got.header("cache-control"), "private, no-cache");
    assert_eq!(
        got.body,
        json!([{
            "00080061": {"vr": "CS", "Value": ["CT"]},
            "00081190": {"vr": "UR", "Value": ["http://localhost:8080/dicom-web/studies/1.2.3"]},
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DOE^J"}]},
        }])
    );
    assert_eq!(
        got.warnings(),
        ["299 http://localhost:8080/dicom-web: There are 4 additional results that can be requested"]
    );
    let (context, request) = setup.asked();
    assert_eq!(context.facility, None);
    assert_eq!((request.level(), request.limit, request.offset), (Level::Study, 1, 0));
    assert_eq!(request.include, [0x0008_1030]);
    assert_eq!(request.keys[0].value, "DOE^*");
}

#[tokio::test]
async fn all_six_resources_reach_the_service() {
    let setup = Setup::new(nothing);
    for (path, level, study, series) in [
        ("/studies", Level::Study, "", ""),
        ("/series", Level::Series, "", ""),
        ("/instances", Level::Instance, "", ""),
        ("/studies/1.2/series", Level::Series, "1.2", ""),
        ("/studies/1.2/instances", Level::Instance, "1.2", ""),
        ("/studies/1.2/series/1.3/instances", Level::Instance, "1.2", "1.3"),
    ] {
        for (root, facility) in [("/dicom-web", None), ("/facilities/north/dicom-web", "north".parse().ok())] {
            let got = setup.get(&format!("{root}{path}"), &[]).await;
            assert_eq!((got.status, got.body), (StatusCode::OK, json!([])), "{path}");
            let (context, request) = setup.asked();
            assert_eq!(context.facility, facility);
            assert_eq!(request.level(), level);
            assert_eq!((request.study_instance_uid.as_str(), request.series_instance_uid.as_str()), (study, series));
        }
    }
}

#[tokio::test]
async fn malformed_parameters_are_named() {
    let setup = Setup::new(nothing);
    for (query, name) in [("limit=abc", "limit"), ("offset=-1", "offset"), ("fuzzymatching=1", "fuzzymatching")] {
        let got = setup.get(&format!("/dicom-web/studies?{query}"), &[]).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert_eq!(got.header("content-type"), "application/problem+json");
        assert!(got.body["detail"].as_str().unwrap().starts_with(name), "{}", got.body);
    }
    let got = setup.get(&format!("/dicom-web/studies?{}", "a".repeat(40_000)), &[]).await;
    assert_eq!(got.status, StatusCode::URI_TOO_LONG);
    assert_eq!(setup.get("/dicom-web/studies/abc/series", &[]).await.status, StatusCode::BAD_REQUEST);
    assert!(setup.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_ignored_is_a_warning_or_under_strict_handling_an_error() {
    let setup =
        Setup::new(|| Ok(SearchResponse { ignored_keys: vec!["00091002".into()], ..SearchResponse::default() }));
    let path = "/dicom-web/studies?00091002=x";
    let got = setup.get(path, &[]).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(
        got.warnings(),
        ["299 http://localhost:8080/dicom-web: The following parameters are not supported and were ignored: 00091002"]
    );

    let strict = setup.get(path, &[("prefer", "respond-async, handling=strict")]).await;
    assert_eq!(strict.status, StatusCode::BAD_REQUEST);
    assert_eq!(strict.body["detail"], "these parameters are not supported: 00091002");

    let unknown = setup.get("/dicom-web/studies?nonsense=x", &[("prefer", "handling=strict")]).await;
    assert_eq!(unknown.body["detail"], "these parameters are not supported: nonsense");
}

#[tokio::test]
async fn a_limit_of_nothing_counts() {
    let setup = Setup::new(one_study);
    let got = setup.get("/dicom-web/studies?limit=0", &[("prefer", "handling=strict")]).await;
    assert_eq!((got.status, got.body.clone()), (StatusCode::OK, json!([])));
    assert!(got.warnings()[0].ends_with("There are 5 additional results that can be requested"));
    assert_eq!(got.header("preference-applied"), "handling=strict");
}

#[tokio::test]
async fn representations_are_negotiated() {
    let setup = Setup::new(nothing);
    let plain = setup.get("/dicom-web/studies", &[("accept", "application/json")]).await;
    assert_eq!(plain.header("content-type"), "application/json");

    let refused = setup.get("/dicom-web/studies", &[("accept", "application/dicom+xml")]).await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(
        refused.body["supported"],
        json!(["application/dicom+json", "application/json", "multipart/related; type=\"application/dicom+xml\""])
    );

    let parameter = "/dicom-web/studies?accept=application/dicom+json";
    assert_eq!(setup.get(parameter, &[("accept", "text/html")]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn failures_of_the_service_keep_their_kind() {
    for (code, status) in [
        (Code::InvalidRequest, StatusCode::BAD_REQUEST),
        (Code::Busy, StatusCode::SERVICE_UNAVAILABLE),
        (Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE),
        (Code::Internal, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        let setup = Setup::new(move || Err(Failure::new(code, "why")));
        let got = setup.get("/dicom-web/studies", &[]).await;
        assert_eq!(got.status, status);
        assert_eq!(got.headers.contains_key("retry-after"), status == StatusCode::SERVICE_UNAVAILABLE);
    }
}
