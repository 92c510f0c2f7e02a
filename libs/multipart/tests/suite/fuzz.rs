//! Mutated bodies, from fixed seeds: a bounded fuzz run on each test. `NOCTIS_FUZZ_ROUNDS` makes it longer.
//!
//! They start from the bodies in `tests/corpus`, all with the boundary `b-7MA4YWxk`.

use crate::reading::{Part, read_with};
use multipart::{Error, Limits};
use std::path::Path;

const BOUNDARY: &str = "b-7MA4YWxk";
const LIMITS: Limits = Limits { preamble_bytes: 256, header_bytes: 256, headers: 6, parts: 12 };

/// What decides how the reader goes on.
const TOKENS: [&[u8]; 12] = [
    b"\r\n--b-7MA4YWxk\r\n",
    b"\r\n--b-7MA4YWxk--",
    b"--b-7MA4YWxk",
    b"\r\n--b-7MA4YWxk ",
    b"\r\n\r\n",
    b"\n\n",
    b"\r",
    b"\n",
    b"--",
    b": ",
    b" \t",
    b"\0",
];

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
}

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let token = TOKENS[random.below(TOKENS.len())];
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
            2 => drop(bytes.drain(at..end)),
            3 => drop(bytes.splice(at..at, token.iter().copied())),
            4 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            _ => {
                bytes.truncate(at);
                bytes.extend_from_slice(&other[random.below(other.len())..]);
            }
        }
    }
}

/// What holds for every body: contents stand in it in their order, and only the last part may lack its end.
fn check(body: &[u8], parts: &[Part], seed: u64) {
    let mut rest = body;
    for part in parts {
        let length = part.content.len();
        let at = (0..=rest.len() - length).find(|at| rest[*at..].starts_with(&part.content));
        rest = &rest[at.unwrap_or_else(|| panic!("seed {seed}: content that was not in the body")) + length..];
    }
    let open = parts.iter().rev().skip(1).filter(|part| !part.complete).count();
    assert_eq!(open, 0, "seed {seed}: a part without an end has another one behind it");
}

fn rounds() -> u64 {
    std::env::var("NOCTIS_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20_000)
}

#[test]
fn mutated_bodies_are_split_or_refused() {
    let corpus = corpus();
    let mut complete = 0;
    for seed in 1..=rounds() {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut body = corpus[random.below(corpus.len())].clone();
        mutate(&mut body, &corpus[random.below(corpus.len())], &mut random);

        let whole = read_with(BOUNDARY, LIMITS, &[&body]);
        check(&body, &whole.0, seed);
        let pieces: Vec<&[u8]> = body.chunks(1 + random.below(60)).collect();
        let in_pieces = read_with(BOUNDARY, LIMITS, &pieces);
        // A bound is checked where bytes are missing: what comes in pieces may meet it earlier.
        if !matches!(in_pieces.1, Err(Error::NoFirstPart | Error::HeadersTooLong)) {
            assert_eq!(in_pieces, whole, "seed {seed}: the chunking made a difference");
        }
        complete += u64::from(whole.1.is_ok());
    }
    assert!(complete > rounds() / 10, "{complete}: too few live on");
}
