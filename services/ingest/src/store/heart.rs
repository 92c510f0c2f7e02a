//! Signs of life: while a request goes on, its intents must not be taken for those of a dead one.

use crate::service::Service;
use catalog::IntentId;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::task::AbortHandle;
use tracing::Instrument as _;

/// The open intents of one request, and the task that keeps them fresh while any of its clones is there.
#[derive(Clone)]
pub(super) struct Heart {
    open: Arc<Mutex<Vec<IntentId>>>,
    _beating: Arc<Beating>,
}

struct Beating(AbortHandle);

impl Drop for Beating {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Heart {
    pub(super) fn start(service: &Arc<Service>) -> Self {
        let open = Arc::default();
        let task = tokio::spawn(beat(Arc::clone(service), Arc::clone(&open)).in_current_span());
        Self { open, _beating: Arc::new(Beating(task.abort_handle())) }
    }

    pub(super) fn add(&self, intent: IntentId) {
        self.open.lock().push(intent);
    }

    pub(super) fn remove(&self, intent: &IntentId) {
        self.open.lock().retain(|other| other != intent);
    }
}

async fn beat(service: Arc<Service>, open: Arc<Mutex<Vec<IntentId>>>) {
    loop {
        tokio::time::sleep(service.config.heartbeat()).await;
        let intents = open.lock().clone();
        if intents.is_empty() {
            continue;
        }
        // A beat that is lost does no harm: several fit into the time after which an intent is stale.
        if let Err(error) = service.catalog.heartbeat(&intents, service.clock.now()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot refresh the intents of a store request");
        }
    }
}
