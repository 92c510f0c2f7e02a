//! Instances that were looked up since the last change, so that reading frame after frame of one costs one statement.
//!
//! The writer is in this process and tells of every change before it answers it: what was deleted or replaced is not
//! found here once anybody has been told so.

use crate::{Error, StoredInstance};
use access::Scope;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use uid::InstanceRef;

/// The most instances that are remembered; about 3 MiB. Past that all are forgotten, and those in use come back.
const MOST: usize = 4096;

/// Counts the changes of instances.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Arc<AtomicU64>);

impl Changes {
    /// Says that instances have come, gone or changed. To be called when a commit is done, before it is answered.
    pub(super) fn happened(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What was looked up, and in which scope. Clones share it.
#[derive(Clone)]
pub(crate) struct Recent {
    changes: Changes,
    looked_up: Arc<Mutex<LookedUp>>,
}

#[derive(Default)]
struct LookedUp {
    /// The state of the catalog that all of this is from.
    state: u64,
    instances: HashMap<InstanceRef, (Scope, StoredInstance)>,
}

impl Recent {
    pub(super) fn new(changes: Changes) -> Self {
        Self { changes, looked_up: Arc::default() }
    }

    /// The instance, from memory or else by `look_up`.
    ///
    /// # Errors
    /// Those of `look_up`, which are not remembered.
    pub(crate) async fn instance(
        &self,
        scope: &Scope,
        instance: &InstanceRef,
        look_up: impl Future<Output = Result<StoredInstance, Error>>,
    ) -> Result<StoredInstance, Error> {
        let state = self.changes.so_far();
        if let Some(stored) = self.remembered(state, scope, instance) {
            return Ok(stored);
        }
        let stored = look_up.await?;
        self.remember(state, scope, instance, &stored);
        Ok(stored)
    }

    fn remembered(&self, state: u64, scope: &Scope, instance: &InstanceRef) -> Option<StoredInstance> {
        let looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_up.state != state {
            return None;
        }
        let (seen_in, stored) = looked_up.instances.get(instance)?;
        (seen_in == scope).then(|| stored.clone())
    }

    /// `state` is from before the look-up: what changed meanwhile makes it worthless.
    fn remember(&self, state: u64, scope: &Scope, instance: &InstanceRef, stored: &StoredInstance) {
        let mut looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if self.changes.so_far() != state {
            return;
        }
        if looked_up.state != state || looked_up.instances.len() >= MOST {
            looked_up.instances.clear();
            looked_up.state = state;
        }
        looked_up.instances.insert(instance.clone(), (scope.clone(), stored.clone()));
    }
}
