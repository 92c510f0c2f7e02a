//! Transfer syntaxes of whole instances (PS3.18 8.7.3): as stored, rewritten to Explicit VR Little Endian, or 406.

use std::io::Cursor;

use bytes::Bytes;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use harness::{AS_STORED, Series, TransferSyntax};

use crate::{EXPLICIT, ROOT, archive::Archive};

const DEFAULT: &str = "multipart/related; type=\"application/dicom\"";
const NATIVE: [TransferSyntax; 3] =
    [TransferSyntax::ImplicitLittle, TransferSyntax::ExplicitBig, TransferSyntax::Deflated];

fn read(bytes: &[u8]) -> DefaultDicomObject {
    dicom_object::from_reader(Cursor::new(bytes)).expect("dicom-rs reads it")
}

async fn one(archive: &Archive, series: &Series, accept: &str) -> (String, Bytes) {
    let parts = archive.client().get_as(&format!("{ROOT}{}", series.instance(1).path()), accept, 200).await.parts();
    assert_eq!(parts.len(), 1);
    (parts[0].content_type().to_owned(), parts[0].body.clone())
}

/// Checks that `sent` is the instance in Explicit VR Little Endian.
fn assert_same(sent: &[u8], series: &Series) {
    let object = read(sent);
    assert_eq!(object.meta().transfer_syntax(), EXPLICIT);
    let plain = read(&series.clone().encoded(TransferSyntax::ExplicitLittle).instance(1).bytes);
    assert_eq!(object.element(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap(), series.slice(1));
    let known: Vec<_> = plain.iter().filter(|element| element.header().tag.group() % 2 == 0).collect();
    assert!(known.len() > 90);
    for element in known {
        let other = object.element(element.header().tag).expect("every element is there");
        assert_eq!(other.vr(), element.vr(), "{}", element.header().tag);
        // Written out, since dicom-rs takes no two sequences of undefined length for equal.
        assert_eq!(format!("{:?}", other.value()), format!("{:?}", element.value()));
    }
    assert_eq!(object.iter().count(), plain.iter().count(), "private elements too");
}

#[tokio::test]
async fn what_may_not_be_on_the_web_is_rewritten() {
    let archive = Archive::open().await;
    for syntax in NATIVE {
        let series = archive.encoded(syntax);
        for accept in [
            DEFAULT.to_owned(),
            "*/*".to_owned(),
            format!("{DEFAULT}; transfer-syntax={EXPLICIT}"),
            format!("multipart/related; type=\"application/dicom; transfer-syntax={EXPLICIT}\""),
        ] {
            let (content_type, body) = one(&archive, series, &accept).await;
            assert_eq!(content_type, format!("application/dicom; transfer-syntax={EXPLICIT}"), "{accept}");
            assert_same(&body, series);
        }
        let path = format!("{ROOT}{}", series.instance(1).path());
        let single = archive.client().get_as(&path, "application/dicom", 200).await;
        assert_eq!(single.content_type(), format!("application/dicom; transfer-syntax={EXPLICIT}"));
        assert_same(&single.body, series);
    }
}

#[tokio::test]
async fn explicit_little_endian_bytes_are_never_touched() {
    let archive = Archive::open().await;
    for accept in
        [DEFAULT, "*/*", AS_STORED, "multipart/related; type=application/dicom; transfer-syntax=1.2.840.10008.1.2.1"]
    {
        assert_eq!(one(&archive, &archive.ct, accept).await.1, archive.ct.instance(1).bytes, "{accept}");
    }
}

#[tokio::test]
async fn any_transfer_syntax_means_the_stored_one() {
    let archive = Archive::open().await;
    for syntax in TransferSyntax::ALL {
        let series = archive.encoded(syntax);
        for accept in [AS_STORED.to_owned(), format!("{DEFAULT}; transfer-syntax={}", syntax.uid())] {
            let (content_type, body) = one(&archive, series, &accept).await;
            assert_eq!(content_type, format!("application/dicom; transfer-syntax={}", syntax.uid()));
            assert_eq!(body, series.instance(1).bytes, "{accept}");
        }
    }
}

#[tokio::test]
async fn compressed_objects_stay_so_by_default() {
    let archive = Archive::open().await;
    for syntax in [TransferSyntax::JpegBaseline, TransferSyntax::RleLossless] {
        let series = archive.encoded(syntax);
        for accept in [DEFAULT, "*/*"] {
            let (content_type, body) = one(&archive, series, accept).await;
            assert_eq!(content_type, format!("application/dicom; transfer-syntax={}", syntax.uid()));
            assert_eq!(body, series.instance(1).bytes);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_made_is_406_with_what_there_is() {
    let archive = Archive::open().await;
    for (stored, wanted, available) in [
        (TransferSyntax::JpegBaseline, EXPLICIT, vec!["1.2.840.10008.1.2.4.50"]),
        (TransferSyntax::RleLossless, "1.2.840.10008.1.2.4.90", vec!["1.2.840.10008.1.2.5"]),
        (TransferSyntax::ExplicitLittle, "1.2.840.10008.1.2.4.80", vec![EXPLICIT]),
        (TransferSyntax::ImplicitLittle, "1.2.840.10008.1.2.4.80", vec!["1.2.840.10008.1.2", EXPLICIT]),
        (TransferSyntax::ExplicitLittle, "1.2.3.4", vec![EXPLICIT]),
    ] {
        let path = format!("{ROOT}{}", archive.encoded(stored).instance(1).path());
        let answer = archive.client().get_as(&path, &format!("{DEFAULT}; transfer-syntax={wanted}"), 406).await;
        let supported: Vec<String> = available.iter().map(|uid| format!("{DEFAULT}; transfer-syntax={uid}")).collect();
        assert_eq!(answer.json()["supported"], serde_json::json!(supported), "{stored:?} as {wanted}");
        for choice in supported {
            archive.client().get_as(&path, &choice, 200).await;
        }
    }
}

#[tokio::test]
async fn of_a_mixed_study_comes_what_can_be_had() {
    let archive = Archive::open().await;
    let path = format!("{ROOT}{}", archive.mixed[0].study_path());
    let by_default = archive.client().get_as(&path, DEFAULT, 200).await;
    let mut syntaxes: Vec<String> = by_default.parts().iter().map(|part| part.content_type().to_owned()).collect();
    syntaxes.sort();
    let of = |uid: &str| format!("application/dicom; transfer-syntax={uid}");
    let (rle, jpeg) = (of("1.2.840.10008.1.2.5"), of("1.2.840.10008.1.2.4.50"));
    assert_eq!(syntaxes, [of(EXPLICIT), of(EXPLICIT), of(EXPLICIT), of(EXPLICIT), jpeg, rle]);

    let explicit = archive.client().get_as(&path, &format!("{DEFAULT}; transfer-syntax={EXPLICIT}"), 206).await;
    assert_eq!(explicit.parts().len(), 4);
    assert!(explicit.parts().iter().all(|part| part.content_type() == of(EXPLICIT)));
    assert!(explicit.header("warning").unwrap().contains("2 parts cannot be had"), "{:?}", explicit.header("warning"));

    let two = format!("{DEFAULT}; transfer-syntax={EXPLICIT}, {DEFAULT}; transfer-syntax=1.2.840.10008.1.2.5");
    assert_eq!(archive.client().get_as(&path, &two, 206).await.parts().len(), 5);
    archive.client().get_as(&path, &format!("{DEFAULT}; transfer-syntax=1.2.840.10008.1.2.4.90"), 406).await;
}
