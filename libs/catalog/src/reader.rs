//! The reading side of the catalog.

use crate::{Cursor, Error, Found, NotedDisagreement, Page, Prepared, Search, StoredInstance};
use crate::{postgres, sqlite, telemetry::operation};
use access::Scope;
use dataset::BulkValue;
use std::ops::Range;
use uid::{InstanceRef, Resource};

/// Reads the catalog. Clones share their connections.
#[derive(Clone)]
pub struct CatalogReader {
    catalog: Catalog,
}

/// The two implementations.
#[derive(Clone)]
enum Catalog {
    Sqlite { readers: sqlite::Readers, recent: sqlite::Recent },
    Postgres(postgres::Readers),
}

impl CatalogReader {
    pub(crate) fn over_sqlite(readers: sqlite::Readers, recent: sqlite::Recent) -> Self {
        Self { catalog: Catalog::Sqlite { readers, recent } }
    }

    pub(crate) fn over_postgres(readers: postgres::Readers) -> Self {
        Self { catalog: Catalog::Postgres(readers) }
    }

    /// As the semantic conventions of OpenTelemetry call it.
    fn system(&self) -> &'static str {
        match &self.catalog {
            Catalog::Sqlite { .. } => "sqlite",
            Catalog::Postgres(_) => "postgresql",
        }
    }

    /// One page of a search.
    ///
    /// # Errors
    /// [`Error::TooManyToSort`]; [`Error::Unavailable`].
    pub async fn search(&self, scope: &Scope, search: &Search) -> Result<Page, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::search(readers, scope, search).await,
                Catalog::Postgres(readers) => postgres::search(readers, scope, search).await,
            }
        };
        operation(self.system(), "search", work).await
    }

    /// Whether keys in items of sequences can be searched by ([`dataset::ITEM_KEYS`]): not in a PostgreSQL database that is
    /// still as the release before made it. It asks the database only as long as they cannot.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn searches_items(&self) -> Result<bool, Error> {
        match &self.catalog {
            Catalog::Sqlite { .. } => Ok(true),
            Catalog::Postgres(readers) => readers.searches_items().await,
        }
    }

    /// Finds a resource. One that exists in several facilities of the scope is that of the home facility.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Ambiguous`] when it exists in several but not at home; [`Error::Unavailable`].
    pub async fn find(&self, scope: &Scope, resource: &Resource) -> Result<Found, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::find(readers, scope, resource).await,
                Catalog::Postgres(readers) => postgres::find(readers, scope, resource).await,
            }
        };
        operation(self.system(), "find", work).await
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
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::instances(readers, found, after, limit).await,
                Catalog::Postgres(readers) => postgres::instances(readers, found, after, limit).await,
            }
        };
        operation(self.system(), "instances", work).await
    }

    /// One instance.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub async fn instance(&self, scope: &Scope, instance: &InstanceRef) -> Result<StoredInstance, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, recent } => {
                    recent.instance(scope, instance, sqlite::instance(readers, scope, instance)).await
                }
                Catalog::Postgres(readers) => postgres::instance(readers, scope, instance).await,
            }
        };
        operation(self.system(), "instance", work).await
    }

    /// The metadata of the instances of a resource after `after`, in the order of [`Self::instances`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn metadata(&self, found: &Found, after: Option<Cursor>, limit: u32) -> Result<Vec<Prepared>, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::metadata(readers, found, after, limit).await,
                Catalog::Postgres(readers) => postgres::metadata(readers, found, after, limit).await,
            }
        };
        operation(self.system(), "metadata", work).await
    }

    /// Where some frames of encapsulated Pixel Data lie in the object: for each frame, counted from 1, the ranges of its
    /// fragments, in the order of `frames`.
    ///
    /// # Errors
    /// [`Error::NoSuchFrame`], also for native pixels; [`Error::NotFound`] when the instance was deleted or replaced since
    /// it was found; [`Error::Unavailable`].
    pub async fn frames(&self, instance: &StoredInstance, frames: &[u32]) -> Result<Vec<Vec<Range<u64>>>, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::frames(readers, instance, frames).await,
                Catalog::Postgres(readers) => postgres::frames(readers, instance, frames).await,
            }
        };
        operation(self.system(), "frames", work).await
    }

    /// Where the bulk values of an instance lie.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn bulk(&self, instance: &StoredInstance) -> Result<Vec<BulkValue>, Error> {
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::bulk(readers, instance).await,
                Catalog::Postgres(readers) => postgres::bulk(readers, instance).await,
            }
        };
        operation(self.system(), "bulk", work).await
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
        let work = async {
            match &self.catalog {
                Catalog::Sqlite { readers, .. } => sqlite::disagreements(readers, scope, after, limit).await,
                Catalog::Postgres(readers) => postgres::disagreements(readers, scope, after, limit).await,
            }
        };
        operation(self.system(), "disagreements", work).await
    }

    /// Whether the catalog can be read now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn probe(&self) -> Result<(), Error> {
        match &self.catalog {
            Catalog::Sqlite { readers, .. } => readers.probe().await,
            Catalog::Postgres(readers) => readers.probe().await,
        }
    }
}
