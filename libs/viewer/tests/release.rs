//! The pinned release itself: installed, opened, resolved. Needs the tarball that tests/setup.sh fetches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::{fs, io::Read, path::PathBuf, sync::OnceLock};

use sha2::{Digest, Sha256};
use viewer::{Error, Installed, Policy, Site, install};

fn tarball() -> PathBuf {
    let path = std::env::var_os("NOCTIS_OHIF_TARBALL")
        .expect("NOCTIS_OHIF_TARBALL is not set: run tests/setup.sh and source what it prints, or use tests/run.sh");
    path.into()
}

/// One installed viewer for all tests of this file.
fn installed() -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let done = install(&tarball(), &folder.path().join("viewer")).expect("the pinned release installs");
        assert!(matches!(done, Installed::Fresh { files, .. } if files > 150), "{done:?}");
        folder
    });
    folder.path().join("viewer")
}

#[test]
fn a_second_install_does_nothing_and_leaves_nothing_beside() {
    let folder = installed();
    assert_eq!(install(&tarball(), &folder).unwrap(), Installed::Already);
    let beside: Vec<_> =
        fs::read_dir(folder.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside, ["viewer"]);
}

#[test]
fn the_page_is_below_the_prefix_with_hashes_of_its_own_scripts() {
    let site = Site::open(&installed()).unwrap();
    let file = site.resolve("").unwrap();
    let page = fs::read_to_string(&file.path).unwrap();
    assert_eq!(
        (file.content_type.as_str(), file.policy, file.immutable),
        ("text/html; charset=utf-8", Policy::Page, false)
    );
    assert!(page.contains("src=\"/viewer/app-config.js\""));
    assert!(!page.contains("=\"/assets") && !page.contains("=\"/app"), "a path outside of the prefix is left");
    let inline = "console.time(\"scriptToView\"),window.PUBLIC_URL=\"/viewer/\"";
    assert!(page.contains(inline));
    use base64::Engine;
    let hash = base64::prelude::BASE64_STANDARD.encode(Sha256::digest(inline));
    let policy = site.content_security_policy(file.policy);
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(!policy.contains("'unsafe-eval'"), "{policy}");
}

#[test]
fn each_script_loads_from_the_prefix_and_compressed_forms_are_the_same_bytes() {
    let site = Site::open(&installed()).unwrap();
    let mut loaders = 0;
    for path in site.paths() {
        let file = site.resolve(path).unwrap();
        let plain = fs::read(&file.path).unwrap();
        assert_eq!(plain.len() as u64, file.length, "{path}");
        if let Some(gzip) = &file.gzip {
            let mut inflated = Vec::new();
            flate2::read::GzDecoder::new(fs::File::open(&gzip.path).unwrap()).read_to_end(&mut inflated).unwrap();
            assert!(inflated == plain, "{path}");
            assert!(gzip.length < file.length && gzip.etag != file.etag, "{path}");
        }
        if path.ends_with(".js") {
            let text = String::from_utf8_lossy(&plain);
            assert!(!text.contains("__webpack_require__.p = \"/\""), "{path}");
            loaders += text.matches("__webpack_require__.p = \"/viewer/\"").count();
            assert_eq!(file.policy, Policy::Worker);
        }
    }
    assert_eq!(loaders, 8);
}

#[test]
fn routes_get_the_page_and_unknown_files_nothing() {
    let site = Site::open(&installed()).unwrap();
    let page = site.resolve("index.html").unwrap();
    for route in ["viewer", "callback", "a/b/c", "segmentation"] {
        assert_eq!(site.resolve(route).as_ref(), Some(&page), "{route}");
    }
    for absent in [
        "nothing.js",
        "../noctis-viewer.json",
        "noctis-viewer.json",
        "app.bundle.css.gz",
        "ort/ort.min.js",
        "sw.js",
        "a/..",
        "/etc/passwd.d/x.y",
    ] {
        assert_eq!(site.resolve(absent), None, "{absent}");
    }
    assert!(site.resolve("app.bundle.0f6159c501addfe9.js").unwrap().immutable);
    assert_eq!(site.resolve("0ddf166f7a343eda.wasm").unwrap().content_type, "application/wasm");
}

#[test]
fn a_changed_tarball_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let changed = folder.path().join("changed.tgz");
    let mut bytes = fs::read(tarball()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&changed, bytes).unwrap();
    let to = folder.path().join("viewer");
    assert!(matches!(install(&changed, &to), Err(Error::WrongDigest { .. })));
    assert!(!to.exists());
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("precious.txt"), "mine").unwrap();
    assert!(matches!(install(&tarball(), folder.path()), Err(Error::Foreign(_))));
    assert_eq!(fs::read_to_string(folder.path().join("precious.txt")).unwrap(), "mine");
    assert!(matches!(Site::open(folder.path()), Err(Error::NotInstalled { .. })));
}

#[test]
fn a_folder_with_a_missing_file_is_not_opened_but_installed_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("viewer");
    install(&tarball(), &folder).unwrap();
    fs::remove_file(folder.join("app.bundle.css")).unwrap();
    let error = Site::open(&folder).expect_err("a file is missing");
    assert!(error.to_string().contains("app.bundle.css"), "{error}");
    assert!(matches!(install(&tarball(), &folder), Ok(Installed::Fresh { .. })));
    Site::open(&folder).expect("whole again");
}
