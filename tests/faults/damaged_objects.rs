//! Objects that are missing or cut short, and an archive folder that is away: an error that says so, never a silent gap.

use harness::{AS_STORED, Instance, Series, Server, TransferSyntax};
use reqwest::Method;

use crate::{ROOT, STUDIES, builder, start};

/// Stores a series of three and puts other bytes in the place of the second instance's object, or nothing.
async fn damage(server: &Server, series: &Series, damage: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Vec<Instance> {
    let instances: Vec<Instance> = series.instances().collect();
    let client = server.client();
    client.store(STUDIES, [&instances[0], &instances[2]], 200).await;
    let others = server.object_names().await;
    client.store(STUDIES, [&instances[1]], 200).await;
    let object = server.object_names().await.into_iter().find(|object| !others.contains(object));
    let object = object.expect("an object for it");
    let bytes = server.object(&object).await;
    assert!(bytes == instances[1].bytes);
    server.damage_object(&object, damage(bytes)).await;
    instances
}

/// Asks for the whole of it: either an error, or a body that is broken off.
async fn assert_fails(server: &Server, path: &str, accept: &str) {
    let request = server.client().request(Method::GET, path).header("accept", accept);
    let Ok(answer) = request.send().await else { return };
    let status = answer.status().as_u16();
    match status {
        500..=599 => {}
        200 => assert!(answer.bytes().await.is_err(), "{path}: a whole answer although an object is damaged"),
        _ => panic!("{path}: {status}"),
    }
}

async fn assert_damage_is_told(server: &Server, series: &Series, instances: &[Instance]) {
    let client = server.client();
    for path in [format!("{ROOT}{}", series.path()), format!("{ROOT}{}", series.study_path())] {
        assert_fails(server, &path, AS_STORED).await;
    }
    let path = format!("{ROOT}{}", instances[1].path());
    let answer = client.get_as(&path, AS_STORED, 500).await;
    assert_eq!(answer.content_type(), "application/problem+json");
    assert_fails(server, &path, "multipart/related; type=\"application/dicom\"").await;
    assert_fails(server, &format!("{path}/frames/1"), "multipart/related; type=\"application/octet-stream\"").await;
    for whole in [&instances[0], &instances[2]] {
        assert_eq!(client.stored(&format!("{ROOT}{}", whole.path())).await, whole.bytes);
    }
    assert_eq!(client.count(&format!("{ROOT}{}/instances", series.path())).await, 3);
    assert_eq!(client.json(&format!("{ROOT}{}/metadata", series.path())).await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_missing_object() {
    let server = start().await;
    let series = Series::small(3);
    let instances = damage(&server, &series, |_| None).await;
    assert_damage_is_told(&server, &series, &instances).await;
    // It can be deleted like any other.
    server.client().delete(&format!("{ROOT}{}", instances[1].path()), 204).await;
    let rest = server.client().get_as(&format!("{ROOT}{}", series.path()), AS_STORED, 200).await.parts();
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn an_object_that_is_cut_short() {
    let server = start().await;
    let series = Series::small(3);
    let instances = damage(&server, &series, |bytes| Some(bytes[..2000].to_vec())).await;
    assert_damage_is_told(&server, &series, &instances).await;
}

#[tokio::test]
async fn an_object_that_cannot_be_converted_any_more() {
    let server = start().await;
    let series = Series::small(3).encoded(TransferSyntax::Deflated);
    let instances = damage(&server, &series, |mut bytes| {
        let half = bytes.len() / 2;
        bytes[half..].fill(0xFF);
        Some(bytes)
    })
    .await;
    let path = format!("{ROOT}{}", instances[1].path());
    assert_fails(&server, &path, "multipart/related; type=\"application/dicom\"").await;
    assert_fails(&server, &format!("{ROOT}{}", series.path()), "multipart/related; type=\"application/dicom\"").await;
}

#[tokio::test]
async fn an_archive_that_is_away_is_503_and_comes_back() {
    let server = builder().embedded().start().await;
    let client = server.client();
    let instance = Series::small(1).instance(1);
    client.store(STUDIES, [&instance], 200).await;
    let path = format!("{ROOT}{}", instance.path());
    let (here, away) = (server.data_dir().join("objects"), server.data_dir().join("away"));

    std::fs::rename(&here, &away).unwrap();
    let answer = client.get_as(&path, AS_STORED, 503).await;
    assert!(answer.header("retry-after").is_some());
    let store = client.store(STUDIES, [Series::small(1).instance(1)], 503).await;
    assert!(store.header("retry-after").is_some());
    let ready = client.get("/readyz", 503).await.json();
    assert_eq!(
        (&ready["dependencies"]["archive"], &ready["dependencies"]["catalog"]),
        (&"unavailable".into(), &"ok".into())
    );
    client.get("/healthz", 200).await;
    assert_eq!(client.count(&format!("{ROOT}/instances")).await, 1);

    std::fs::rename(&away, &here).unwrap();
    client.get("/readyz", 200).await;
    assert_eq!(client.stored(&path).await, instance.bytes);
    client.store(STUDIES, [Series::small(1).instance(1)], 200).await;
}
