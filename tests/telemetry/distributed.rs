//! Traces of the archive as services over PostgreSQL and S3: one through four processes, and nothing about patients in them,
//! least of all where the database and the object store fail and say why.

use std::{path::Path, sync::Arc, time::Duration};

use harness::{
    LargeMultiFrame, Series, Server, ServerBuilder,
    distributed::{Place, Stores},
    multipart_body, multipart_content_type, postgres, s3,
};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use reqwest::Method;

use crate::{
    ROOT, STUDIES,
    collector::{Collector, Seen, text},
    traces::hexadecimal,
};

/// An orderly end, with the last spans.
const END: Duration = Duration::from_secs(60);
/// The trace that the client begins, and its place in it.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CLIENT: &str = "b7ad6b7169203331";

const STORE: &str = "POST /dicom-web/studies";
const SEARCH: &str = "GET /dicom-web/studies";
const FRAMES: &str = "GET /dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/{frames}";

/// Outages show in the time of a test.
fn builder(collector: &Collector) -> ServerBuilder {
    Server::builder(env!("CARGO_BIN_EXE_noctis"))
        .env("NOCTIS_TELEMETRY__OTLP_ENDPOINT", collector.endpoint())
        .env("NOCTIS_ARCHIVE__S3__RETRY_SECONDS", "2")
        .env("NOCTIS_ARCHIVE__S3__CONNECT_SECONDS", "1")
        .env("NOCTIS_ARCHIVE__S3__STALL_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__CONNECT_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__ACQUIRE_SECONDS", "1")
        .env("NOCTIS_CATALOG__POSTGRES__STATEMENT_SECONDS", "2")
}

/// Four processes over servers of the test's own, which it may stop.
async fn start() -> (Collector, Server, Place) {
    let collector = Collector::start().await;
    let stores = Arc::new(Stores::start().await);
    let place = stores.place(Path::new(env!("CARGO_BIN_EXE_noctis"))).await;
    let server = builder(&collector).start_distributed(place.clone()).await;
    (collector, server, place)
}

/// Lets all processes send what they have.
async fn end(mut server: Server) {
    for process in &mut server.services().unwrap().processes {
        process.signal("TERM");
    }
    for process in &mut server.services().unwrap().processes {
        assert!(process.wait(END).await.success());
    }
    assert!(server.terminate(END).await.success());
}

/// From the request down to a span: the process, the name and the kind of each.
fn way<'a>(trace: &'a [Seen], leaf: &'a Seen) -> Vec<(&'a str, &'a str, SpanKind)> {
    let mut way = Vec::new();
    let mut next = Some(leaf);
    while let Some(seen) = next {
        way.push((seen.service.as_str(), seen.span.name.as_str(), seen.span.kind()));
        next = trace.iter().find(|above| above.span.span_id == seen.span.parent_span_id);
    }
    way.reverse();
    way
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_through_four_processes() {
    let (collector, server, _place) = start().await;
    let (client, series) = (server.client(), Series::small(2));
    let parent = format!("00-{TRACE}-{CLIENT}-01");
    let content_type = multipart_content_type("application/dicom");
    let frames = format!("{ROOT}{}/frames/1", series.instance(2).path());
    for request in [
        client
            .request(Method::POST, STUDIES)
            .header("content-type", content_type)
            .body(multipart_body(series.instances())),
        client.request(Method::GET, &format!("{STUDIES}?PatientID={}", series.patient_id)),
        client.request(Method::GET, &frames),
    ] {
        client.send(request.header("traceparent", &parent), 200).await;
    }
    client.store_chunks(STUDIES, harness::multipart_chunks(LargeMultiFrame::of_size(12 << 20).chunks()), 200).await;
    end(server).await;

    let spans = collector.spans();
    let trace: Vec<Seen> = spans.iter().filter(|seen| hexadecimal(&seen.span.trace_id) == TRACE).cloned().collect();
    let gateway = "noctis-gateway";
    let (server, client, inside) = (SpanKind::Server, SpanKind::Client, SpanKind::Internal);
    for (process, request, call, between, name) in [
        ("noctis-ingest", STORE, "noctis.ingest.v1.Ingest/Store", Some("store"), "begin"),
        ("noctis-ingest", STORE, "noctis.ingest.v1.Ingest/Store", Some("store"), "commit"),
        ("noctis-ingest", STORE, "noctis.ingest.v1.Ingest/Store", Some("store"), "archive put"),
        ("noctis-query", SEARCH, "noctis.query.v1.Query/Search", None, "search"),
        ("noctis-retrieve", FRAMES, "noctis.retrieve.v1.Retrieve/Frames", None, "instance"),
        ("noctis-retrieve", FRAMES, "noctis.retrieve.v1.Retrieve/Frames", None, "archive stream"),
    ] {
        let of_operation = |seen: &&Seen| seen.span.name == name && seen.span.kind() == client;
        let leaf = trace.iter().find(of_operation).unwrap_or_else(|| panic!("no {name} in {trace:#?}"));
        let mut expected = vec![(gateway, request, server), (gateway, call, client), (process, call, server)];
        expected.extend(between.map(|between| (process, between, inside)));
        expected.push((process, name, client));
        assert_eq!(way(&trace, leaf), expected);
        let (kind, value) = match name.strip_prefix("archive ") {
            Some(_) => ("archive.kind", "s3"),
            None => ("db.system.name", "postgresql"),
        };
        assert_eq!(text(&leaf.span.attributes, kind).as_deref(), Some(value), "{name}");
    }
    for seen in &trace {
        let parent = &seen.span.parent_span_id;
        let above = trace.iter().find(|above| &above.span.span_id == parent);
        assert_eq!(above.is_none(), hexadecimal(parent) == CLIENT, "{seen:?} hangs in the air");
        if let Some(above) = above {
            assert!(
                above.span.start_time_unix_nano <= seen.span.start_time_unix_nano,
                "{seen:?} begins before its parent"
            );
        }
    }
    let upload = spans.iter().find(|seen| seen.span.name == "archive upload").unwrap();
    let names: Vec<_> = way(&spans, upload).into_iter().map(|(process, name, _)| (process, name)).collect();
    let call = "noctis.ingest.v1.Ingest/Store";
    let above = [(gateway, STORE), (gateway, call), ("noctis-ingest", call), ("noctis-ingest", "store")];
    assert_eq!(names, [above.as_slice(), &[("noctis-ingest", "archive upload")]].concat());
}

/// Makes the database answer a store with everything that is in the row, under an error code.
fn tell_everything(place: &Place, table: &str, code: &str) {
    place.database.run(&format!(
        "CREATE OR REPLACE FUNCTION catalog.tell() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
        RAISE EXCEPTION USING ERRCODE = '{code}', MESSAGE = NEW::TEXT, DETAIL = NEW::TEXT, HINT = NEW::TEXT; END $$; \
        GRANT EXECUTE ON FUNCTION catalog.tell() TO PUBLIC; \
        CREATE OR REPLACE TRIGGER tell BEFORE INSERT ON catalog.{table} FOR EACH ROW EXECUTE FUNCTION catalog.tell()"
    ));
}

/// What must not be in anything exported, each with what it is.
async fn secrets(place: &Place, series: &[&Series]) -> Vec<(&'static str, String)> {
    let mut secrets: Vec<(&'static str, String)> = ["Secretname", "Sarah", "ecretnam", "SECRET-77", "PatientName"]
        .map(|text| ("a patient", text.to_owned()))
        .into_iter()
        .chain(["SELECT", "INSERT", "DELETE FROM", "catalog.study"].map(|text| ("a statement", text.to_owned())))
        .collect();
    for series in series {
        secrets.extend([("a study", series.study.clone()), ("a series", series.series.clone())]);
        // Instances are numbered from 1.
        secrets.extend((1..=2).map(|number| ("an instance", series.instance(number).instance.clone())));
    }
    let s3 = place.stores.s3.lock().await;
    secrets.extend(s3.objects(&place.bucket).await.into_iter().map(|key| ("a key", key)));
    secrets.extend([("the bucket", place.bucket.clone()), ("the object store", s3.address())]);
    for identity in [s3::Identity::Writer, s3::Identity::Reader] {
        let (key, secret) = identity.keys();
        secrets.extend([("an access key", key.to_owned()), ("a secret key", secret.to_owned())]);
    }
    secrets.push(("a password", postgres::PASSWORD.to_owned()));
    secrets.push(("the database server", format!("127.0.0.1:{}", place.stores.postgres.port())));
    secrets.push(("a role", postgres::INGEST.to_owned()));
    secrets
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_of_database_and_object_store_tell_nothing_of_patients() {
    let (collector, mut server, place) = start().await;
    let client = server.client();
    let secret =
        || Series { patient_name: "Secretname^Sarah".into(), patient_id: "SECRET-77".into(), ..Series::small(2) };
    let (stored, refused) = (secret(), secret());
    let frames = |number| format!("{ROOT}{}/frames/1", stored.instance(number).path());
    let found = format!("{STUDIES}?PatientName=Secretname*&StudyInstanceUID={}", stored.study);
    client.store(STUDIES, stored.instances(), 200).await;
    client.get(&found, 200).await;
    client.get(&frames(1), 200).await;
    let secrets = secrets(&place, &[&stored, &refused]).await;
    assert!(secrets.iter().filter(|(what, _)| *what == "a key").count() >= 2);

    // The database refuses, with the row in its words: as a defect, as an outage, and as damage.
    for (code, status) in [("23514", 500), ("57014", 503), ("XX001", 500)] {
        tell_everything(&place, "study", code);
        client.store(STUDIES, refused.instances(), status).await;
    }
    place.database.run("DROP TRIGGER tell ON catalog.study");
    place.stores.postgres.stop();
    client.store(STUDIES, refused.instances(), 503).await;
    client.get(&found, 503).await;
    client.delete(&format!("{ROOT}{}", stored.instance(2).path()), 503).await;
    place.stores.postgres.start_again();
    harness::eventually(
        || "no search".into(),
        async || client.request(Method::GET, &found).send().await.is_ok_and(|answer| answer.status() == 200),
    )
    .await;

    // The object store knows no such key and no such bucket, both of which it names; then it is gone.
    place.stores.s3.lock().await.remove_bucket(&place.bucket).await;
    assert!(client.request(Method::GET, &frames(1)).send().await.unwrap().status().is_server_error());
    client.store(STUDIES, refused.instances(), 503).await;
    place.stores.s3.lock().await.stop();
    client.get(&frames(2), 503).await;
    client.store(STUDIES, refused.instances(), 503).await;

    let mut logs = server.output();
    logs.extend(server.services().unwrap().processes.iter().map(Server::output));
    end(server).await;
    let spans = collector.spans();
    for (kind, value) in [("db.system.name", "postgresql"), ("archive.kind", "s3")] {
        let failed = |seen: &&Seen| {
            text(&seen.span.attributes, kind).as_deref() == Some(value)
                && text(&seen.span.attributes, "error.type").as_deref() == Some("unavailable")
                && seen.span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
        };
        assert!(spans.iter().filter(failed).count() >= 2, "the failures of {value} are in the traces");
    }
    for seen in &spans {
        assert!(seen.span.events.is_empty() && seen.span.links.is_empty(), "{seen:?}");
        assert!(seen.span.status.as_ref().is_none_or(|status| status.message.is_empty()), "{seen:?}");
    }
    let bytes = collector.bytes();
    for (what, secret) in &secrets {
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "{what} was exported: {secret}"
        );
        let may_be_logged = matches!(*what, "the database server" | "the object store" | "a role" | "the bucket");
        assert!(may_be_logged || !logs.contains(secret), "{what} was logged: {secret}\n{logs}");
    }
}
