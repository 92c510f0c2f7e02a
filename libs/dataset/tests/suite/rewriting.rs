//! Objects rewritten into Explicit VR Little Endian.

use dataset::RewriteError;

use crate::elements::{DEFLATED, DataSet, EXPLICIT, Encoding, IMPLICIT, JPEG, UNDEFINED, deflate, part10};
use crate::outcome::{describe, json, rewrite_in};

/// The data set of a rewritten object.
fn data_set_of(object: &[u8]) -> Vec<u8> {
    let rewritten = rewrite_in(object, &[13]).unwrap();
    assert_eq!(rewrite_in(object, &[object.len()]).unwrap(), rewritten);
    let description = describe(&rewritten).unwrap();
    assert_eq!(description.transfer_syntax.as_str(), EXPLICIT);
    assert!(description.findings.is_empty(), "{:?}", description.findings);
    rewritten[description.data_set_offset as usize..].to_vec()
}

#[test]
fn values_are_turned_by_their_vr() {
    let big = DataSet::identified(Encoding::Big)
        .value(0x0028_0009, b"AT", &[0x00, 0x18, 0x10, 0x63])
        .value(0x0028_0010, b"US", &[0x02, 0x00])
        .value(0x0040_9224, b"FD", &1.5_f64.to_be_bytes())
        .value(0x0040_A132, b"UL", &[1, 2, 3, 4])
        .value(0x0042_0011, b"OB", &[1, 2, 3, 4])
        .value(0x6000_3000, b"OW", &[1, 2, 3, 4]);
    let little = DataSet::identified(Encoding::Explicit)
        .value(0x0028_0009, b"AT", &[0x18, 0x00, 0x63, 0x10])
        .value(0x0028_0010, b"US", &[0x00, 0x02])
        .value(0x0040_9224, b"FD", &1.5_f64.to_le_bytes())
        .value(0x0040_A132, b"UL", &[4, 3, 2, 1])
        .value(0x0042_0011, b"OB", &[1, 2, 3, 4])
        .value(0x6000_3000, b"OW", &[2, 1, 4, 3]);
    assert_eq!(data_set_of(&big.part10()), little.bytes);
}

#[test]
fn pixel_data_is_turned_by_its_cells_also_across_chunks() {
    for (bits, unit) in [(8_u16, 2), (16, 2), (32, 4), (64, 8)] {
        let cells: Vec<u8> = (0..200_000_u32).map(|n| (n % 253) as u8).collect();
        let mut turned = cells.clone();
        turned.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        let big = DataSet::identified(Encoding::Big).value(0x0028_0100, b"US", &bits.to_be_bytes());
        let little = DataSet::identified(Encoding::Explicit).value(0x0028_0100, b"US", &bits.to_le_bytes());
        let stored = big.value(0x7FE0_0010, b"OW", &cells).part10();
        let expected = little.value(0x7FE0_0010, b"OW", &turned).bytes;
        for sizes in [&[1][..], &[997], &[65_536], &[3, 7, 4096]] {
            assert!(rewrite_in(&stored, sizes).unwrap().ends_with(&expected), "{bits} {sizes:?}");
        }
    }
}

#[test]
fn implicit_elements_get_their_vr() {
    let implicit = DataSet::identified(Encoding::Implicit)
        .value(0x0009_0010, b"LO", b"OWNER ")
        .value(0x0009_1001, b"UN", b"private ")
        .value(0x0028_0103, b"US", &[1, 0])
        .value(0x0028_0106, b"SS", &[0xFF, 0xFF])
        .value(0x0028_3006, b"OW", &[1, 0])
        .value(0x7FE0_0010, b"OW", &[1, 2]);
    let explicit = DataSet::new(Encoding::Explicit)
        .text(0x0009_0010, b"LO", "OWNER")
        .value(0x0009_1001, b"UN", b"private ")
        .value(0x0028_0103, b"US", &[1, 0])
        .value(0x0028_0106, b"SS", &[0xFF, 0xFF])
        .value(0x0028_3006, b"OW", &[1, 0])
        .value(0x7FE0_0010, b"OW", &[1, 2]);
    let rewritten = rewrite_in(&implicit.part10(), &[20]).unwrap();
    assert!(rewritten.ends_with(&explicit.bytes));
}

#[test]
fn sequences_get_undefined_lengths_and_group_lengths_go() {
    let item = |encoding| DataSet::new(encoding).text(0x0040_0009, b"SH", "STEP1 ");
    let implicit = DataSet::identified(Encoding::Implicit).value(0x0040_0000, b"UL", &[99, 0, 0, 0]).sequence(
        0x0040_0275,
        &[item(Encoding::Implicit), DataSet::new(Encoding::Implicit)],
        true,
    );
    let explicit = DataSet::identified(Encoding::Explicit).sequence(
        0x0040_0275,
        &[item(Encoding::Explicit), DataSet::new(Encoding::Explicit)],
        false,
    );
    assert_eq!(data_set_of(&implicit.part10()), explicit.bytes);
}

#[test]
fn a_sequence_in_un_becomes_explicit() {
    let inner = DataSet::new(Encoding::Implicit).sequence(
        0x0021_1002,
        &[DataSet::new(Encoding::Implicit).text(0x0008_1150, b"UI", "1.2.3.77")],
        false,
    );
    let un = DataSet::identified(Encoding::Explicit).header(0x0021_1002, b"UN", UNDEFINED).raw(&inner.bytes[8..]);
    let expected = DataSet::identified(Encoding::Explicit).sequence(
        0x0021_1002,
        &[DataSet::new(Encoding::Explicit).text(0x0008_1150, b"UI", "1.2.3.77")],
        false,
    );
    assert_eq!(data_set_of(&un.part10()), expected.bytes);
}

#[test]
fn values_too_long_for_a_short_length_become_un() {
    for length in [65_534_usize, 65_536, 70_000] {
        let value = vec![b'A'; length];
        let implicit = DataSet::identified(Encoding::Implicit).value(0x0040_A160, b"UT", b"text").value(
            0x0040_DB73,
            b"UL",
            &value,
        );
        let vr = if length > 65_534 { b"UN" } else { b"UL" };
        let expected =
            DataSet::identified(Encoding::Explicit).value(0x0040_A160, b"UT", b"text").value(0x0040_DB73, vr, &value);
        let rewritten = rewrite_in(&implicit.part10(), &[9999]).unwrap();
        assert!(rewritten.ends_with(&expected.bytes), "{length}");
    }
}

#[test]
fn odd_values_are_padded_and_trailing_bytes_dropped() {
    let odd = DataSet::image(Encoding::Explicit, 1, 3, "1")
        .value(0x0040_0280, b"ST", b"odd")
        .value(0x7FE0_0010, b"OB", &[1, 2, 3])
        .raw(b"\0\0\0\0\0\0\0\0garbage");
    let even = DataSet::image(Encoding::Explicit, 1, 3, "1").value(0x0040_0280, b"ST", b"odd ").value(
        0x7FE0_0010,
        b"OB",
        &[1, 2, 3, 0],
    );
    assert_eq!(data_set_of(&odd.part10()), even.bytes);
}

#[test]
fn deflated_objects_are_inflated_and_file_meta_is_fresh() {
    let image = DataSet::image(Encoding::Explicit, 4, 4, "1").value(0x7FE0_0010, b"OB", &[9; 16]);
    let object = part10(DEFLATED, &deflate(&image.bytes));
    assert_eq!(data_set_of(&object), image.bytes);
    let rewritten = rewrite_in(&object, &[1]).unwrap();
    let meta = dataset::file_meta::generate(crate::elements::SOP_CLASS, crate::elements::SOP_INSTANCE, EXPLICIT);
    assert!(rewritten.starts_with(&meta));
    assert_eq!(json(&describe(&rewritten).unwrap()), json(&describe(&object).unwrap()));
}

#[test]
fn what_cannot_be_rewritten_is_an_error() {
    let jpeg = DataSet::image(Encoding::Explicit, 4, 4, "1").fragments(&[], &[b"\xFF\xD8"]);
    let refused = rewrite_in(&part10(JPEG, &jpeg.bytes), &[10]);
    assert!(matches!(refused, Err(RewriteError::Encapsulated)));
    let cut = part10(IMPLICIT, &DataSet::identified(Encoding::Implicit).bytes);
    assert!(matches!(rewrite_in(&cut[..cut.len() - 3], &[10]), Err(RewriteError::Unreadable(_))));
}
