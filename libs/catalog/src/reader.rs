//! The reading side of the catalog.

use crate::sqlite::{self, Readers, Recent};
use crate::{Cursor, Error, Found, NotedDisagreement, Page, Prepared, Search, StoredInstance};
use access::Scope;
use dataset::BulkValue;
use std::ops::Range;
use uid::{InstanceRef, Resource};

/// Reads the catalog. Clones share their connections.
#[derive(Clone)]
pub struct CatalogReader {
    readers: Readers,
    recent: Recent,
}

impl CatalogReader {
    pub(crate) fn new(readers: Readers, recent: Recent) -> Self {
        Self { readers, recent }
    }

    /// One page of a search.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn search(&self, scope: &Scope, search: &Search) -> Result<Page, Error> {
        sqlite::search(&self.readers, scope, search).await
    }

    /// Finds a resource. One that exists in several facilities of the scope is that of the home facility.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Ambiguous`] when it exists in several but not at home; [`Error::Unavailable`].
    pub async fn find(&self, scope: &Scope, resource: &Resource) -> Result<Found, Error> {
        sqlite::find(&self.readers, scope, resource).await
    }

    /// The instances of a resource after `after`, by series number and instance number.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. A resource that was deleted since it was found has no instances.
    pub async fn instances(
        &self,
        found: &Found,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<StoredInstance>, Error> {
        sqlite::instances(&self.readers, found, after, limit).await
    }

    /// One instance.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn instance(&self, scope: &Scope, instance: &InstanceRef) -> Result<StoredInstance, Error> {
        self.recent.instance(scope, instance, sqlite::instance(&self.readers, scope, instance)).await
    }

    /// The metadata of the instances of a resource after `after`, in the order of [`Self::instances`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn metadata(&self, found: &Found, after: Option<Cursor>, limit: u32) -> Result<Vec<Prepared>, Error> {
        sqlite::metadata(&self.readers, found, after, limit).await
    }

    /// Where some frames of encapsulated Pixel Data lie in the object: for each frame, counted from 1, the ranges of its
    /// fragments, in the order of `frames`.
    ///
    /// # Errors
    /// [`Error::NoSuchFrame`], also for native pixels; [`Error::NotFound`] when the instance was deleted or replaced since
    /// it was found; [`Error::Unavailable`].
    pub async fn frames(&self, instance: &StoredInstance, frames: &[u32]) -> Result<Vec<Vec<Range<u64>>>, Error> {
        sqlite::frames(&self.readers, instance, frames).await
    }

    /// Where the bulk values of an instance lie.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn bulk(&self, instance: &StoredInstance) -> Result<Vec<BulkValue>, Error> {
        sqlite::bulk(&self.readers, instance).await
    }

    /// Disagreements about the patient after `after`, in the order in which they were noted, those that are settled
    /// left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn disagreements(
        &self,
        scope: &Scope,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NotedDisagreement>, Error> {
        sqlite::disagreements(&self.readers, scope, after, limit).await
    }

    /// Whether the catalog can be read now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn probe(&self) -> Result<(), Error> {
        self.readers.probe().await
    }
}
