//! Bulk data and pixel data of instance, series and study (PS3.18 10.4.1.1.5).

use harness::{Answer, TransferSyntax};

use crate::{
    EXPLICIT, ROOT,
    archive::{Archive, nested, notes, pixels},
};

/// Where the parts of an answer are, behind the path of the instance, and their bytes.
fn parts(answer: &Answer, instance: &str) -> Vec<(String, Vec<u8>)> {
    let place = |location: &str| location.split_once(instance).expect("below the instance").1.to_owned();
    answer.parts().into_iter().map(|part| (place(&part.headers["content-location"]), part.body.to_vec())).collect()
}

#[tokio::test]
async fn each_value_has_an_address() {
    let archive = Archive::open().await;
    let bulk = format!("{ROOT}{}/bulkdata", archive.bulk.path());
    for (path, expected) in [
        ("00191030", notes()),
        ("00191040/2/00191042", nested()),
        ("7FE00010", pixels(&harness::Series::small(1), 1).to_vec()),
        ("7fe00010", pixels(&harness::Series::small(1), 1).to_vec()),
    ] {
        let answer = archive.client().get_as(&format!("{bulk}/{path}"), "application/octet-stream", 200).await;
        assert_eq!(answer.body, expected, "{path}");
        assert_eq!(answer.content_type(), format!("application/octet-stream; transfer-syntax={EXPLICIT}"));
        let multipart = archive.client().get(&format!("{bulk}/{path}"), 200).await.parts();
        assert_eq!(multipart[0].body, expected, "{path}");
    }
    for path in [
        "00191031",
        "00191040/1/00191042",
        "00191040/3/00191042",
        "00191040",
        "00100010",
        "x",
        "7FE00010/1",
        "..",
        "%2F",
    ] {
        archive.client().get(&format!("{bulk}/{path}"), 404).await;
    }
}

#[tokio::test]
async fn all_bulk_data_of_an_instance() {
    let archive = Archive::open().await;
    let path = archive.bulk.path();
    let answer = archive.client().get(&format!("{ROOT}{path}/bulkdata"), 200).await;
    let expected = [
        ("/bulkdata/00191030", notes()),
        ("/bulkdata/00191040/2/00191042", nested()),
        ("/bulkdata/7FE00010", pixels(&harness::Series::small(1), 1).to_vec()),
    ];
    assert_eq!(parts(&answer, &path), expected.map(|(place, bytes)| (place.to_owned(), bytes)));
    for (place, bytes) in parts(&answer, &path) {
        let again = archive.client().get_as(&format!("{ROOT}{path}{place}"), "application/octet-stream", 200).await;
        assert_eq!(again.body, bytes);
    }
}

#[tokio::test]
async fn bulk_data_and_pixel_data_of_series_and_study() {
    let archive = Archive::open().await;
    let expected: Vec<Vec<u8>> = (1..=3).map(|number| pixels(&archive.ct, number).to_vec()).collect();
    for resource in [archive.ct.study_path(), archive.ct.path()] {
        for kind in ["bulkdata", "pixeldata"] {
            let answer = archive.client().get(&format!("{ROOT}{resource}/{kind}"), 200).await;
            let bodies: Vec<Vec<u8>> = answer.parts().into_iter().map(|part| part.body.to_vec()).collect();
            assert_eq!(bodies, expected, "{resource}/{kind}");
        }
    }
    let study = format!("{ROOT}/studies/{}", archive.bulk.study);
    assert_eq!(
        archive.client().get(&format!("{study}/bulkdata"), 200).await.parts().len(),
        4,
        "three and the big endian one"
    );
    assert_eq!(archive.client().get(&format!("{study}/pixeldata"), 200).await.parts().len(), 2);
    let pixeldata = archive.client().get(&format!("{ROOT}{}/pixeldata", archive.bulk.path()), 200).await;
    assert_eq!(
        parts(&pixeldata, &archive.bulk.path()),
        [("/bulkdata/7FE00010".to_owned(), pixels(&harness::Series::small(1), 1).to_vec())]
    );
}

#[tokio::test]
async fn compressed_pixel_data_comes_frame_by_frame() {
    let archive = Archive::open().await;
    for (syntax, media_type) in
        [(TransferSyntax::JpegBaseline, "image/jpeg"), (TransferSyntax::RleLossless, "image/dicom-rle")]
    {
        let instance = archive.encoded(syntax).instance(1);
        let frames = archive.client().get(&format!("{ROOT}{}/frames/1,2,3,4,5", instance.path()), 200).await;
        for path in ["pixeldata", "bulkdata", "bulkdata/7FE00010"] {
            let answer = archive.client().get(&format!("{ROOT}{}/{path}", instance.path()), 200).await;
            assert_eq!(parts(&answer, &instance.path()), parts(&frames, &instance.path()), "{path}");
            let expected = format!("{media_type}; transfer-syntax={}", syntax.uid());
            assert!(answer.parts().iter().all(|part| part.content_type() == expected));
        }
    }
}

#[tokio::test]
async fn big_endian_values_are_turned() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}/bulkdata/7FE00010", archive.big_endian.instance(1).path());
    let answer = archive.client().get_as(&path, "application/octet-stream", 200).await;
    let expected: Vec<u8> = (1..=4).flat_map(|number| pixels(&archive.big_endian, number)).collect();
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn without_bulk_data_it_is_404() {
    let archive = Archive::open().await;
    for path in [
        format!("{}/bulkdata", archive.report.path()),
        format!("{}/pixeldata", archive.report.path()),
        format!("{}/bulkdata/7FE00010", archive.report.path()),
        "/studies/1.2.3/bulkdata".to_owned(),
        format!("{}/series/1.2.3/pixeldata", archive.ct.study_path()),
    ] {
        archive.client().get(&format!("{ROOT}{path}"), 404).await;
    }
}
