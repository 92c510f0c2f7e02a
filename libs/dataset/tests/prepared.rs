//! Prepared metadata: what is joined from stored pieces is one gzip stream to everybody who reads gzip.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use dataset::{
    Metadata, Piece,
    prepared::{GzipJoiner, PreparedPiece, decode, encode, inflate_piece},
};
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::{
    io::{Read, Write},
    process::{Command, Stdio},
};

const BASE: &str = "https://pacs.example/dicom-web";

/// Joins the metadata of instances into a JSON array as it is sent.
fn join(instances: &[Vec<u8>], base: &str) -> Vec<u8> {
    let mut out = GzipJoiner::header().to_vec();
    let mut joiner = GzipJoiner::new();
    for (at, stored) in instances.iter().enumerate() {
        joiner.push_plain(if at == 0 { b"[" } else { b"," }, &mut out);
        for piece in decode(stored).unwrap() {
            match piece {
                PreparedPiece::Deflated { bytes, crc, raw_length } => {
                    joiner.push_deflated(bytes, crc, raw_length, &mut out);
                }
                PreparedPiece::Base => joiner.push_plain(base.as_bytes(), &mut out),
            }
        }
    }
    joiner.push_plain(b"]", &mut out);
    joiner.finish(&mut out);
    out
}

fn plain(instances: &[Metadata], base: &str) -> Vec<u8> {
    let texts: Vec<Vec<u8>> = instances.iter().map(|metadata| metadata.to_json(base)).collect();
    [b"[".to_vec(), texts.join(&b","[..]), b"]".to_vec()].concat()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut decoder = GzDecoder::new(bytes);
    decoder.read_to_end(&mut text).unwrap();
    // One member, and nothing behind it.
    assert_eq!(decoder.into_inner(), b"");
    text
}

/// Like the metadata of a CT slice: long enough to be compressed, alike but not equal.
fn slice(number: usize) -> Metadata {
    let elements: String = (0..200)
        .map(|element| format!(r#""0018{element:04X}":{{"vr":"DS","Value":[{}.{number}]}},"#, element * 7919 % 1000))
        .collect();
    let path = format!("/studies/1.2/series/1.2.3/instances/1.2.3.{number}/bulkdata/7FE00010");
    Metadata {
        pieces: vec![
            Piece::Json(format!(r#"{{{elements}"7FE00010":{{"vr":"OW","BulkDataURI":""#).into_bytes()),
            Piece::Base,
            Piece::Json(format!(r#"{path}"}}}}"#).into_bytes()),
        ],
    }
}

#[test]
fn a_series_is_joined_from_its_instances() {
    let series: Vec<Metadata> = (0..30).map(slice).collect();
    let stored: Vec<Vec<u8>> = series.iter().map(encode).collect();
    let joined = join(&stored, BASE);
    let text = gunzip(&joined);
    assert_eq!(text, plain(&series, BASE));
    assert!(joined.len() < text.len() / 3, "{} of {} octets", joined.len(), text.len());
    let parsed: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(
        parsed[29]["7FE00010"]["BulkDataURI"],
        format!("{BASE}/studies/1.2/series/1.2.3/instances/1.2.3.29/bulkdata/7FE00010")
    );
}

#[test]
fn other_readers_of_gzip_agree() {
    let series: Vec<Metadata> = (0..5).map(slice).collect();
    let joined = join(&series.iter().map(encode).collect::<Vec<_>>(), BASE);
    let python = "import gzip,sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))";
    for (program, arguments) in [("gzip", &["-dc"][..]), ("python3", &["-c", python])] {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}; tests/setup.sh says what must be installed"));
        child.stdin.take().unwrap().write_all(&joined).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{program}");
        assert_eq!(output.stdout, plain(&series, BASE), "{program}");
    }
}

#[test]
fn pieces_of_all_sizes_come_back() {
    for size in [0, 1, 63, 64, 65, 4096, 65_535, 65_536, 300_000, 4 << 20, (4 << 20) + 1, 9 << 20] {
        let text: Vec<u8> = (0..size).map(|at: usize| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let metadata = Metadata { pieces: vec![Piece::Json(text.clone())] };
        let stored = encode(&metadata);
        let pieces = decode(&stored).unwrap();
        let inflated: Vec<u8> = pieces.iter().flat_map(|piece| inflate_piece(piece).unwrap()).collect();
        assert!(inflated == text, "{size}");
        assert_eq!(gunzip(&join(std::slice::from_ref(&stored), "")), [b"[", &text[..], b"]"].concat());
    }
}

#[test]
fn an_empty_stream_is_valid() {
    let mut out = GzipJoiner::header().to_vec();
    GzipJoiner::new().finish(&mut out);
    assert_eq!(gunzip(&out), b"");
}

#[test]
fn plain_text_of_any_length() {
    let text = vec![b'x'; 200_000];
    let mut out = GzipJoiner::header().to_vec();
    let mut joiner = GzipJoiner::new();
    joiner.push_plain(&text, &mut out);
    joiner.push_plain(b"", &mut out);
    joiner.finish(&mut out);
    assert_eq!(gunzip(&out), text);
}

#[test]
fn damage_is_noticed() {
    let stored = encode(&slice(1));
    for end in 0..stored.len() {
        let cut = decode(&stored[..end]);
        assert!(cut.is_err() || cut.unwrap().len() < 3);
    }
    assert!(decode(b"").is_err() && decode(b"\x02").is_err() && decode(b"\x01\x07").is_err());
    let pieces = decode(&stored).unwrap();
    let PreparedPiece::Deflated { bytes, crc, raw_length } = pieces[0] else { panic!("text comes first") };
    let inflated = |bytes, crc, raw_length| inflate_piece(&PreparedPiece::Deflated { bytes, crc, raw_length });
    assert!(inflated(bytes, crc, raw_length).is_ok());
    assert!(inflated(bytes, crc ^ 1, raw_length).is_err());
    assert!(inflated(bytes, crc, raw_length + 1).is_err());
    assert!(inflated(bytes, crc, raw_length - 1).is_err());
    assert!(inflated(bytes, crc, u32::MAX).is_err());
    assert!(inflated(&bytes[..bytes.len() / 2], crc, raw_length).is_err());
    assert!(inflated(&[], crc, raw_length).is_err());
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        1 => Just(Piece::Base),
        2 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Piece::Json),
        2 => ("[a-c]{1,20}", 1usize..400).prop_map(|(text, times)| Piece::Json(text.repeat(times).into_bytes())),
    ]
}

proptest! {
    #[test]
    fn any_pieces_join_into_one_stream(
        instances in prop::collection::vec(prop::collection::vec(piece(), 0..6), 1..5),
        base in "[ -~]{0,60}",
    ) {
        let instances: Vec<Metadata> = instances.into_iter().map(|pieces| Metadata { pieces }).collect();
        let stored: Vec<Vec<u8>> = instances.iter().map(encode).collect();
        prop_assert_eq!(gunzip(&join(&stored, &base)), plain(&instances, &base));
        for (stored, metadata) in stored.iter().zip(&instances) {
            let text: Vec<u8> = decode(stored)?
                .iter()
                .flat_map(|piece| match piece {
                    PreparedPiece::Base => base.clone().into_bytes(),
                    deflated => inflate_piece(deflated).unwrap(),
                })
                .collect();
            prop_assert_eq!(text, metadata.to_json(&base));
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let versioned = [&[1u8, 1][..], &[0; 4], &(bytes.len() as u32).to_le_bytes(), &bytes].concat();
        for stored in [&bytes, &versioned] {
            for piece in decode(stored).unwrap_or_default() {
                let _result = inflate_piece(&piece);
            }
        }
        let _result = inflate_piece(&PreparedPiece::Deflated { bytes: &bytes, crc: 0, raw_length: 1 << 20 });
    }
}
