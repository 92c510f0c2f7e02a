//! How large the parts of an upload are.

/// Parts of one object are at most this many.
#[cfg(test)]
const MOST: u64 = 10_000;
const FIRST: u64 = 8 << 20;
/// Parts of the first size: 32 GiB, more than almost every object.
const EVEN: u64 = 4096;
/// What each part after those is longer than the one before it.
const GROWTH: u64 = 304 << 10;

/// The length of a part, counted from 0; only the last part of an object may be shorter.
pub(super) fn length(part: u64) -> u64 {
    FIRST.saturating_add(part.saturating_sub(EVEN - 1).saturating_mul(GROWTH))
}

/// How many parts are sent at once: large ones one at a time.
pub(super) fn at_once(part: u64) -> usize {
    if part < EVEN { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::{EVEN, MOST, at_once, length};

    #[test]
    fn five_terabytes_fit_and_ordinary_objects_take_little_memory() {
        let all: u64 = (0..MOST).map(length).sum();
        assert!(all >= 5_500_000_000_000, "{all}");
        assert!(length(MOST - 1) < 5 << 30, "no part is longer than S3 takes");
        assert!((0..EVEN).all(|part| length(part) == 8 << 20));
        assert!((EVEN..MOST).all(|part| length(part) > length(part - 1)));
        assert!((0..MOST).all(|part| length(part) * (at_once(part) as u64 + 1) <= (24 << 20).max(2 * length(part))));
    }
}
