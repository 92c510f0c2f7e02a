//! From the rows of a page to what is returned: the attributes that instances brought, and those that the catalog works
//! out itself.

use super::lists;
use crate::Error;
use crate::search::{ReturnTags, Row, Search};
use dataset::{AttributeSet, Level, RETURN_ATTRIBUTES, Tag};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use std::collections::HashMap;

const MODALITIES_IN_STUDY: Tag = Tag(0x0008, 0x0061);
const SOP_CLASSES_IN_STUDY: Tag = Tag(0x0008, 0x0062);
const AVAILABLE_TRANSFER_SYNTAX: Tag = Tag(0x0008, 0x3002);
const STUDY_RELATED_SERIES: Tag = Tag(0x0020, 0x1206);
const STUDY_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1208);
const SERIES_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1209);

type Json = Vec<(Tag, Vec<u8>)>;

/// Reads the rows that the statement of a page returned.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    rows: &[SqliteRow],
    search: &Search,
) -> Result<Vec<Row>, Error> {
    let gathered = Gathered::read(connection, rows, search).await?;
    let mut stored = Stored::default();
    rows.iter().map(|row| read_row(row, search, &gathered, &mut stored)).collect()
}

/// Whether anything that instances brought along is returned of this level.
pub(super) fn wants_stored(search: &Search, level: Level) -> bool {
    match &search.return_tags {
        ReturnTags::All => true,
        ReturnTags::Listed(tags) => tags.iter().any(|tag| is_stored_at(*tag, level)),
    }
}

fn is_stored_at(tag: Tag, level: Level) -> bool {
    RETURN_ATTRIBUTES.iter().any(|(of, returned, _)| *of == level && *returned == tag)
}

fn wants(search: &Search, tag: Tag) -> bool {
    match &search.return_tags {
        ReturnTags::All => true,
        ReturnTags::Listed(tags) => tags.contains(&tag),
    }
}

/// The stored attributes of the levels above, which follow rows in runs: each is taken apart once.
#[derive(Default)]
struct Stored {
    study: Option<(i64, Json)>,
    series: Option<(i64, Json)>,
}

fn read_row(row: &SqliteRow, search: &Search, gathered: &Gathered, stored: &mut Stored) -> Result<Row, Error> {
    let study: i64 = row.try_get("id")?;
    let mut all = Vec::new();
    if wants_stored(search, Level::Study) {
        all.extend_from_slice(once(&mut stored.study, study, row, "of_study", search)?);
    }
    computed_of_study(row, study, search, gathered, &mut all)?;
    let mut read = Row {
        facility: row.try_get::<&str, _>("facility")?.parse()?,
        study: row.try_get::<&str, _>("study_instance_uid")?.parse()?,
        series: None,
        instance: None,
        attributes: Vec::new(),
    };
    if search.level >= Level::Series {
        read.series = Some(row.try_get::<&str, _>("series_instance_uid")?.parse()?);
        if wants_stored(search, Level::Series) {
            all.extend_from_slice(once(&mut stored.series, row.try_get("series_id")?, row, "of_series", search)?);
        }
        push_number(&mut all, search, SERIES_RELATED_INSTANCES, row.try_get("series_instance_count")?);
    }
    if search.level >= Level::Instance {
        read.instance = Some(row.try_get::<&str, _>("sop_instance_uid")?.parse()?);
        if wants_stored(search, Level::Instance) {
            all.extend(decode(row.try_get("of_instance")?, search)?);
        }
        if wants(search, AVAILABLE_TRANSFER_SYNTAX) {
            let syntax: &str = row.try_get("transfer_syntax_uid")?;
            all.push((AVAILABLE_TRANSFER_SYNTAX, object("UI", &[syntax])));
        }
    }
    read.attributes = in_order(all);
    Ok(read)
}

fn once<'a>(
    last: &'a mut Option<(i64, Json)>,
    id: i64,
    row: &SqliteRow,
    column: &str,
    search: &Search,
) -> Result<&'a [(Tag, Vec<u8>)], Error> {
    if last.as_ref().is_none_or(|(last, _)| *last != id) {
        *last = Some((id, decode(row.try_get(column)?, search)?));
    }
    Ok(last.as_ref().map(|(_, json)| json.as_slice()).unwrap_or_default())
}

fn decode(blob: &[u8], search: &Search) -> Result<Json, Error> {
    let mut json = AttributeSet::decode(blob)?;
    json.retain(|(tag, _)| wants(search, *tag));
    Ok(json)
}

fn computed_of_study(
    row: &SqliteRow,
    study: i64,
    search: &Search,
    gathered: &Gathered,
    all: &mut Json,
) -> Result<(), Error> {
    push_gathered(all, search, MODALITIES_IN_STUDY, "CS", gathered.modalities.get(&study));
    push_gathered(all, search, SOP_CLASSES_IN_STUDY, "UI", gathered.sop_classes.get(&study));
    push_number(all, search, STUDY_RELATED_SERIES, row.try_get("series_count")?);
    push_number(all, search, STUDY_RELATED_INSTANCES, row.try_get("instance_count")?);
    Ok(())
}

fn push_number(all: &mut Json, search: &Search, tag: Tag, number: i64) {
    if wants(search, tag) {
        all.push((tag, format!("{{\"vr\":\"IS\",\"Value\":[{number}]}}").into_bytes()));
    }
}

fn push_gathered(all: &mut Json, search: &Search, tag: Tag, vr: &str, values: Option<&Vec<String>>) {
    if wants(search, tag) {
        let values: Vec<&str> = values.into_iter().flatten().map(String::as_str).collect();
        all.push((tag, object(vr, &values)));
    }
}

fn object(vr: &str, values: &[&str]) -> Vec<u8> {
    if values.is_empty() {
        return format!("{{\"vr\":\"{vr}\"}}").into_bytes();
    }
    format!("{{\"vr\":\"{vr}\",\"Value\":{}}}", lists::texts(values.iter().copied())).into_bytes()
}

/// Of an attribute that several levels have, such as Timezone Offset From UTC, the lowest level's is returned: it came
/// last.
fn in_order(mut all: Json) -> Json {
    all.reverse();
    all.sort_by_key(|(tag, _)| *tag);
    all.dedup_by_key(|(tag, _)| *tag);
    all
}

/// What is gathered from the series and instances of the studies of a page.
#[derive(Default)]
struct Gathered {
    modalities: HashMap<i64, Vec<String>>,
    sop_classes: HashMap<i64, Vec<String>>,
}

impl Gathered {
    async fn read(connection: &mut SqliteConnection, rows: &[SqliteRow], search: &Search) -> Result<Self, Error> {
        const MODALITIES: &str = "SELECT study, modality FROM study_modality \
            WHERE study IN (SELECT value FROM json_each(?1)) ORDER BY study, modality";
        const SOP_CLASSES: &str = "SELECT study, sop_class_uid FROM study_sop_class \
            WHERE study IN (SELECT value FROM json_each(?1)) ORDER BY study, sop_class_uid";
        let mut studies = rows.iter().map(|row| row.try_get("id")).collect::<Result<Vec<i64>, _>>()?;
        studies.dedup();
        let studies = lists::numbers(studies);
        let mut gathered = Self::default();
        if wants(search, MODALITIES_IN_STUDY) {
            gathered.modalities = gather(connection, MODALITIES, &studies).await?;
        }
        if wants(search, SOP_CLASSES_IN_STUDY) {
            gathered.sop_classes = gather(connection, SOP_CLASSES, &studies).await?;
        }
        Ok(gathered)
    }
}

async fn gather(
    connection: &mut SqliteConnection,
    statement: &'static str,
    studies: &str,
) -> Result<HashMap<i64, Vec<String>>, Error> {
    let rows: Vec<(i64, String)> = sqlx::query_as(statement).bind(studies).fetch_all(connection).await?;
    let mut gathered: HashMap<i64, Vec<String>> = HashMap::new();
    for (study, value) in rows {
        gathered.entry(study).or_default().push(value);
    }
    Ok(gathered)
}
