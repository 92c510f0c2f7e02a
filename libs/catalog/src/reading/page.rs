//! From the rows of a page to what is returned: the attributes that instances brought, and those that the catalog works
//! out itself.

use super::row::StoredRow;
use super::zoned;
use crate::Error;
use crate::search::{ReturnTags, Row, Search};
use bytes::Bytes;
use dataset::{AttributeSet, Level, RETURN_ATTRIBUTES, Tag};
use std::collections::HashMap;

const MODALITIES_IN_STUDY: Tag = Tag(0x0008, 0x0061);
const SOP_CLASSES_IN_STUDY: Tag = Tag(0x0008, 0x0062);
const AVAILABLE_TRANSFER_SYNTAX: Tag = Tag(0x0008, 0x3002);
const STUDY_RELATED_SERIES: Tag = Tag(0x0020, 0x1206);
const STUDY_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1208);
const SERIES_RELATED_INSTANCES: Tag = Tag(0x0020, 0x1209);

pub(super) type Json = Vec<(Tag, Bytes)>;

/// Reads the rows that the statement of a page returned.
pub(crate) fn read(rows: &[impl StoredRow], search: &Search, gathered: &Gathered) -> Result<Vec<Row>, Error> {
    let mut stored = Stored::default();
    rows.iter().map(|row| read_row(row, search, gathered, &mut stored)).collect()
}

/// The studies of the rows.
pub(crate) fn studies(rows: &[impl StoredRow]) -> Result<Vec<i64>, sqlx::Error> {
    let mut studies = rows.iter().map(|row| row.number("id")).collect::<Result<Vec<i64>, _>>()?;
    studies.dedup();
    Ok(studies)
}

/// Whether Modalities in Study is returned.
pub(crate) fn wants_modalities(search: &Search) -> bool {
    wants(search, MODALITIES_IN_STUDY)
}

/// Whether SOP Classes in Study is returned.
pub(crate) fn wants_sop_classes(search: &Search) -> bool {
    wants(search, SOP_CLASSES_IN_STUDY)
}

/// Whether anything that instances brought along is returned of this level.
pub(crate) fn wants_stored(search: &Search, level: Level) -> bool {
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

fn read_row(row: &impl StoredRow, search: &Search, gathered: &Gathered, stored: &mut Stored) -> Result<Row, Error> {
    let study: i64 = row.number("id")?;
    let mut all = Vec::new();
    if wants_stored(search, Level::Study) {
        all.extend_from_slice(once(&mut stored.study, study, row, Level::Study, search)?);
    }
    computed_of_study(row, study, search, gathered, &mut all)?;
    let mut read = Row {
        facility: row.text("facility")?.parse()?,
        study: row.text("study_instance_uid")?.parse()?,
        series: None,
        instance: None,
        attributes: Vec::new(),
    };
    if search.level >= Level::Series {
        read.series = Some(row.text("series_instance_uid")?.parse()?);
        if wants_stored(search, Level::Series) {
            all.extend_from_slice(once(&mut stored.series, row.number("series_id")?, row, Level::Series, search)?);
        }
        push_number(&mut all, search, SERIES_RELATED_INSTANCES, row.number("series_instance_count")?);
    }
    if search.level >= Level::Instance {
        read.instance = Some(row.text("sop_instance_uid")?.parse()?);
        if wants_stored(search, Level::Instance) {
            all.extend(decode(row, Level::Instance, search)?);
        }
        if wants(search, AVAILABLE_TRANSFER_SYNTAX) {
            let syntax: &str = row.text("transfer_syntax_uid")?;
            all.push((AVAILABLE_TRANSFER_SYNTAX, object("UI", &[syntax])));
        }
    }
    read.attributes = in_order(all);
    Ok(read)
}

fn once<'a>(
    last: &'a mut Option<(i64, Json)>,
    id: i64,
    row: &impl StoredRow,
    level: Level,
    search: &Search,
) -> Result<&'a [(Tag, Bytes)], Error> {
    if last.as_ref().is_none_or(|(last, _)| *last != id) {
        *last = Some((id, decode(row, level, search)?));
    }
    Ok(last.as_ref().map(|(_, json)| json.as_slice()).unwrap_or_default())
}

/// The attributes that are returned share one copy of what is stored.
fn decode(row: &impl StoredRow, level: Level, search: &Search) -> Result<Json, Error> {
    let blob = row.octets(match level {
        Level::Study => "of_study",
        Level::Series => "of_series",
        Level::Instance => "of_instance",
    })?;
    let located = AttributeSet::locate(blob)?;
    let blob = Bytes::copy_from_slice(blob);
    let Some(zone) = search.zone else {
        let wanted = located.into_iter().filter(|(tag, _)| wants(search, *tag));
        return Ok(wanted.map(|(tag, at)| (tag, blob.slice(at))).collect());
    };
    let all = located.into_iter().map(|(tag, at)| (tag, blob.slice(at))).collect();
    let mut moved = zoned::moved(level, all, zone);
    moved.retain(|(tag, _)| wants(search, *tag));
    Ok(moved)
}

fn computed_of_study(
    row: &impl StoredRow,
    study: i64,
    search: &Search,
    gathered: &Gathered,
    all: &mut Json,
) -> Result<(), Error> {
    push_gathered(all, search, MODALITIES_IN_STUDY, "CS", gathered.modalities.get(&study));
    push_gathered(all, search, SOP_CLASSES_IN_STUDY, "UI", gathered.sop_classes.get(&study));
    push_number(all, search, STUDY_RELATED_SERIES, row.number("series_count")?);
    push_number(all, search, STUDY_RELATED_INSTANCES, row.number("instance_count")?);
    Ok(())
}

fn push_number(all: &mut Json, search: &Search, tag: Tag, number: i64) {
    if wants(search, tag) {
        all.push((tag, format!("{{\"vr\":\"IS\",\"Value\":[{number}]}}").into()));
    }
}

fn push_gathered(all: &mut Json, search: &Search, tag: Tag, vr: &str, values: Option<&Vec<String>>) {
    if wants(search, tag) {
        let values: Vec<&str> = values.into_iter().flatten().map(String::as_str).collect();
        all.push((tag, object(vr, &values)));
    }
}

fn object(vr: &str, values: &[&str]) -> Bytes {
    if values.is_empty() {
        return format!("{{\"vr\":\"{vr}\"}}").into();
    }
    format!("{{\"vr\":\"{vr}\",\"Value\":{}}}", serde_json::Value::from(values)).into()
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
pub(crate) struct Gathered {
    modalities: HashMap<i64, Vec<String>>,
    sop_classes: HashMap<i64, Vec<String>>,
}

impl Gathered {
    /// Takes what [`Value`]s the database gave, in the order in which they are returned.
    pub(crate) fn new(values: Vec<Value>) -> Self {
        let mut gathered = Self::default();
        for (study, is_modality, value) in values {
            let of_kind = if is_modality { &mut gathered.modalities } else { &mut gathered.sop_classes };
            of_kind.entry(study).or_default().push(value);
        }
        gathered
    }
}

/// Of a study: whether it is a modality, else a SOP class; and the value.
pub(crate) type Value = (i64, bool, String);
