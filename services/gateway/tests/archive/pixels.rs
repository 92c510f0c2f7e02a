//! Frames, bulk data and pixel data.

use crate::noctis::Noctis;
use harness::{Instance, Series, TransferSyntax};
use reqwest::Method;

const OHIF: &str = "multipart/related; type=application/octet-stream; transfer-syntax=*";

async fn stored(series: &Series) -> (Noctis, Instance, String) {
    let noctis = Noctis::start().await;
    let instance = series.instance(1);
    noctis.client.store("/dicom-web/studies", [&instance], 200).await;
    let path = format!("/dicom-web{}", instance.path());
    (noctis, instance, path)
}

fn pixels(series: &Series) -> Vec<u8> {
    series.slice(1).iter().flat_map(|pixel| pixel.to_le_bytes()).collect()
}

#[tokio::test]
async fn a_native_frame_is_its_pixels() {
    let series = Series::small(1);
    let (noctis, _, path) = stored(&series).await;
    for accept in
        [OHIF, "*/*", "multipart/related; type=\"application/octet-stream\"", "multipart/related; type=\"*/*\""]
    {
        let answer = noctis.client.get_as(&format!("{path}/frames/1"), accept, 200).await;
        let parts = answer.parts();
        assert_eq!(parts.len(), 1, "{accept}");
        assert!(parts[0].body == pixels(&series), "{accept}");
        assert_eq!(parts[0].content_type(), "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1");
    }
    noctis.client.get(&format!("{path}/frames/2"), 404).await;
    noctis.client.get_as(&format!("{path}/frames/1"), "image/jpeg", 406).await;
}

#[tokio::test]
async fn big_endian_pixels_are_turned() {
    let series = Series::small(1).encoded(TransferSyntax::ExplicitBig);
    let (noctis, _, path) = stored(&series).await;
    let answer = noctis.client.get_as(&format!("{path}/frames/1"), "application/octet-stream", 200).await;
    assert!(answer.body == pixels(&series));
}

#[tokio::test]
async fn compressed_frames_come_as_codestreams_in_the_order_asked_for() {
    let series = Series::compressed(TransferSyntax::JpegBaseline, 3);
    let (noctis, _, path) = stored(&series).await;
    let answer = noctis.client.get_as(&format!("{path}/frames/3,1"), OHIF, 200).await;
    assert!(answer.content_type().starts_with("multipart/related; type=\"image/jpeg\""));
    let parts = answer.parts();
    assert!(parts.iter().all(|part| part.body.starts_with(&[0xFF, 0xD8])), "JPEG codestreams");
    assert!(parts[0].headers["content-location"].ends_with("/frames/3"));
    assert_eq!(parts[0].content_type(), "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50");
    let first = noctis.client.get_as(&format!("{path}/frames/1"), "image/jpeg", 200).await;
    assert_eq!(first.body, parts[1].body);
    // Percent-encoded commas are commas.
    assert_eq!(noctis.client.get_as(&format!("{path}/frames/1%2C2"), OHIF, 200).await.parts().len(), 2);
    // Pixels that cannot be decompressed here are sent as they are where no syntax is named, and else not at all.
    let unnamed = noctis.client.get_as(&format!("{path}/frames/1"), "application/octet-stream", 200).await;
    assert_eq!(unnamed.content_type(), "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50");
    let explicit = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1";
    let body = noctis.client.get_as(&format!("{path}/frames/1"), explicit, 406).await.json();
    assert_eq!(body["supported"][0], "multipart/related; type=\"image/jpeg\"; transfer-syntax=1.2.840.10008.1.2.4.50");
}

#[tokio::test]
async fn pixel_data_and_bulk_data_are_resources() {
    let series = Series::small(1);
    let (noctis, _, path) = stored(&series).await;
    for resource in [format!("{path}/pixeldata"), format!("/dicom-web{}/pixeldata", series.study_path())] {
        let parts = noctis.client.get(&resource, 200).await.parts();
        assert!(parts.len() == 1 && parts[0].body == pixels(&series), "{resource}");
    }
    let all = noctis.client.get(&format!("{path}/bulkdata"), 200).await.parts();
    let location = all.iter().find(|part| part.body == pixels(&series)).unwrap().headers["content-location"].clone();
    let address = location.strip_prefix(noctis.client.base()).unwrap();
    let single = noctis.client.get_as(address, "application/octet-stream", 200).await;
    assert!(single.body == pixels(&series), "the part's own address leads to it");
    let ranged = noctis.client.request(Method::GET, address).header("range", "bytes=2-5");
    let ranged = noctis.client.send(ranged, 206).await;
    assert_eq!(&ranged.body[..], &pixels(&series)[2..6]);
    noctis.client.get(&format!("{path}/bulkdata/00420011"), 404).await;

    // The same address stands in the metadata.
    let metadata = noctis.client.json(&format!("{path}/metadata")).await;
    assert_eq!(metadata[0]["7FE00010"]["BulkDataURI"], location);
}
