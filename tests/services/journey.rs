//! Store, search and retrieve through the gateway are what they are in one process.

use bytes::Bytes;
use harness::{AS_STORED, Answer, LargeMultiFrame, Series, multipart_chunks, new_uid, test_files};
use reqwest::Method;

use crate::{ROOT, STUDIES, deployment::Deployment};

#[tokio::test]
async fn what_is_stored_is_found_and_comes_back_bit_for_bit() {
    let noctis = Deployment::start().await;
    let client = noctis.client();
    let series = Series::ct(12);
    client.store(STUDIES, series.instances(), 200).await;

    let found = client.find_instances(&format!("{ROOT}/instances")).await;
    assert_eq!(found.len(), 12);
    let studies = client.json(&format!("{STUDIES}?PatientName={}", series.patient_name)).await;
    assert_eq!(studies[0]["0020000D"]["Value"][0], series.study.as_str());
    assert_eq!(studies[0]["00201208"]["Value"][0], 12);
    for instance in series.instances() {
        assert_eq!(client.stored(&format!("{ROOT}{}", instance.path())).await, instance.bytes);
    }
    let all = client.get_as(&format!("{ROOT}{}", series.study_path()), AS_STORED, 200).await.parts();
    assert_eq!(all.len(), 12);
    let pixels: Vec<u8> = series.slice(3).iter().flat_map(|value| value.to_le_bytes()).collect();
    let frame = client.get(&format!("{ROOT}{}/frames/1", series.instance(3).path()), 200).await.parts();
    assert_eq!(frame[0].body, pixels);
    let metadata = client.json(&format!("{ROOT}{}/metadata", series.path())).await;
    assert_eq!(metadata.as_array().map(Vec::len), Some(12));

    client.delete(&format!("{ROOT}{}", series.study_path()), 204).await;
    client.get(&format!("{ROOT}{}", series.study_path()), 404).await;
    assert_eq!(client.count(STUDIES).await, 0);
}

#[tokio::test]
async fn real_files_come_back_bit_for_bit_and_bad_ones_are_refused_alone() {
    let noctis = Deployment::start().await;
    let client = noctis.client();
    let (mut same, mut refused) = (0, 0);
    for file in test_files() {
        let bytes = std::fs::read(&file).unwrap();
        let request = client.request(Method::POST, STUDIES).header("content-type", "application/dicom");
        let answer = request.body(bytes.clone()).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let answer = Answer { status, headers, body: answer.bytes().await.unwrap() };
        match status {
            200 | 202 => {
                let url = answer.store_response().stored[0].retrieve_url.clone();
                let path = url.strip_prefix(client.base()).unwrap();
                let back = client.stored(path).await;
                assert!(back.ends_with(&bytes), "{} differs", file.display());
                // Some of the files share their UIDs.
                client.delete(path, 204).await;
                same += 1;
            }
            409 => refused += 1,
            other => panic!("{}: {other}", file.display()),
        }
    }
    assert!(same > 50 && refused > 5, "{same} came back, {refused} were refused");
}

#[tokio::test]
async fn what_is_wrong_is_told_as_in_one_process() {
    let noctis = Deployment::start().await;
    let client = noctis.client();
    let series = Series::small(2);
    client.store(STUDIES, series.instances(), 200).await;
    let path = format!("{ROOT}{}", series.instance(1).path());
    client.get(&format!("{STUDIES}/{}", new_uid()), 404).await;
    client.get(&format!("{path}/frames/2"), 404).await;
    client.get(&format!("{STUDIES}?StudyDate=tomorrow"), 400).await;
    client.get(&format!("{STUDIES}/not-a-uid"), 400).await;
    let other = Series { study: new_uid(), ..Series::small(1) };
    client.store(&format!("{STUDIES}/{}", series.study), other.instances(), 409).await;
    let range = client.request(Method::GET, &path).header("accept", "application/dicom; transfer-syntax=*");
    let answer = client.send(range.header("range", "bytes=99999999-"), 416).await;
    let length = series.instance(1).bytes.len();
    assert_eq!(answer.header("content-range"), Some(format!("bytes */{length}").as_str()));
}

#[tokio::test]
async fn large_objects_pass_both_processes_in_bounded_memory() {
    let noctis = Deployment::start().await;
    let client = noctis.client();
    let object = LargeMultiFrame::of_size(192 << 20);
    for process in [&noctis.gateway, &noctis.backend] {
        process.reset_peak_memory();
    }
    let before = [noctis.gateway.memory().resident, noctis.backend.memory().resident];
    client.store_chunks(STUDIES, multipart_chunks(object.chunks()), 200).await;
    let found = client.find_instances(&format!("{ROOT}/instances")).await;
    let path = format!("{ROOT}{}", found.first().unwrap().path());
    let back = client.stored(&path).await;
    let sent: Vec<Bytes> = object.chunks().collect();
    assert!(back == sent.concat(), "the object differs");
    for (process, before) in [&noctis.gateway, &noctis.backend].into_iter().zip(before) {
        let more = process.memory().peak.saturating_sub(before);
        assert!(more < 96 << 20, "{more} bytes for an object of {}", object.length());
    }
}

#[tokio::test]
async fn the_gateway_keeps_nothing() {
    let noctis = Deployment::start().await;
    noctis.client().store(STUDIES, Series::small(3).instances(), 200).await;
    assert_eq!(std::fs::read_dir(noctis.gateway.data_dir()).unwrap().count(), 0);
    assert_eq!(noctis.backend.objects().len(), 3);
    // And there is no DICOMweb but through it.
    noctis.backend.client().get(STUDIES, 404).await;
}
