//! Entity tags: what a client has already is not sent again, and what has changed always is.

use harness::{Answer, Client, Series};

use crate::{ROOT, STUDIES, archive::Archive, builder};

async fn conditional(client: &Client, path: &str, etag: &str, status: u16) -> Answer {
    client.send(client.request(reqwest::Method::GET, path).header("if-none-match", etag), status).await
}

fn etag(answer: &Answer) -> String {
    let tag = answer.header("etag").expect("an ETag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "a strong tag: {tag}");
    tag
}

/// Every kind of resource of a series and its first instance.
fn resources(series: &Series) -> Vec<String> {
    let (study, path, instance) = (series.study_path(), series.path(), series.instance(1).path());
    let below = [
        study.clone(),
        path.clone(),
        instance.clone(),
        format!("{study}/metadata"),
        format!("{path}/metadata"),
        format!("{instance}/metadata"),
        format!("{instance}/frames/1"),
        format!("{instance}/bulkdata/7FE00010"),
        format!("{instance}/bulkdata"),
        format!("{path}/pixeldata"),
    ];
    below.map(|path| format!("{ROOT}{path}")).to_vec()
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let archive = Archive::open().await;
    let client = archive.client();
    for path in resources(&archive.ct) {
        let answer = client.get(&path, 200).await;
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"), "{path}");
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"), "{path}");
        let tag = etag(&answer);
        for condition in [tag.clone(), format!("\"x\", W/{tag}"), "*".to_owned()] {
            let again = conditional(&client, &path, &condition, 304).await;
            assert!(again.body.is_empty());
            assert_eq!((etag(&again), again.header("cache-control")), (tag.clone(), Some("private, no-cache")));
        }
        assert_eq!(conditional(&client, &path, "\"another\"", 200).await.header("etag"), Some(tag.as_str()));
    }
}

#[tokio::test]
async fn different_forms_have_different_tags() {
    let archive = Archive::open().await;
    let client = archive.client();
    let metadata = format!("{ROOT}{}/metadata", archive.ct.path());
    let packed = client.request(reqwest::Method::GET, &metadata).header("accept-encoding", "gzip");
    assert_ne!(etag(&client.send(packed, 200).await), etag(&client.get(&metadata, 200).await));
    let implicit = format!("{ROOT}{}", archive.encoded(harness::TransferSyntax::ImplicitLittle).instance(1).path());
    let stored = client.get_as(&implicit, "application/dicom; transfer-syntax=*", 200).await;
    let rewritten = client.get_as(&implicit, "application/dicom", 200).await;
    let multipart = client.get(&implicit, 200).await;
    let tags = [etag(&stored), etag(&rewritten), etag(&multipart)];
    assert!(tags[0] != tags[1] && tags[1] != tags[2] && tags[0] != tags[2], "{tags:?}");
}

#[tokio::test]
async fn a_store_changes_the_tags_of_what_it_belongs_to() {
    let server = builder().start().await;
    let client = server.client();
    let series = Series::small(2);
    client.store(STUDIES, [series.instance(1)], 200).await;
    let (study, path, instance) = (series.study_path(), series.path(), series.instance(1).path());
    let whole = [study.clone(), format!("{study}/metadata")].map(|path| format!("{ROOT}{path}"));
    let of_series = [path.clone(), format!("{path}/metadata")].map(|path| format!("{ROOT}{path}"));
    let of_instance = [instance.clone(), format!("{instance}/metadata"), format!("{instance}/frames/1")]
        .map(|path| format!("{ROOT}{path}"));

    let tags = async |paths: &[String]| {
        let mut found = Vec::new();
        for path in paths {
            found.push(etag(&client.get(path, 200).await));
        }
        found
    };
    let before = (tags(&whole).await, tags(&of_series).await, tags(&of_instance).await);
    // The same bytes again change nothing.
    client.store(STUDIES, [series.instance(1)], 200).await;
    assert_eq!((tags(&whole).await, tags(&of_series).await, tags(&of_instance).await), before);

    client.store(STUDIES, series.sibling(1).instances(), 200).await;
    let sibling = (tags(&whole).await, tags(&of_series).await, tags(&of_instance).await);
    assert!(sibling.0.iter().zip(&before.0).all(|(now, then)| now != then), "another series in the study");
    assert_eq!((&sibling.1, &sibling.2), (&before.1, &before.2));

    client.store(STUDIES, [series.instance(2)], 200).await;
    let second = (tags(&whole).await, tags(&of_series).await, tags(&of_instance).await);
    assert!(second.0.iter().zip(&sibling.0).all(|(now, then)| now != then), "another instance in the study");
    assert!(second.1.iter().zip(&sibling.1).all(|(now, then)| now != then), "another instance in the series");
    assert_eq!(second.2, before.2, "an instance is as it was");
    for path in whole.iter().chain(&of_series) {
        conditional(&client, path, &before.0[0], 200).await;
    }

    client.delete(&format!("{ROOT}{}", series.instance(2).path()), 204).await;
    let deleted = (tags(&whole).await, tags(&of_series).await);
    for (now, then) in deleted.0.iter().chain(&deleted.1).zip(second.0.iter().chain(&second.1)) {
        assert_ne!(now, then, "less than before");
    }
    // Never again a tag that stood for something else.
    assert!(deleted.1.iter().zip(&before.1).all(|(now, then)| now != then));
}
