//! Multipart bodies as clients really write them (RFC 2046 5.1.1, PS3.18 8.6.1.2.1).

use bytes::Bytes;
use harness::{Answer, Client, DataSet, Instance, Series, Value, multipart_body, multipart_content_type};
use reqwest::Method;

use crate::{ROOT, STUDIES, start};

async fn send(client: &Client, content_type: &str, body: impl Into<reqwest::Body>, expected: u16) -> Answer {
    let request = client.request(Method::POST, STUDIES).header("content-type", content_type).body(body);
    client.send(request, expected).await
}

async fn assert_stored(client: &Client, instance: &Instance) {
    assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
}

/// A body of one part with this boundary.
fn body(boundary: &str, instance: &Instance) -> Vec<u8> {
    let mut body = format!("--{boundary}\r\nContent-Type: application/dicom\r\n\r\n").into_bytes();
    body.extend_from_slice(&instance.bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

#[tokio::test]
async fn any_way_to_write_the_content_type_is_taken() {
    let server = start().await;
    let long = "b".repeat(70);
    let long_quoted = format!("multipart/related; type=\"application/dicom\"; boundary={long}");
    for (content_type, boundary) in [
        (r#"multipart/related; type="application/dicom"; boundary=abc"#, "abc"),
        ("multipart/related; type=application/dicom; boundary=abc", "abc"),
        (r#"multipart/related;type="application/dicom";boundary="abc""#, "abc"),
        (r#"Multipart/Related; Boundary=abc; TYPE="Application/DICOM""#, "abc"),
        (r#"multipart/related; type="application/dicom"; transfer-syntax=*; boundary=abc"#, "abc"),
        (r#"multipart/related; type="application/dicom; transfer-syntax=1.2.840.10008.1.2.1"; boundary=abc"#, "abc"),
        (r#"multipart/related; type="application/dicom"; boundary="=_a'(b)+c,d-e./f:g?h i""#, "=_a'(b)+c,d-e./f:g?h i"),
        (
            r#"multipart/related; type="application/dicom"; boundary=----WebKitFormBoundary7MA4"#,
            "----WebKitFormBoundary7MA4",
        ),
        (r#"multipart/related; type="application/dicom"; boundary=x"#, "x"),
        ("multipart/related; boundary=abc", "abc"),
        (&long_quoted, &long),
    ] {
        let instance = Series::small(1).instance(1);
        let response = send(&server.client(), content_type, body(boundary, &instance), 200).await.store_response();
        assert_eq!(response.stored[0].instance, instance.instance, "{content_type}");
        assert_stored(&server.client(), &instance).await;
    }
}

#[tokio::test]
async fn many_parts_are_answered_in_their_order() {
    let server = start().await;
    let series = Series { rows: 16, columns: 16, ..Series::ct(230) };
    let instances: Vec<Instance> = series.instances().collect();
    let response = server.client().store(STUDIES, &instances, 200).await.store_response();
    let answered: Vec<&str> = response.stored.iter().map(|stored| stored.instance.as_str()).collect();
    let sent: Vec<&str> = instances.iter().map(|instance| instance.instance.as_str()).collect();
    assert_eq!(answered, sent);
    assert_eq!(response.retrieve_url.unwrap(), format!("{}{ROOT}{}", server.base(), series.study_path()));
    for instance in [&instances[0], &instances[99], &instances[100], &instances[229]] {
        assert_stored(&server.client(), instance).await;
    }
}

#[tokio::test]
async fn instances_of_two_studies_have_no_retrieve_url_in_common() {
    let server = start().await;
    let instances = [Series::small(1).instance(1), Series::small(1).instance(1)];
    let response = server.client().store(STUDIES, &instances, 200).await.store_response();
    assert_eq!((response.retrieve_url.as_deref(), response.stored.len()), (None, 2));
    for instance in &instances {
        assert_stored(&server.client(), instance).await;
    }
}

#[tokio::test]
async fn headers_padding_preamble_and_epilogue_are_no_content() {
    let server = start().await;
    let series = Series::small(3);
    let parts: Vec<Instance> = series.instances().collect();
    let mut body = b"This is a preamble.\r\nIt is to be ignored.\r\n--abc  \t\r\n".to_vec();
    body.extend_from_slice(b"content-type:application/dicom;transfer-syntax=1.2.840.10008.1.2.1\r\n");
    body.extend_from_slice(b"MIME-Version: 1.0\r\nContent-Location: /x\r\nContent-Length: 3\r\n\r\n");
    body.extend_from_slice(&parts[0].bytes);
    body.extend_from_slice(b"\r\n--abc\r\n\r\n"); // no header at all
    body.extend_from_slice(&parts[1].bytes);
    body.extend_from_slice(b"\r\n--abc\r\nContent-Type: APPLICATION/DICOM\r\n\r\n");
    body.extend_from_slice(&parts[2].bytes);
    body.extend_from_slice(b"\r\n--abc-- \r\nThis is the epilogue. --abc\r\n");
    send(&server.client(), "multipart/related; type=\"application/dicom\"; boundary=abc", body, 200).await;
    for part in &parts {
        assert_stored(&server.client(), part).await;
    }
}

#[tokio::test]
async fn the_last_line_break_may_be_missing() {
    let server = start().await;
    let instance = Series::small(1).instance(1);
    let mut body = body("abc", &instance);
    body.truncate(body.len() - 2);
    send(&server.client(), "multipart/related; type=\"application/dicom\"; boundary=abc", body, 200).await;
    assert_stored(&server.client(), &instance).await;
}

#[tokio::test]
async fn what_looks_like_a_delimiter_inside_an_instance_is_content() {
    let server = start().await;
    let series = Series::small(1);
    let mut set: DataSet = series.data_set(1);
    let tricks = b"--abc\r\n--ab\r\n\r\n-abc--\r\n\r\r\n--a\r\n--".to_vec();
    set.put(0x0019_1030, "OB", Value::Bytes(tricks.clone())).put(0x7FE0_0010, "OW", Value::Bytes(tricks));
    let instance = series.finish(set);
    let content_type = "multipart/related; type=\"application/dicom\"; boundary=abc";
    let whole = Bytes::from(body("abc", &instance));
    // In chunks of all small lengths, so that the delimiter is cut at every place.
    for length in [1, 2, 3, 7, 64] {
        let chunks: Vec<Bytes> = whole.chunks(length).map(Bytes::copy_from_slice).collect();
        let stream = futures::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
        send(&server.client(), content_type, reqwest::Body::wrap_stream(stream), 202).await;
    }
    assert_stored(&server.client(), &instance).await;
}

#[tokio::test]
async fn parts_of_another_type_fail_alone() {
    let server = start().await;
    let instance = Series::small(1).instance(1);
    let mut body =
        b"--abc\r\nContent-Type: text/plain\r\n\r\nhello\r\n--abc\r\nContent-Type: application/dicom\r\n\r\n".to_vec();
    body.extend_from_slice(&instance.bytes);
    body.extend_from_slice(b"\r\n--abc--\r\n");
    let content_type = "multipart/related; type=\"application/dicom\"; boundary=abc";
    let response = send(&server.client(), content_type, body, 202).await.store_response();
    assert_eq!((response.stored.len(), response.other_failures), (1, vec![0xC000]));
    assert_stored(&server.client(), &instance).await;
}

#[tokio::test]
async fn a_body_that_breaks_its_framing_is_400_and_what_was_whole_is_kept() {
    let server = start().await;
    let client = server.client();
    let instances: Vec<Instance> = Series::small(2).instances().collect();
    let whole = multipart_body(&instances);
    let content_type = multipart_content_type("application/dicom");
    // Cut in the middle of the second instance: the first one is complete.
    let cut = whole[..whole.len() - 1000].to_vec();
    let answer = send(&client, &content_type, cut, 400).await;
    assert_eq!(answer.content_type(), "application/problem+json");
    assert_eq!(answer.json()["status"], 400);
    assert_stored(&client, &instances[0]).await;
    client.get(&format!("{ROOT}{}", instances[1].path()), 404).await;

    send(&client, "multipart/related; type=\"application/dicom\"", whole.clone(), 400).await;
    send(&client, "multipart/related; type=\"application/dicom\"; boundary=other", whole, 400).await;
    send(&client, &content_type, "", 400).await;
    send(&client, &content_type, format!("--{}--\r\n", harness::BOUNDARY), 400).await;
}
