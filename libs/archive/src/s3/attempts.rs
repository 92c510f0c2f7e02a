//! Trying again, with growing and scattered waits, until it works or the time is over.

use super::answer::Failure;
use rand::Rng;
use std::time::Duration;
use tokio::time::Instant;

const FIRST_WAIT: Duration = Duration::from_millis(50);
/// So that a server that is back is found soon.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The slowest transfer that is waited for, in bytes a second.
const SLOWEST: u64 = 256 << 10;

/// However many bytes it is about.
const LONGEST_TRANSFER: Duration = Duration::from_secs(3600);

/// How long this many bytes may take.
pub(super) fn transfer(bytes: u64) -> Duration {
    LONGEST_TRANSFER.min(Duration::from_secs(bytes / SLOWEST))
}

pub(super) struct Attempts {
    until: Instant,
    wait: Duration,
    /// Whether credentials were renewed already because they were refused.
    renewed: bool,
}

/// What to do about a failure.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Again,
    /// With credentials that are read anew.
    AgainAnew,
}

impl Attempts {
    pub(super) fn until(until: Instant) -> Self {
        Self { until, wait: FIRST_WAIT, renewed: false }
    }

    /// When all tries are over.
    pub(super) fn end(&self) -> Instant {
        self.until
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// The failure itself, when it is for good or the time is over.
    pub(super) async fn next(&mut self, failure: Failure) -> Result<Next, Failure> {
        let next = match &failure {
            Failure::Lost(_) | Failure::Strange(_) => Next::Again,
            Failure::Refused(refused) if refused.is_passing() => Next::Again,
            Failure::Refused(refused) if refused.says_denied() && !refused.says_full() && !self.renewed => {
                self.renewed = true;
                Next::AgainAnew
            }
            Failure::Refused(_) | Failure::Final(_) => return Err(failure),
        };
        let wait = scattered(self.wait);
        self.wait = LONGEST_WAIT.min(self.wait * 2);
        if Instant::now() + wait >= self.until {
            return Err(failure);
        }
        tokio::time::sleep(wait).await;
        Ok(next)
    }
}

/// So that those who failed together do not come again together.
fn scattered(wait: Duration) -> Duration {
    rand::rng().random_range(wait / 2..=wait)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::{Attempts, LONGEST_WAIT, Next, scattered};
    use crate::s3::answer::{Failure, Refused};
    use std::{io, time::Duration};
    use tokio::time::Instant;

    fn refused(status: u16) -> Failure {
        Failure::Refused(Refused { status, code: String::new() })
    }

    #[tokio::test]
    async fn tries_go_on_until_the_time_is_over_with_growing_waits() {
        let start = Instant::now();
        let mut attempts = Attempts::until(start + Duration::from_secs(1));
        let mut waits = Vec::new();
        let mut last = start;
        while attempts.next(refused(503)).await.is_ok() {
            waits.push(last.elapsed());
            last = Instant::now();
        }
        assert!((3..8).contains(&waits.len()), "{waits:?}");
        assert!(start.elapsed() < Duration::from_secs(1) && waits.first() < waits.last());
    }

    #[test]
    fn waits_are_bounded_and_scattered() {
        let waits: Vec<_> = (0..100).map(|_| scattered(LONGEST_WAIT)).collect();
        assert!(waits.iter().all(|wait| (LONGEST_WAIT / 2..=LONGEST_WAIT).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < waits[0]) || waits.iter().any(|wait| *wait > waits[0]));
    }

    #[tokio::test]
    async fn what_does_not_pass_is_not_tried_again_but_for_credentials_once() {
        let mut attempts = Attempts::until(Instant::now() + Duration::from_secs(15));
        assert_eq!(attempts.next(Failure::Lost(io::ErrorKind::ConnectionReset.into())).await.unwrap(), Next::Again);
        assert_eq!(attempts.next(refused(403)).await.unwrap(), Next::AgainAnew);
        for status in [403, 404, 400, 412, 501] {
            assert!(attempts.next(refused(status)).await.is_err(), "{status}");
        }
    }
}
