//! Small files that ask for much: memory, time or depth.

use std::time::{Duration, Instant};

use dataset::{Describer, Limits, Refusal};

use crate::elements::{DEFLATED, DataSet, Encoding, JPEG, UNDEFINED, deflate, part10};
use crate::outcome::{describe, rewrite_in};

/// A value of `/proc/self/status` in bytes.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

fn identified() -> DataSet {
    DataSet::identified(Encoding::Explicit)
}

#[test]
fn declared_gigabytes_take_no_memory() {
    let huge = 0xFFFF_FFF0;
    let mut files = vec![
        identified().header(0x0042_0011, b"OB", huge).raw(&[0; 100]),
        identified().header(0x0040_0275, b"SQ", huge).raw(&[0; 100]),
        identified().header(0x0040_0280, b"UT", huge).raw(&[b'a'; 100]),
        identified().header(0x0021_1001, b"UN", huge).raw(&[0; 100]),
        identified().header(0x0066_0016, b"OF", huge).raw(&[0; 100]),
        identified().header(0x7FE0_0001, b"OV", huge).raw(&[0; 100]),
        identified().header(0x7FE0_0010, b"OW", huge).raw(&[0; 100]),
        identified().header(0x7FE0_0010, b"OB", UNDEFINED).item(0xFFFE_E000, huge).raw(&[0; 100]),
        identified().header(0x7FE0_0010, b"OB", UNDEFINED).item(0xFFFE_E000, 0).item(0xFFFE_E000, huge),
        identified().header(0x0040_0275, b"SQ", UNDEFINED).item(0xFFFE_E000, huge),
    ];
    files.push(DataSet::identified(Encoding::Implicit).header(0x0010_0010, b"PN", huge));
    let (resident, virtual_size) = (status("VmHWM"), status("VmPeak"));
    for file in &files {
        let started = Instant::now();
        let refusal = describe(&part10(
            if file.encoding == Encoding::Implicit { "1.2.840.10008.1.2" } else { JPEG },
            &file.bytes,
        ));
        assert!(matches!(refusal, Err(Refusal::EndsBefore(_) | Refusal::Malformed(_))), "{refusal:?}");
        assert!(rewrite_in(&file.part10(), &[50]).is_err());
        assert!(started.elapsed() < Duration::from_secs(2));
    }
    // Other tests run in this process: what is measured is far below one of the declared lengths, not nothing.
    assert!(status("VmHWM") - resident < 512 << 20);
    assert!(status("VmPeak") - virtual_size < 2 << 30);
}

#[test]
fn nesting_ends_at_the_limit() {
    let mut nested = identified();
    for _ in 0..20_000 {
        nested = nested.header(0x0040_0275, b"SQ", UNDEFINED).item(0xFFFE_E000, UNDEFINED);
    }
    assert!(matches!(describe(&nested.part10()), Err(Refusal::TooDeep { limit: 64 })));
    let mut defined = DataSet::new(Encoding::Explicit);
    for _ in 0..64 {
        defined = DataSet::new(Encoding::Explicit).sequence(0x0040_0275, &[defined], true);
    }
    assert!(describe(&identified().raw(&defined.bytes).part10()).is_ok());
    let deeper = DataSet::new(Encoding::Explicit).sequence(0x0040_0275, &[defined], true);
    assert!(matches!(describe(&identified().raw(&deeper.bytes).part10()), Err(Refusal::TooDeep { .. })));
}

/// Pushes a begin and then the same bytes over and over until it is refused.
fn refusal_of_endless(begin: &[u8], repeated: &[u8], limits: Limits) -> Refusal {
    let mut describer = Describer::new(limits);
    describer.push(begin).unwrap();
    let chunk = repeated.repeat(10_000_usize.div_ceil(repeated.len()));
    (0..100_000).find_map(|_| describer.push(&chunk).err()).expect("must end")
}

#[test]
fn endless_items_elements_and_fragments_end_at_the_limit() {
    let open = identified().header(0x0040_0275, b"SQ", UNDEFINED);
    let item = DataSet::new(Encoding::Explicit).item(0xFFFE_E000, 0);
    let refusal = refusal_of_endless(&open.part10(), &item.bytes, Limits::default());
    assert!(matches!(refusal, Refusal::TooManyElements { limit: 500_000 }));

    let pixels = identified().header(0x7FE0_0010, b"OB", UNDEFINED);
    let refusal = refusal_of_endless(&part10(JPEG, &pixels.bytes), &item.bytes, Limits::default());
    assert!(matches!(refusal, Refusal::TooManyFragments { limit: 2_000_000 }));

    let full = DataSet::new(Encoding::Explicit).sequence(
        0x0040_0275,
        &[DataSet::new(Encoding::Explicit).value(0x0042_0011, b"OB", &[7; 4096])],
        true,
    );
    let within = DataSet::new(Encoding::Explicit).item(0xFFFE_E000, full.bytes.len() as u32).raw(&full.bytes);
    let refusal = refusal_of_endless(&open.part10(), &within.bytes, Limits::default());
    assert!(matches!(refusal, Refusal::HeaderTooLarge { .. }));

    let trailing = DataSet::image(Encoding::Explicit, 1, 2, "1").value(0x7FE0_0010, b"OB", &[1; 2]).raw(&[0; 8]);
    let mut describer = Describer::new(Limits::default());
    describer.push(&trailing.part10()).unwrap();
    for _ in 0..1000 {
        describer.push(&[0xAA; 65_536]).unwrap();
    }
    assert!(describer.finish().is_ok());
}

#[test]
fn elements_in_disorder_take_no_quadratic_time() {
    let mut data_set = identified();
    for tag in (0x0031_1000..0x0031_F000_u32).rev() {
        data_set = data_set.value(tag, b"UN", &[]);
    }
    let started = Instant::now();
    assert!(describe(&data_set.part10()).is_ok());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_deflate_bomb_is_bounded() {
    let zeros = vec![0; 32 << 20];
    let limits = Limits { inflated_bytes: 16 << 20, ..Limits::default() };
    let bomb = identified().header(0x7FE0_0010, b"OW", 0xFFFF_FFF0).raw(&zeros);
    let object = part10(DEFLATED, &deflate(&bomb.bytes));
    assert!(object.len() < 40_000);
    let mut describer = Describer::new(limits);
    assert!(matches!(describer.push(&object), Err(Refusal::InflatedTooLarge { .. })));
    let text = identified().sequence(
        0x0040_A730,
        &vec![DataSet::new(Encoding::Explicit).text(0x0040_A160, b"UT", &"x".repeat(60_000)); 600],
        true,
    );
    let object = part10(DEFLATED, &deflate(&text.bytes));
    assert!(matches!(describe(&object), Err(Refusal::HeaderTooLarge { .. })));
}

#[test]
fn byte_by_byte_costs_no_more_than_a_pass() {
    let object = DataSet::image(Encoding::Explicit, 100, 100, "1")
        .text(0x0040_A160, b"UT", &"text ".repeat(12_000))
        .value(0x7FE0_0010, b"OB", &vec![1; 10_000])
        .part10();
    let started = Instant::now();
    assert!(crate::outcome::describe_in(&object, &[1], Limits::default()).is_ok());
    assert!(started.elapsed() < Duration::from_secs(2));
    let meta = identified().raw(&[]).part10();
    let long_meta =
        [&meta[..132], &DataSet::new(Encoding::Explicit).value(0x0002_0102, b"OB", &vec![1; 200_000]).bytes].concat();
    assert!(crate::outcome::describe_in(&long_meta, &[1], Limits::default()).is_err());
    assert!(started.elapsed() < Duration::from_secs(4));
}
