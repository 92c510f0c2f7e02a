//! Byte ranges (RFC 9110 chapter 14) of stored bytes and bulk values.

use harness::{Answer, TransferSyntax};

use crate::{
    ROOT,
    archive::{Archive, notes},
};

async fn ranged(archive: &Archive, path: &str, accept: &str, range: &str, status: u16) -> Answer {
    let request = archive.client().request(reqwest::Method::GET, &format!("{ROOT}{path}"));
    archive.client().send(request.header("accept", accept).header("range", range), status).await
}

#[tokio::test]
async fn ranges_of_instances_and_values() {
    let archive = Archive::open().await;
    let instance = archive.ct.instance(2);
    let value = format!("{}/bulkdata/00191030", archive.bulk.path());
    for (path, accept, whole) in [
        (instance.path(), "application/dicom", instance.bytes.to_vec()),
        (instance.path(), "application/dicom; transfer-syntax=*", instance.bytes.to_vec()),
        (instance.path(), "*/*", instance.bytes.to_vec()),
        (value.clone(), "application/octet-stream", notes()),
        (value, "*/*", notes()),
    ] {
        let length = whole.len();
        for (range, first, end) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=0-99".to_owned(), 0, 100),
            ("bytes=1000-".to_owned(), 1000, length),
            ("bytes=-10".to_owned(), length - 10, length),
            (format!("bytes=5-{}", length * 2), 5, length),
            (format!("bytes=-{}", length * 2), 0, length),
            (format!("bytes={}-", length - 1), length - 1, length),
        ] {
            let answer = ranged(&archive, &path, accept, &range, 206).await;
            assert_eq!(answer.body, whole[first..end], "{path} {range}");
            assert_eq!(answer.header("content-range").unwrap(), format!("bytes {first}-{}/{length}", end - 1));
            assert_eq!(answer.header("content-length").unwrap(), (end - first).to_string());
            assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        }
        for range in [format!("bytes={length}-"), "bytes=-0".to_owned(), format!("bytes={}-{}", length + 5, length + 9)]
        {
            let answer = ranged(&archive, &path, accept, &range, 416).await;
            assert_eq!(answer.header("content-range").unwrap(), format!("bytes */{length}"), "{range}");
            assert_eq!(answer.content_type(), "application/problem+json");
        }
        // What is no range, or several, is as if not asked for.
        for range in ["bytes=5-4", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes", "bytes=--5"] {
            assert_eq!(ranged(&archive, &path, accept, range, 200).await.body, whole, "{range}");
        }
    }
}

#[tokio::test]
async fn a_range_means_nothing_in_a_multipart_answer() {
    let archive = Archive::open().await;
    let accept = "multipart/related; type=\"application/dicom\"; transfer-syntax=*";
    let answer = ranged(&archive, &archive.ct.instance(1).path(), accept, "bytes=0-9", 200).await;
    assert_eq!(answer.parts()[0].body, archive.ct.instance(1).bytes);
    let series = ranged(&archive, &archive.ct.path(), "*/*", "bytes=0-9", 200).await;
    assert_eq!(series.parts().len(), 3);
}

#[tokio::test]
async fn what_is_rewritten_on_the_way_has_no_ranges() {
    let archive = Archive::open().await;
    let series = archive.encoded(TransferSyntax::ImplicitLittle);
    let path = series.instance(1).path();
    let whole = ranged(&archive, &path, "application/dicom", "bytes=0-9", 200).await;
    assert!(whole.body.len() > 8000);
    assert_eq!(whole.header("accept-ranges"), None);
    let stored = ranged(&archive, &path, "application/dicom; transfer-syntax=*", "bytes=128-131", 206).await;
    assert_eq!(&stored.body[..], b"DICM");
}

#[tokio::test]
async fn ranges_of_big_endian_and_deflated_values_are_of_what_is_sent() {
    let archive = Archive::open().await;
    for series in [&archive.big_endian, archive.encoded(TransferSyntax::Deflated)] {
        let path = format!("{}/bulkdata/7FE00010", series.instance(1).path());
        let whole = archive.client().get_as(&format!("{ROOT}{path}"), "application/octet-stream", 200).await.body;
        for (first, last) in [(0, 0), (1, 6), (4097, 4103), (whole.len() - 3, whole.len() - 1)] {
            let answer =
                ranged(&archive, &path, "application/octet-stream", &format!("bytes={first}-{last}"), 206).await;
            assert_eq!(answer.body, whole[first..=last], "{first}-{last}");
        }
    }
}

#[tokio::test]
async fn a_range_can_depend_on_the_version() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}", archive.ct.instance(1).path());
    let client = archive.client();
    let etag = client.get_as(&path, "application/dicom", 200).await.header("etag").unwrap().to_owned();
    for (condition, status, length) in [
        (etag.as_str(), 206, 10),
        ("\"another\"", 200, archive.ct.instance(1).bytes.len()),
        ("Sun, 22 Nov 2026 00:00:00 GMT", 200, archive.ct.instance(1).bytes.len()),
    ] {
        let request = client.request(reqwest::Method::GET, &path).header("accept", "application/dicom");
        let answer = client.send(request.header("range", "bytes=0-9").header("if-range", condition), status).await;
        assert_eq!(answer.body.len(), length, "{condition}");
    }
}

#[tokio::test]
async fn head_tells_that_there_are_ranges() {
    let archive = Archive::open().await;
    let instance = archive.ct.instance(1);
    for (path, accept, length) in [
        (instance.path(), "application/dicom", instance.bytes.len()),
        (format!("{}/bulkdata/00191030", archive.bulk.path()), "application/octet-stream", notes().len()),
    ] {
        let request =
            archive.client().request(reqwest::Method::HEAD, &format!("{ROOT}{path}")).header("accept", accept);
        let head = archive.client().send(request, 200).await;
        assert_eq!(head.header("accept-ranges"), Some("bytes"));
        assert_eq!(head.header("content-length").unwrap(), length.to_string());
        assert!(head.body.is_empty());
    }
}
