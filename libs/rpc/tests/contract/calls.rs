//! Unary calls: answers, failures, metadata, panics, deadlines, callers that go away.

use crate::faulty::{Deployment, Place, delete, eventually, failure};
use access::{FacilityId, Principal, Role, WayIn};
use http::{HeaderMap, HeaderName, HeaderValue};
use rpc::{Code, Context, Failure, Limits, Trace};
use std::{sync::atomic::Ordering, time::Duration};
use tonic::Request;

near_and_far!(
    answers_and_failures_cross_whole,
    principal_and_trace_cross,
    a_panic_is_a_failed_call_and_no_more,
    a_call_past_its_deadline_fails_but_is_finished,
    a_caller_may_ask_for_less_time,
    a_caller_that_goes_away_does_not_stop_what_has_begun,
);

async fn answers_and_failures_cross_whole(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    assert_eq!(noctis.ingest.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    let expected = Failure {
        facilities: vec!["north".into(), "süd".into()],
        length: Some(77),
        ..Failure::new(Code::Conflict, "in two facilities, é and \"quotes\" too")
    };
    assert_eq!(failure(&mut noctis.ingest, "conflict").await, expected);
}

async fn principal_and_trace_cross(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let header = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let trace = Trace::of_headers(&HeaderMap::from_iter([(HeaderName::from_static("traceparent"), header)])).unwrap();
    let principal = Principal::new(
        "someone".into(),
        vec![Role::Administrator],
        vec![],
        FacilityId::default_facility(),
        WayIn::Trial,
    );
    let mut request = Request::new(delete("who"));
    Context { request_id: "r-17".into(), principal, facility: None }.attach(&mut request);
    trace.attach(&mut request);
    let status = noctis.ingest.delete(request).await.unwrap_err();
    assert_eq!(Failure::from(&status).facilities, ["r-17", "0af7651916cd43dd8448eb211c80319c"]);
}

async fn a_panic_is_a_failed_call_and_no_more(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    for _ in 0..3 {
        assert_eq!(failure(&mut noctis.ingest, "panic").await.code, Code::Internal);
        assert_eq!(noctis.ingest.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    }
}

async fn a_call_past_its_deadline_fails_but_is_finished(place: Place) {
    let mut noctis =
        Deployment::start(place, &Limits { answer: Duration::from_millis(100), ..Limits::default() }).await;
    assert_eq!(failure(&mut noctis.ingest, "slow").await.code, Code::Unavailable);
    assert!(!noctis.server.finished.load(Ordering::SeqCst), "it was answered before its end");
    eventually("work that has begun is finished", || noctis.server.finished.load(Ordering::SeqCst)).await;
}

async fn a_caller_may_ask_for_less_time(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let mut request = Request::new(delete("slow"));
    request.set_timeout(Duration::from_millis(50));
    let status = noctis.ingest.delete(request).await.unwrap_err();
    assert_eq!(Failure::from(&status).code, Code::Unavailable);
    assert!(!noctis.server.finished.load(Ordering::SeqCst), "it was answered before its end");
}

async fn a_caller_that_goes_away_does_not_stop_what_has_begun(place: Place) {
    let mut noctis = Deployment::start(place, &Limits::default()).await;
    let gone = tokio::time::timeout(Duration::from_millis(100), noctis.ingest.delete(delete("slow"))).await;
    assert!(gone.is_err(), "the caller went before the answer");
    eventually("work that has begun is finished", || noctis.server.finished.load(Ordering::SeqCst)).await;
}
