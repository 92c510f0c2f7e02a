//! Keys for the objects of one chunk, and the intent that names them in the catalog before they are used.

use crate::{outage::Outage, service::Service, store::heart::Heart};
use archive::Key;
use catalog::{IntentId, NewIntent};
use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use std::{sync::Arc, vec};
use tracing::Instrument as _;

/// The first allotment: a batch of ten, as many senders make them, then takes one transaction before its commit. A key
/// that stays unused costs a row of the removal list.
const FIRST: u32 = 12;
/// How much larger each further allotment is than the one before: each costs a transaction.
const GROWTH: u32 = 4;

/// Comes to an end when an intent, or its extension, is durable in the catalog.
pub(super) type Ready = Shared<BoxFuture<'static, Result<IntentId, Outage>>>;

/// The intent of one chunk.
pub(super) struct Keys {
    service: Arc<Service>,
    heart: Heart,
    begun: Ready,
    /// Of the allotment that `free` is the rest of.
    ready: Ready,
    free: vec::IntoIter<Key>,
    allotment: u32,
}

impl Keys {
    /// Begins an intent, in the background, for an unknown number of objects.
    pub(super) fn begin(service: &Arc<Service>, heart: &Heart) -> Self {
        Self::begin_for(service, heart, FIRST)
    }

    /// Begins an intent, in the background, for a single object.
    pub(super) fn begin_single(service: &Arc<Service>, heart: &Heart) -> Self {
        Self::begin_for(service, heart, 1)
    }

    fn begin_for(service: &Arc<Service>, heart: &Heart, allotment: u32) -> Self {
        let keys = Key::batch(allotment);
        let intent = NewIntent { keys: texts(&keys), now: service.clock.now() };
        let (catalog, opened) = (service.catalog.clone(), heart.clone());
        let begun = in_background(async move {
            let id = catalog.begin(intent).await.map_err(|error| Outage::of_catalog(&error))?;
            opened.add(id.clone());
            Ok(id)
        });
        Self {
            service: Arc::clone(service),
            heart: heart.clone(),
            ready: begun.clone(),
            begun,
            free: keys.into_iter(),
            allotment,
        }
    }

    /// The intent, once it is there.
    pub(super) async fn intent(&self) -> Result<IntentId, Outage> {
        self.begun.clone().await
    }

    /// A key, and what to wait for before it is used.
    pub(super) fn next(&mut self) -> (Key, Ready) {
        match self.free.next() {
            Some(key) => (key, self.ready.clone()),
            None => self.extend(),
        }
    }

    fn extend(&mut self) -> (Key, Ready) {
        let limit = u32::try_from(self.service.config.commit_instances).unwrap_or(u32::MAX);
        self.allotment = self.allotment.saturating_mul(GROWTH).min(limit).max(1);
        let key = Key::fresh();
        let mut keys = Key::batch(self.allotment.saturating_sub(1));
        let names = texts(keys.iter().chain([&key]));
        self.free = std::mem::take(&mut keys).into_iter();
        let (service, before) = (Arc::clone(&self.service), self.ready.clone());
        self.ready = in_background(async move {
            let id = before.await?;
            let extended = service.catalog.extend(&id, names, service.clock.now()).await;
            extended.map_err(|error| Outage::of_catalog(&error))?;
            Ok(id)
        });
        (key, self.ready.clone())
    }

    /// To be called when the intent has been committed or abandoned, or cannot be.
    pub(super) fn ended(&self, intent: &IntentId) {
        self.heart.remove(intent);
    }
}

fn texts<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<String> {
    keys.into_iter().map(ToString::to_string).collect()
}

/// Runs on although nobody waits for it yet. A panic in there counts as a catalog that is away.
fn in_background(work: impl Future<Output = Result<IntentId, Outage>> + Send + 'static) -> Ready {
    let task = tokio::spawn(work.in_current_span());
    async move { task.await.unwrap_or(Err(Outage::Catalog)) }.boxed().shared()
}
