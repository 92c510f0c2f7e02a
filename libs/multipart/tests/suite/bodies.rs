//! Bodies of any content in any chunking, bodies as real clients send them, and noise.

use crate::reading::{contents, cut, read, read_with};
use bytes::Bytes;
use multipart::{Error, Event, Limits, Reader, Writer};
use proptest::prelude::*;

#[test]
fn takes_what_clients_send() {
    type Case<'a> = (&'a str, &'a [u8], &'a [&'a [u8]]);
    let cases: [Case<'_>; 9] = [
        ("b", b"--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", &[b"one", b"two"]),
        // Without the last line end; with an epilogue; with a preamble.
        ("b", b"--b\r\n\r\none\r\n--b--", &[b"one"]),
        ("b", b"--b\r\n\r\none\r\n--b--\r\nepilogue\r\n--b\r\n\r\nno part", &[b"one"]),
        ("b", b"a preamble\r\nof two lines, one with --b in it\r\n--b\r\n\r\none\r\n--b--", &[b"one"]),
        // A boundary with spaces and marks; spaces behind it.
        ("a b;c='1'", b"--a b;c='1' \t\r\n\r\none\r\n--a b;c='1'--", &[b"one"]),
        // A line end of its own before the first delimiter, as some writers make it; bare LF where it is safe.
        ("b", b"\r\n--b\r\n\r\none\r\n--b--", &[b"one"]),
        ("b", b"\n--b\nContent-Type: x/y\n\none\r\n--b\n\ntwo\r\n--b--", &[b"one", b"two"]),
        // Parts without content, with and without the line end that the delimiter calls for.
        ("b", b"--b\r\nX: 1\r\n\r\n\r\n--b\r\nX: 2\r\n\r\n--b--", &[b"", b""]),
        ("b", b"--b--\r\n", &[]),
    ];
    for (boundary, body, expected) in cases {
        let text = String::from_utf8_lossy(body);
        for size in [1, 2, 3, 7, body.len()] {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            let (parts, ended) = read_with(boundary, Limits::default(), &pieces);
            assert_eq!(ended, Ok(()), "{text}");
            assert_eq!(contents(&parts), expected, "{text} by {size}");
        }
    }
}

#[test]
fn headers_are_read_without_regard_to_case_and_folds() {
    let body = b"--b\r\nCONTENT-type:application/dicom;\r\n  transfer-syntax=1.2 \r\nContent-ID: <1>\r\n\r\nx\r\n--b--";
    let (parts, ended) = read("b", body);
    assert_eq!(ended, Ok(()));
    assert_eq!(parts[0].headers.get("Content-Type"), Some("application/dicom; transfer-syntax=1.2"));
    assert_eq!(parts[0].headers.iter().collect::<Vec<_>>()[1], ("content-id", "<1>"));
    assert_eq!(parts[0].headers.get("x"), None);
}

#[test]
fn what_only_looks_like_a_delimiter_is_content() {
    let look_alikes: [&[u8]; 8] = [
        b"\r\n--bound",
        b"\r\n--boundaryx",
        b"\r\n--boundary-",
        b"\r\n--boundary -",
        b"\n--boundary\r\n",
        b"--boundary\r",
        b"\r\r\n--boundary\rx",
        b"\r\n\r\n--\r\n--boundar\r\n--boundary!\r\n",
    ];
    for content in look_alikes {
        // The byte in front keeps it from standing where a part without content may end.
        let body = [b"--boundary\r\n\r\n.", content, b"\r\n--boundary--"].concat();
        for size in [1, 2, 5, body.len()] {
            let pieces: Vec<&[u8]> = body.chunks(size).collect();
            let (parts, ended) = read_with("boundary", Limits::default(), &pieces);
            assert_eq!(ended, Ok(()));
            assert_eq!(contents(&parts), [[b".", content].concat()], "{}", String::from_utf8_lossy(content));
        }
    }
}

#[test]
fn a_missing_end_is_told_and_leaves_the_part_open() {
    for body in
        ["", "--b", "--b\r\n", "--b\r\nX: y\r\n", "--b\r\n\r\none", "--b\r\n\r\none\r\n--b", "--b\r\n\r\none\r\n--b-"]
    {
        let (parts, ended) = read("b", body.as_bytes());
        assert_eq!(ended, Err(Error::UnexpectedEnd), "{body}");
        assert!(parts.iter().all(|part| !part.complete), "{body}");
    }
    let (parts, ended) = read("b", b"--b\r\n\r\none\r\n--b\r\n\r\ntw");
    assert_eq!(ended, Err(Error::UnexpectedEnd));
    assert_eq!(parts.iter().map(|part| part.complete).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn bounds_hold() {
    let limits = Limits { preamble_bytes: 100, header_bytes: 100, headers: 3, parts: 2 };
    let fails = |body: &[u8]| {
        let pieces: Vec<&[u8]> = body.chunks(10).collect();
        read_with("b", limits, &pieces).1
    };
    assert_eq!(fails(&[b'x'; 1000]), Err(Error::NoFirstPart));
    assert_eq!(fails(&[b"--b\r\nX: ".as_slice(), &[b'y'; 1000]].concat()), Err(Error::HeadersTooLong));
    assert_eq!(fails(b"--b\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n"), Err(Error::TooManyHeaders));
    assert_eq!(fails(b"--b\r\nno colon\r\n\r\n"), Err(Error::MalformedHeader));
    assert_eq!(fails(b"--b\r\n folded first\r\n\r\n"), Err(Error::MalformedHeader));
    assert_eq!(fails(b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b\r\n\r\n3\r\n--b--"), Err(Error::TooManyParts));
    assert_eq!(fails(b"--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--"), Ok(()));
}

#[test]
fn boundaries_are_checked() {
    for bad in ["", "ends in a space ", "\r\n", "ä", &"x".repeat(201)] {
        assert_eq!(Reader::new(bad, Limits::default()).err(), Some(Error::InvalidBoundary));
    }
}

#[test]
fn content_is_a_slice_of_what_was_pushed() {
    let mut reader = Reader::new("b", Limits::default()).unwrap();
    let body = Bytes::from([b"--b\r\n\r\n".as_slice(), &[7; 10_000], b"\r\n--b--"].concat());
    let place = body.as_ptr() as usize;
    reader.push(body);
    let mut found = None;
    while let Some(event) = reader.event().unwrap() {
        if let Event::Content(content) = event {
            found = Some((content.as_ptr() as usize - place, content.len()));
        }
    }
    assert_eq!(found, Some((7, 10_000)));
}

/// Content that is likely to meet the reader's doubts.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n--".to_vec()),
        Just(b"\r\n--BOUND".to_vec()),
        Just(b"\r\n--BOUNDARYx".to_vec()),
        Just(b"\r\n--BOUNDARY -".to_vec()),
        Just(b"--BOUNDARY".to_vec()),
        Just(b"-".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Whether a delimiter stands in the content, so that no body with this boundary can carry it: at its start or behind
/// a line end, followed by two hyphens or by spaces up to the end of the line.
fn holds_a_delimiter(content: &[u8]) -> bool {
    const LINE: &[u8] = b"--BOUNDARY";
    (0..content.len()).filter(|at| content[*at..].starts_with(LINE)).any(|at| {
        let behind = &content[at + LINE.len()..];
        let padding = behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let rest = &behind[padding..];
        let ends_a_line = rest.starts_with(b"\n") || rest.starts_with(b"\r\n") || rest == b"\r" || rest.is_empty();
        (at == 0 || content[..at].ends_with(b"\r\n")) && (behind.starts_with(b"--") || ends_a_line)
    })
}

proptest! {
    #[test]
    fn any_content_in_any_chunking_comes_back(
        contents in proptest::collection::vec(tricky(), 0..5),
        places in proptest::collection::vec(0_usize..200, 0..60),
    ) {
        prop_assume!(!contents.iter().any(|content| holds_a_delimiter(content)));
        let mut body = Vec::new();
        for content in &contents {
            body.extend_from_slice(if body.is_empty() { b"--BOUNDARY\r\nA: b\r\n\r\n" } else { b"\r\n--BOUNDARY\r\nA: b\r\n\r\n" });
            body.extend_from_slice(content);
        }
        body.extend_from_slice(if body.is_empty() { b"--BOUNDARY--\r\n" } else { b"\r\n--BOUNDARY--\r\n" });
        let (parts, ended) = read_with("BOUNDARY", Limits::default(), &cut(&body, &places));
        prop_assert_eq!(ended, Ok(()));
        prop_assert_eq!(parts.len(), contents.len());
        for (part, content) in parts.iter().zip(&contents) {
            prop_assert!(part.complete);
            prop_assert_eq!(&part.content, content);
            prop_assert_eq!(part.headers.get("a"), Some("b"));
        }
    }

    #[test]
    fn what_the_writer_frames_the_reader_splits(
        contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..5),
        places in proptest::collection::vec(0_usize..200, 0..20),
    ) {
        let mut writer = Writer::new();
        let boundary = writer.boundary().to_owned();
        let mut body = Vec::new();
        for content in &contents {
            body.extend_from_slice(&writer.part([("Content-Type", "application/dicom")]));
            body.extend_from_slice(content);
        }
        body.extend_from_slice(&writer.end());
        let (parts, ended) = read_with(&boundary, Limits::default(), &cut(&body, &places));
        prop_assert_eq!(ended, Ok(()));
        let read: Vec<Vec<u8>> = parts.into_iter().map(|part| part.content).collect();
        prop_assert_eq!(read, contents);
    }

    /// The chunking never matters, whatever the bytes: the same parts, the same end.
    #[test]
    fn noise_ends_the_same_way_in_any_chunking(
        noise in proptest::collection::vec(prop_oneof![
            Just(b"--b".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n".to_vec()), Just(b": ".to_vec()),
            Just(b"--".to_vec()), Just(b" ".to_vec()), proptest::collection::vec(any::<u8>(), 0..6),
        ], 0..40),
        places in proptest::collection::vec(0_usize..50, 0..60),
    ) {
        let limits = Limits { preamble_bytes: 64, header_bytes: 64, headers: 4, parts: 8 };
        let body = noise.concat();
        let pieces = cut(&body, &places);
        let (whole, in_pieces) = (read_with("b", limits, &[&body]), read_with("b", limits, &pieces));
        // Bounds are checked when bytes are missing, so only a body that came whole may pass them by a chunk.
        if !matches!(in_pieces.1, Err(Error::NoFirstPart | Error::HeadersTooLong)) {
            prop_assert_eq!(in_pieces, whole);
        }
    }
}
