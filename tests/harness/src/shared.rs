//! What several tests use at the same time, such as one server: made by the first of them, gone with the last.

use std::{
    future::Future,
    sync::{Arc, Weak},
};

use tokio::sync::Mutex;

/// A place for it, to be put into a `static`.
#[derive(Debug)]
pub struct Shared<T>(Mutex<Weak<T>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Shared<T> {
    /// Nothing made yet.
    pub const fn new() -> Self {
        Self(Mutex::const_new(Weak::new()))
    }

    /// What other tests use now, or a new one if there is none. A `static` alone would never be dropped, and its server
    /// would outlive the tests.
    pub async fn get<F: Future<Output = T>>(&self, make: impl FnOnce() -> F) -> Arc<T> {
        let mut kept = self.0.lock().await;
        if let Some(used) = kept.upgrade() {
            return used;
        }
        let made = Arc::new(make().await);
        *kept = Arc::downgrade(&made);
        made
    }
}
