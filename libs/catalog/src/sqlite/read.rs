//! The connections that read, and what they read of instances.

use super::connect::Connect;
use crate::{Cursor, Error, Found, NativePixels, Prepared, StoredInstance, StoredPixels};
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{Row as _, Sqlite};
use uid::{InstanceRef, Resource, StudyInstanceUid};

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

/// Makes a statement over instances with their series and study.
macro_rules! over_instances {
    ($columns:expr, $from:literal, $rest:literal) => {
        concat!(
            "SELECT s.series_order, s.id AS series_id, i.instance_order, i.id, ",
            $columns,
            " FROM ",
            $from,
            " WHERE i.deleted_at IS NULL AND ",
            $rest
        )
    };
}

/// What [`InstanceRow::read`] reads.
macro_rules! instance_columns {
    () => {
        "i.facility, i.sop_instance_uid, s.series_instance_uid, i.sop_class_uid, i.transfer_syntax_uid, i.revision, \
        i.object_key, i.object_length, i.stored_digest, i.data_set_offset, i.deflated, i.pixel_frames, i.pixel_rows, \
        i.pixel_columns, i.pixel_samples, i.pixel_bits_allocated, i.native_offset, i.native_length, \
        i.native_frame_bits, i.native_big_endian, i.native_vr"
    };
}

macro_rules! metadata_columns {
    () => {
        "(SELECT prepared FROM instance_metadata m WHERE m.instance = i.id) AS prepared"
    };
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
    rows.iter().map(|row| InstanceRow::read(row, found.resource.study())).collect()
}

/// See [`crate::CatalogReader::metadata`].
pub(crate) async fn metadata(
    readers: &Readers,
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Vec<Prepared>, Error> {
    let rows = listed(METADATA, found, after, limit).fetch_all(&mut *readers.acquire().await?).await?;
    let prepared = |row: &SqliteRow| Ok(Prepared { cursor: cursor(row)?, blob: row.try_get("prepared")? });
    rows.iter().map(prepared).collect()
}

fn listed(
    [of_study, of_series, of_instance]: [&'static str; 3],
    found: &Found,
    after: Option<Cursor>,
    limit: u32,
) -> Query<'static, Sqlite, SqliteArguments> {
    const START: Cursor = Cursor { series_order: i64::MIN, series: 0, instance_order: i64::MIN, instance: 0 };
    let after = after.unwrap_or(START);
    let statement = match found.resource {
        Resource::Study(_) => of_study,
        Resource::Series(_) => of_series,
        Resource::Instance(_) => of_instance,
    };
    let query = sqlx::query(statement).bind(found.id).bind(after.series_order).bind(after.series);
    query.bind(after.instance_order).bind(after.instance).bind(i64::from(limit))
}

/// Reads rows of instances.
pub(super) struct InstanceRow;

impl InstanceRow {
    /// One instance by facilities, study, series and SOP Instance UID.
    pub(super) const BY_UIDS: &str = over_instances!(
        instance_columns!(),
        "instance i JOIN series s ON s.id = i.series JOIN study t ON t.id = s.study",
        "i.facility IN (SELECT value FROM json_each(?1)) AND i.sop_instance_uid = ?4 AND s.series_instance_uid = ?3 \
        AND t.study_instance_uid = ?2"
    );

    pub(super) fn facility(row: &SqliteRow) -> Result<String, sqlx::Error> {
        row.try_get("facility")
    }

    pub(super) fn read(row: &SqliteRow, study: &StudyInstanceUid) -> Result<StoredInstance, Error> {
        let text = |column: &str| row.try_get::<&str, _>(column);
        let digest: &[u8] = row.try_get("stored_digest")?;
        let uids = InstanceRef {
            study: study.clone(),
            series: text("series_instance_uid")?.parse()?,
            instance: text("sop_instance_uid")?.parse()?,
        };
        Ok(StoredInstance {
            id: row.try_get("id")?,
            facility: text("facility")?.parse()?,
            uids,
            sop_class: text("sop_class_uid")?.parse()?,
            transfer_syntax: text("transfer_syntax_uid")?.parse()?,
            key: row.try_get("object_key")?,
            length: number(row, "object_length")?,
            digest: digest.try_into().map_err(Error::damaged)?,
            data_set_offset: number(row, "data_set_offset")?,
            deflated: row.try_get("deflated")?,
            pixels: pixels(row)?,
            revision: row.try_get("revision")?,
            cursor: cursor(row)?,
        })
    }
}

fn cursor(row: &SqliteRow) -> Result<Cursor, sqlx::Error> {
    Ok(Cursor {
        series_order: row.try_get("series_order")?,
        series: row.try_get("series_id")?,
        instance_order: row.try_get("instance_order")?,
        instance: row.try_get("id")?,
    })
}

fn pixels(row: &SqliteRow) -> Result<Option<StoredPixels>, Error> {
    if row.try_get::<Option<i64>, _>("pixel_frames")?.is_none() {
        return Ok(None);
    }
    Ok(Some(StoredPixels {
        frames: number(row, "pixel_frames")?,
        rows: number(row, "pixel_rows")?,
        columns: number(row, "pixel_columns")?,
        samples: number(row, "pixel_samples")?,
        bits_allocated: number(row, "pixel_bits_allocated")?,
        native: native(row)?,
    }))
}

fn native(row: &SqliteRow) -> Result<Option<NativePixels>, Error> {
    let Some(vr) = row.try_get::<Option<&str>, _>("native_vr")? else { return Ok(None) };
    Ok(Some(NativePixels {
        offset: number(row, "native_offset")?,
        length: number(row, "native_length")?,
        frame_bits: number(row, "native_frame_bits")?,
        big_endian: row.try_get("native_big_endian")?,
        vr: vr.as_bytes().try_into().map_err(Error::damaged)?,
    }))
}

fn number<T>(row: &SqliteRow, column: &str) -> Result<T, Error>
where
    T: TryFrom<i64, Error = std::num::TryFromIntError>,
{
    T::try_from(row.try_get::<i64, _>(column)?).map_err(Error::damaged)
}
