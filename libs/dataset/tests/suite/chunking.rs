//! However the bytes are cut into chunks, and however lengths are written, the description is the same.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::corpus;
use crate::elements::{DataSet, Encoding};
use crate::outcome::{check_invariants, describe, describe_in, everything, json, rewrite_in};
use dataset::{Finding, Limits};

/// Attributes of several VRs, ascending, for a random data set or item.
const TEXTS: [(u32, &[u8; 2]); 6] = [
    (0x0010_0010, b"PN"),
    (0x0010_0020, b"LO"),
    (0x0010_4000, b"LT"),
    (0x0018_0022, b"CS"),
    (0x0018_0050, b"DS"),
    (0x0020_0013, b"IS"),
];
const NUMBERS: [(u32, &[u8; 2], usize); 4] =
    [(0x0028_0009, b"AT", 2), (0x0028_0101, b"US", 2), (0x0040_9225, b"FD", 8), (0x0040_A132, b"UL", 4)];
const SEQUENCES: [u32; 3] = [0x0040_A168, 0x0040_A504, 0x0040_A730];

/// What makes arbitrary bytes worth a second look.
const BEGINS: [&[u8]; 4] = [b"", b"\x08\0\x16\0UI", b"\x08\0\x05\0\x04\0\0\0", b"\x02\0\0\0UL\x04\0"];

/// A data set without its encoding.
#[derive(Debug, Clone)]
pub struct Plan {
    texts: Vec<Option<String>>,
    numbers: Vec<Option<Vec<u8>>>,
    sequences: Vec<Option<(Vec<Plan>, bool)>>,
}

impl Plan {
    pub fn write(&self, mut data_set: DataSet) -> DataSet {
        for ((tag, vr), text) in TEXTS.iter().zip(&self.texts) {
            if let Some(text) = text {
                data_set = data_set.text(*tag, vr, text);
            }
        }
        for ((tag, vr, unit), value) in NUMBERS.iter().zip(&self.numbers) {
            if let Some(value) = value {
                let mut value: Vec<u8> = value.chunks_exact(8).flatten().copied().collect();
                if data_set.encoding == Encoding::Big {
                    value.chunks_exact_mut(*unit).for_each(<[u8]>::reverse);
                }
                data_set = data_set.value(*tag, vr, &value);
            }
        }
        for (tag, sequence) in SEQUENCES.iter().zip(&self.sequences) {
            if let Some((items, defined)) = sequence {
                let items: Vec<DataSet> =
                    items.iter().map(|item| item.write(DataSet::new(data_set.encoding))).collect();
                data_set = data_set.sequence(*tag, &items, *defined);
            }
        }
        data_set
    }
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let text = || proptest::option::of("[A-Z0-9^ ]{0,12}");
    let number = || proptest::option::of(vec(0_u8..=127, 0..24));
    let leaf =
        (vec(text(), 6), vec(number(), 4)).prop_map(|(texts, numbers)| Plan { texts, numbers, sequences: Vec::new() });
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let sequence = proptest::option::of((vec(inner, 0..3), any::<bool>()));
        (vec(text(), 6), vec(number(), 4), vec(sequence, 3)).prop_map(|(texts, numbers, sequences)| Plan {
            texts,
            numbers,
            sequences,
        })
    })
}

pub fn encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![Just(Encoding::Implicit), Just(Encoding::Explicit), Just(Encoding::Big)]
}

/// An identified data set with the content of a plan behind the UIDs.
fn object(plan: &Plan, encoding: Encoding) -> DataSet {
    let mut data_set = DataSet::new(encoding);
    for (tag, uid) in [(0x0008_0016, "1.2.840.10008.5.1.4.1.1.7"), (0x0008_0018, "1.2.3.4")] {
        data_set = data_set.text(tag, b"UI", uid);
    }
    let mut content = plan.clone();
    let rest = Plan { texts: content.texts.split_off(5), ..content.clone() };
    content.numbers.clear();
    content.sequences.clear();
    data_set = content.write(data_set).text(0x0020_000D, b"UI", "1.2.3").text(0x0020_000E, b"UI", "1.2.3.1");
    let instance_number = Plan { texts: [vec![None; 5], rest.texts].concat(), ..rest };
    instance_number.write(data_set)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_chunking_gives_the_same_description(
        plan in plan(),
        encoding in encoding(),
        bare in any::<bool>(),
        sizes in vec(1_usize..80, 1..12),
    ) {
        let data_set = object(&plan, encoding);
        let bytes = if bare { data_set.bytes } else { data_set.part10() };
        let whole = describe(&bytes).unwrap();
        check_invariants(&whole, &bytes);
        for sizes in [sizes.as_slice(), &[1]] {
            let again = describe_in(&bytes, sizes, Limits::default()).unwrap();
            prop_assert_eq!(everything(&again), everything(&whole));
        }
    }

    #[test]
    fn all_encodings_have_the_same_json_before_and_after_rewriting(
        plan in plan(),
        sizes in vec(1_usize..80, 1..12),
    ) {
        let explicit = json(&describe(&object(&plan, Encoding::Explicit).part10()).unwrap());
        for encoding in [Encoding::Implicit, Encoding::Explicit, Encoding::Big] {
            let stored = object(&plan, encoding).part10();
            prop_assert_eq!(&json(&describe(&stored).unwrap()), &explicit);
            let rewritten = rewrite_in(&stored, &sizes).unwrap();
            prop_assert_eq!(&rewrite_in(&stored, &[stored.len()]).unwrap(), &rewritten);
            let description = describe(&rewritten).unwrap();
            // Random letters are no numbers.
            prop_assert!(description.findings.iter().all(|finding| *finding == Finding::InvalidValue));
            prop_assert_eq!(description.transfer_syntax.as_str(), crate::elements::EXPLICIT);
            prop_assert_eq!(&json(&description), &explicit);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in vec(any::<u8>(), 0..600),
        sizes in vec(1_usize..80, 1..5),
        start in proptest::sample::select(&BEGINS[..]),
    ) {
        let bytes = [start, &bytes].concat();
        let whole = describe(&bytes);
        let again = describe_in(&bytes, &sizes, Limits::default());
        prop_assert_eq!(whole.as_ref().map(everything).map_err(ToString::to_string),
            again.as_ref().map(everything).map_err(ToString::to_string));
    }
}

#[test]
fn each_object_of_the_corpus_can_be_cut_anywhere() {
    for (name, bytes) in corpus::objects() {
        let whole = describe(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        for at in 1..bytes.len() {
            let again = describe_in(&bytes, &[at, bytes.len()], Limits::default()).unwrap();
            assert_eq!(everything(&again), everything(&whole), "{name} at {at}");
        }
    }
}
