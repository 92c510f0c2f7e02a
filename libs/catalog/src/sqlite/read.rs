//! The connections that read, and what they read of instances.

use super::connect::Connect;
use crate::reading::instance::{START, cursor, instance_columns, metadata_columns, over_instances, read};
use crate::reading::row::StoredRow;
use crate::{Cursor, Error, Found, Prepared, StoredInstance};
use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use uid::Resource;

/// The connections that read.
#[derive(Clone)]
pub(crate) struct Readers {
    pool: SqlitePool,
}

impl Readers {
    pub(super) async fn open(connect: &Connect) -> Result<Self, Error> {
        Ok(Self { pool: connect.readers().await? })
    }

    pub(super) async fn acquire(&self) -> Result<PoolConnection<Sqlite>, Error> {
        Ok(self.pool.acquire().await?)
    }

    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let mut connection = self.acquire().await?;
        sqlx::query("SELECT version FROM schema_floor").execute(&mut *connection).await?;
        Ok(())
    }
}

/// The three listings of a resource: of a study, a series and an instance. The order of a study is that of two indexes, one
/// within the other, which CROSS JOIN holds fast.
macro_rules! listings {
    ($columns:expr) => {
        [
            over_instances!(
                $columns,
                "series s CROSS JOIN instance i ON i.series = s.id",
                "s.study = ?1 AND s.series_order >= ?2 \
                AND (s.series_order, s.id, i.instance_order, i.id) > (?2, ?3, ?4, ?5) \
                ORDER BY s.series_order, s.id, i.instance_order, i.id LIMIT ?6"
            ),
            over_instances!(
                $columns,
                "series s CROSS JOIN instance i ON i.series = s.id",
                "s.id = ?1 AND (s.series_order, s.id) >= (?2, ?3) \
                AND (i.instance_order, i.id) > (?4, ?5) ORDER BY i.instance_order, i.id LIMIT ?6"
            ),
            over_instances!(
                $columns,
                "instance i CROSS JOIN series s ON s.id = i.series",
                "i.id = ?1 AND (s.series_order, s.id, i.instance_order, i.id) > (?2, ?3, ?4, ?5) LIMIT ?6"
            ),
        ]
    };
}

const INSTANCES: [&str; 3] = listings!(instance_columns!());
const METADATA: [&str; 3] = listings!(metadata_columns!());

/// See [`crate::CatalogReader::instances`].
pub(crate) async fn instances(
    readers: &Readers,
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<StoredInstance>, Error> {
    let rows = listed(INSTANCES, found, after, limit).fetch_all(&mut *readers.acquire().await?).await?;
    rows.iter().map(|row| read(row, found.resource.study())).collect()
}

/// See [`crate::CatalogReader::metadata`].
pub(crate) async fn metadata(
    readers: &Readers,
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Prepared>, Error> {
    let rows = listed(METADATA, found, after, limit).fetch_all(&mut *readers.acquire().await?).await?;
    let prepared = |row: &SqliteRow| Ok(Prepared { cursor: cursor(row)?, blob: row.octets("prepared")?.to_owned() });
    rows.iter().map(prepared).collect()
}

fn listed(
    [of_study, of_series, of_instance]: [&'static str; 3],
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Query<'static, Sqlite, SqliteArguments> {
    let after = after.unwrap_or(START);
    let statement = match found.resource {
        Resource::Study(_) => of_study,
        Resource::Series(_) => of_series,
        Resource::Instance(_) => of_instance,
    };
    let query = sqlx::query(statement).bind(found.id).bind(after.series_order).bind(after.series);
    query.bind(after.instance_order).bind(after.instance).bind(i64::from(limit))
}

/// One instance by facilities, study, series and SOP Instance UID.
pub(super) const BY_UIDS: &str = over_instances!(
    instance_columns!(),
    "instance i JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study",
    "i.facility IN (SELECT value FROM json_each(?1)) AND i.sop_instance_uid = ?4 AND s.series_instance_uid = ?3 \
    AND t.study_instance_uid = ?2"
);
