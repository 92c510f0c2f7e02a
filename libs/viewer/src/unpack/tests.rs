//! Tarballs that want out of their folder, or more room than a release has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;

/// A tarball of entries written without the checks of the tar crate's own path setter.
fn tarball(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, content) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o777);
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn unpacked(tarball: &[u8], limits: Limits) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Vec::new();
    unpack(tarball, limits, |path, content| {
        files.push((path.to_owned(), content));
        Ok(())
    })?;
    Ok(files)
}

const FILE: tar::EntryType = tar::EntryType::Regular;

#[test]
fn takes_the_distribution_and_nothing_else() {
    let made = tarball(&[
        ("package/package.json", FILE, b"{}"),
        ("package/dist/index.html", FILE, b"<html>"),
        ("package/dist/assets/a.png", FILE, b"png"),
        ("package/dist/ort/ort.min.js", FILE, b"left out"),
        ("package/dist/sw.js", FILE, b"left out"),
        ("package/dist/x.js.map", FILE, b"left out"),
    ]);
    let files = unpacked(&made, Limits::default()).unwrap();
    assert_eq!(files, [("index.html".into(), b"<html>".to_vec()), ("assets/a.png".into(), b"png".to_vec())]);
}

#[test]
fn paths_that_could_leave_the_folder_are_refused() {
    for path in [
        "../evil",
        "/etc/passwd",
        "package/dist/../../evil",
        "package/dist//evil",
        "package/dist/./evil",
        "package/dist/.hidden",
        "package\\dist\\evil",
        "C:/evil",
        "package/dist/a b",
        "package/dist/\u{e9}",
        "..",
        "package/dist/a/b/c/d/e/f/g/h",
    ] {
        let result = unpacked(&tarball(&[(path, FILE, b"x")]), Limits::default());
        assert!(matches!(result, Err(Error::UnsafePath(_))), "{path}: {result:?}");
    }
}

#[test]
fn links_and_devices_are_refused() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Char, tar::EntryType::Fifo] {
        let result = unpacked(&tarball(&[("package/dist/evil", kind, b"")]), Limits::default());
        assert!(matches!(result, Err(Error::NotAFile(_))), "{kind:?}: {result:?}");
    }
}

#[test]
fn a_file_twice_is_refused() {
    let made = tarball(&[("package/dist/a.js", FILE, b"1"), ("package/dist/a.js", FILE, b"2")]);
    assert!(matches!(unpacked(&made, Limits::default()), Err(Error::Twice(_))));
}

#[test]
fn count_and_sizes_are_bounded() {
    let many: Vec<_> = (0..20).map(|number| format!("package/dist/{number}.js")).collect();
    let many: Vec<_> = many.iter().map(|path| (path.as_str(), FILE, &[0u8; 1000][..])).collect();
    let made = tarball(&many);
    for limits in [
        Limits { entries: 19, ..Limits::default() },
        Limits { file: 999, ..Limits::default() },
        Limits { total: 19_999, ..Limits::default() },
    ] {
        let result = unpacked(&made, limits);
        assert!(matches!(result, Err(Error::TooLarge { .. } | Error::Archive(_))), "{limits:?}: {result:?}");
    }
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mut header = tar::Header::new_ustar();
    header.set_path("package/dist/bomb.js").unwrap();
    header.set_size(u64::from(u32::MAX));
    header.set_cksum();
    encoder.write_all(header.as_bytes()).unwrap();
    encoder.write_all(&vec![0; 4 << 20]).unwrap();
    let made = encoder.finish().unwrap();
    assert!(matches!(unpacked(&made, Limits::default()), Err(Error::TooLarge { .. })));
}

proptest! {
    #[test]
    fn any_bytes_end_in_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes).unwrap();
        unpacked(&encoder.finish().unwrap(), Limits::default()).ok();
        unpacked(&bytes, Limits::default()).ok();
    }

    #[test]
    fn an_accepted_path_stays_below_the_folder(path in "[a-z./\\\\:~-]{1,40}") {
        if let Ok(accepted) = checked_path(path.as_bytes()) {
            let all_plain = std::path::Path::new(&accepted).components().all(|part| matches!(part, std::path::Component::Normal(_)));
            prop_assert!(all_plain, "{}", accepted);
        }
    }
}
