//! A bound on memory that all requests share.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which memory is counted: fine enough for small instances, coarse enough for the semaphore's counter.
const UNIT: u64 = 1 << 10;

/// Bytes that may be held at once. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    units: Arc<Semaphore>,
    total: u32,
}

/// Bytes that are held; given back on drop.
#[derive(Debug)]
pub(crate) struct Held(OwnedSemaphorePermit);

impl Held {
    /// Adds bytes to these.
    pub(crate) fn add(&mut self, other: Self) {
        self.0.merge(other.0);
    }
}

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        let total = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
        let units = usize::try_from(total).unwrap_or(Semaphore::MAX_PERMITS);
        Self { units: Arc::new(Semaphore::new(units)), total }
    }

    /// Takes bytes if they are there.
    pub(crate) fn try_take(&self, bytes: u64) -> Option<Held> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).ok()?;
        Arc::clone(&self.units).try_acquire_many_owned(units).ok().map(Held)
    }

    /// Takes bytes when they are there; all there are if more are asked for, so that it comes to an end. Who waits
    /// here must hold none of this budget. `None` only if the budget is closed, which it never is.
    pub(crate) async fn take(&self, bytes: u64) -> Option<Held> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.total);
        Arc::clone(&self.units).acquire_many_owned(units).await.ok().map(Held)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Budget;

    #[tokio::test]
    async fn what_is_held_is_given_back() {
        let budget = Budget::new(4096);
        let mut held = budget.try_take(1).unwrap();
        held.add(budget.try_take(2049).unwrap());
        assert!(budget.try_take(1).is_none());
        drop(held);
        let all = budget.take(u64::MAX).await.unwrap();
        assert!(budget.try_take(1).is_none());
        drop(all);
        assert!(budget.try_take(4096).is_some());
    }
}
