//! Stopping and starting again: answers under way are finished, and everything is still there.

use std::time::Duration;

use harness::{LargeMultiFrame, Series, multipart_chunks, sha256};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{ROOT, STUDIES, start};

#[tokio::test]
async fn a_download_under_way_is_finished() {
    let mut server = start().await;
    let object = LargeMultiFrame::of_size(32 << 20);
    server.client().store_chunks(STUDIES, multipart_chunks(object.chunks()), 200).await;
    let host = server.base().strip_prefix("http://").unwrap().to_owned();
    let mut connection = TcpStream::connect(&host).await.unwrap();
    let path = format!("{ROOT}/studies/{}/series/{}/instances/{}", object.study, object.series, object.instance);
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/dicom\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    connection.read_exact(&mut answer).await.unwrap();

    server.signal("TERM");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(TcpStream::connect(&host).await.is_err(), "nothing new is taken");
    assert!(server.is_running(), "it waits for the reader");
    connection.read_to_end(&mut answer).await.unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let whole: Vec<u8> = object.chunks().flatten().collect();
    assert_eq!(sha256(&answer[body..]), sha256(&whole));
    assert!(server.wait(Duration::from_secs(20)).await.success());
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let server = start().await;
    let series = Series::small(5);
    let compressed = Series::compressed(harness::TransferSyntax::RleLossless, 3);
    server.client().store(STUDIES, series.instances().chain(compressed.instances()), 200).await;
    server.client().delete(&format!("{ROOT}{}", series.instance(5).path()), 204).await;
    let ask = async |client: harness::Client| {
        let mut found = Vec::new();
        for path in [
            "/studies?includefield=all".to_owned(),
            "/series?PatientName=doe*".to_owned(),
            "/instances?includefield=all".to_owned(),
            format!("{}/metadata", series.path()),
            format!("{}/frames/3,1", compressed.instance(1).path()),
        ] {
            let answer = client.get(&format!("{ROOT}{path}"), 200).await;
            let etag = answer.header("etag").map(str::to_owned);
            // The port is another one after the start, and so are boundaries and the tags of what holds addresses.
            let body = match answer.content_type().starts_with("multipart") {
                true => answer.parts().iter().map(|part| sha256(&part.body)).collect(),
                false => answer.text().replace(client.base(), ""),
            };
            found.push((body, etag.map(|tag| tag[..33].to_owned())));
        }
        found
    };
    let before = ask(server.client()).await;
    let server = server.restart().await;
    assert_eq!(ask(server.client()).await, before);
    for instance in series.instances().take(4).chain(compressed.instances()) {
        assert_eq!(server.client().stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
    server.client().get(&format!("{ROOT}{}", series.instance(5).path()), 404).await;
}
