//! The objects that fuzzing starts from: one for each way in which a data set can be encoded, all below 2 KB.
//! They lie in `tests/corpus` so that other fuzzers can start from them too.

use std::path::PathBuf;

use crate::elements::{DEFLATED, DataSet, Encoding, JPEG, UNDEFINED, deflate, part10};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// An image with nested sequences and private elements.
fn rich(encoding: Encoding) -> DataSet {
    let code = |value: &str| {
        DataSet::new(encoding).text(0x0008_0100, b"SH", value).text(0x0008_0104, b"LO", "Meaning of the code")
    };
    let nested = DataSet::new(encoding).sequence(0x0040_0008, &[code("A"), code("B")], true);
    let icon = DataSet::new(encoding).value(0x7FE0_0010, b"OW", &[3; 16]);
    let image = DataSet::image(encoding, 4, 4, "2");
    image
        .value(0x0029_1010, b"UN", &[1, 2, 3, 4])
        .text(0x0032_1060, b"LO", "Procedure")
        .sequence(0x0040_0275, &[nested.clone(), nested], false)
        .sequence(0x0088_0200, &[icon], false)
        .value(0x7FE0_0010, b"OW", &(0..32).collect::<Vec<u8>>())
}

/// Names and bytes of all objects.
pub fn objects() -> Vec<(&'static str, Vec<u8>)> {
    let un = DataSet::identified(Encoding::Explicit)
        .header(0x0021_1002, b"UN", UNDEFINED)
        .raw(
            &DataSet::new(Encoding::Implicit).sequence(0x0009_1002, &[DataSet::new(Encoding::Implicit)], false).bytes
                [8..],
        )
        .part10();
    let jpeg = DataSet::image(Encoding::Explicit, 8, 8, "2");
    let codestreams: [&[u8]; 3] = [b"\xFF\xD8abcdef", b"ghij", b"\xFF\xD8kl"];
    let charsets = DataSet::new(Encoding::Explicit)
        .text(0x0008_0005, b"CS", "\\ISO 2022 IR 87\\ISO 2022 IR 13")
        .text(0x0008_0016, b"UI", "1.2.840.10008.5.1.4.1.1.7")
        .text(0x0008_0018, b"UI", "1.2.3.4")
        .value(0x0010_0010, b"PN", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B ")
        .text(0x0020_000D, b"UI", "1.2.3")
        .text(0x0020_000E, b"UI", "1.2.3.1");
    vec![
        ("implicit.dcm", rich(Encoding::Implicit).part10()),
        ("explicit.dcm", rich(Encoding::Explicit).part10()),
        ("big-endian.dcm", rich(Encoding::Big).part10()),
        ("deflated.dcm", part10(DEFLATED, &deflate(&rich(Encoding::Explicit).bytes))),
        ("bare-implicit.dcm", rich(Encoding::Implicit).bytes),
        ("bare-big-endian.dcm", rich(Encoding::Big).bytes),
        ("unknown-sequence.dcm", un),
        ("offset-table.dcm", part10(JPEG, &jpeg.clone().fragments(&[0, 28], &codestreams).bytes)),
        ("no-offset-table.dcm", part10(JPEG, &jpeg.fragments(&[], &codestreams).bytes)),
        ("character-sets.dcm", charsets.part10()),
    ]
}

/// With `NOCTIS_WRITE_CORPUS` set the folder is written anew, after a change of the objects.
#[test]
fn the_folder_holds_these_objects() {
    for (name, bytes) in objects() {
        assert!(bytes.len() < 2048, "{name} has {} bytes", bytes.len());
        let path = folder().join(name);
        if std::env::var_os("NOCTIS_WRITE_CORPUS").is_some() {
            std::fs::write(&path, &bytes).unwrap();
        }
        let stored = std::fs::read(&path).unwrap_or_default();
        assert!(stored == bytes, "{name} differs: run the tests of dataset with NOCTIS_WRITE_CORPUS=1");
    }
}
