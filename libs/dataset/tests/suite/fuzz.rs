//! Mutated objects, from fixed seeds: a bounded fuzz run on each test. `NOCTIS_FUZZ_ROUNDS` makes it longer.

use dataset::{ExplicitRewriter, Limits, RewriteError};

use crate::corpus;
use crate::outcome::{check_invariants, describe_in, rewrite_in};

/// A small generator of pseudo-random numbers (xorshift64*), so that a seed is a test case for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn pick<'a>(&mut self, choices: &[&'a [u8]]) -> &'a [u8] {
        choices[self.below(choices.len())]
    }
}

/// Lengths, tags and VRs that decide how the parser goes on.
const TOKENS: [&[u8]; 14] = [
    &[0xFF; 4],
    &[0xFE, 0xFF, 0xFF, 0xFF],
    &[0xFF, 0xFF, 0xFF, 0x7F],
    &[0; 4],
    &[0xFE, 0xFF, 0x00, 0xE0],
    &[0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0],
    &[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0],
    &[0xFF, 0xFE, 0xE0, 0x00],
    &[0xE0, 0x7F, 0x10, 0x00],
    b"SQ\0\0",
    b"UN\0\0",
    b"OB\0\0",
    b"\x28\0\x08\0IS\x0A\x002147483647",
    b"\x08\0\x05\0CS\x02\0\\\\",
];

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(12) {
            0 => bytes.truncate(at),
            1..=5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            6 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            7 | 8 => {
                let token = random.pick(&TOKENS);
                bytes.iter_mut().skip(at).zip(token).for_each(|(byte, new)| *byte = *new);
            }
            9 => {
                let token = random.pick(&TOKENS);
                bytes.splice(at..at, token.iter().copied());
            }
            10 => {
                let end = (at + random.below(200)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => {
                let from = random.below(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}

fn rounds() -> u64 {
    std::env::var("NOCTIS_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60_000)
}

#[test]
fn mutated_objects_are_described_or_refused() {
    let objects = corpus::objects();
    let limits = Limits { header_bytes: 1 << 20, depth: 8, elements: 2000, fragments: 2000, ..Limits::default() };
    let (mut described, mut rewritten) = (0, 0);
    for seed in 1..=rounds() {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut bytes = objects[random.below(objects.len())].1.clone();
        mutate(&mut bytes, &objects[random.below(objects.len())].1, &mut random);
        let sizes = [1 + random.below(300), 1 + random.below(30)];
        let Ok(description) = describe_in(&bytes, &sizes, limits.clone()) else { continue };
        check_invariants(&description, &bytes);
        described += 1;
        let stored = [description.prefix.as_slice(), &bytes].concat();
        match rewrite_in(&stored, &sizes) {
            Ok(object) => {
                let again = describe_in(&object, &sizes, limits.clone())
                    .unwrap_or_else(|refusal| panic!("seed {seed}: rewritten, but {refusal}"));
                assert_eq!(again.instance, description.instance, "seed {seed}");
                rewritten += 1;
            }
            Err(RewriteError::Encapsulated) => {}
            Err(error) => panic!("seed {seed}: described, but {error}"),
        }
    }
    assert!(described > rounds() / 10 && rewritten > rounds() / 20, "{described} {rewritten}: too few live on");
}

#[test]
fn mutated_objects_never_break_the_rewriter() {
    let objects = corpus::objects();
    for seed in 1..=rounds() / 4 {
        let mut random = Random(seed.wrapping_mul(0xD1B5_4A32_D192_ED03));
        let mut bytes = objects[random.below(objects.len())].1.clone();
        mutate(&mut bytes, &objects[random.below(objects.len())].1, &mut random);
        let (mut rewriter, mut out) = (ExplicitRewriter::new(Limits::default()), Vec::new());
        let pushed = bytes.chunks(1 + random.below(500)).try_for_each(|chunk| rewriter.push(chunk, &mut out));
        let ended = pushed.and_then(|()| rewriter.finish(&mut out));
        assert!(ended.is_err() || out.len() > 132);
        assert!(out.len() < 16 * bytes.len() + 4096);
    }
}
