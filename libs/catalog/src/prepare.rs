//! Turns a description into the rows that a commit writes: everything that can be computed without the database, so that
//! the one writer does nothing else but write.

use crate::matching::{self, ItemValue};
use crate::{Chunk, DuplicatePolicy, NewInstance, Timestamp};
use dataset::{
    AttributeSet, BulkValue, Description, Level, Matching, PixelLayout, Pixels, SEARCH_KEYS, SearchKey, Tag, folding,
    prepared,
};
use sha2::{Digest, Sha256};
use uid::InstanceRef;

/// The most words of the names of one attribute that fuzzy matching looks at.
const MAX_WORDS: usize = 64;

/// A chunk, ready to be written.
pub(crate) struct PreparedChunk {
    pub(crate) intent: String,
    pub(crate) facility: String,
    pub(crate) instances: Vec<PreparedInstance>,
    pub(crate) duplicates: DuplicatePolicy,
    pub(crate) now: Timestamp,
}

/// An instance, ready to be written.
pub(crate) struct PreparedInstance {
    pub(crate) uids: InstanceRef,
    pub(crate) sop_class: String,
    pub(crate) transfer_syntax: String,
    pub(crate) key: String,
    pub(crate) length: i64,
    pub(crate) stored_digest: [u8; 32],
    pub(crate) received_digest: [u8; 32],
    pub(crate) data_set_offset: i64,
    pub(crate) deflated: bool,
    pub(crate) pixels: Option<Pixels>,
    /// Pieces of the frame index, each with its first frame.
    pub(crate) frames: Vec<(i64, Vec<u8>)>,
    pub(crate) bulk: Option<Vec<u8>>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) study: AttributeSet,
    pub(crate) study_blob: Vec<u8>,
    /// Tells study attributes apart.
    pub(crate) study_digest: String,
    pub(crate) series: AttributeSet,
    /// Instance Number (0020,0013).
    pub(crate) order: i64,
    pub(crate) row: LevelRow,
    pub(crate) attributes: Vec<u8>,
}

/// A value of a search column.
#[derive(Clone)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Number(i64),
}

/// What a level has in search columns and in the tables beside them.
#[derive(Clone, Default)]
pub(crate) struct LevelRow {
    /// In the order of [`matching::columns`].
    pub(crate) cells: Vec<Cell>,
    /// Attribute and each of its values, where there are several.
    pub(crate) values: Vec<(&'static str, String)>,
    /// Attribute, component group from 1 on, and the folded name.
    pub(crate) names: Vec<(&'static str, i64, String)>,
    /// Attribute and folded word.
    pub(crate) words: Vec<(&'static str, String)>,
    /// What is in items of sequences.
    pub(crate) items: Vec<ItemValue>,
}

impl PreparedChunk {
    pub(crate) fn new(chunk: Chunk) -> Self {
        Self {
            intent: chunk.intent.0,
            facility: chunk.facility.to_string(),
            instances: chunk.instances.into_iter().map(PreparedInstance::new).collect(),
            duplicates: chunk.duplicates,
            now: chunk.now,
        }
    }
}

impl PreparedInstance {
    fn new(new: NewInstance) -> Self {
        let NewInstance { description, key, stored_digest, received_digest } = new;
        let Description { attributes, pixels, bulk, .. } = description;
        let study_blob = attributes.study.encode();
        Self {
            uids: description.instance,
            sop_class: description.sop_class.to_string(),
            transfer_syntax: description.transfer_syntax.to_string(),
            key,
            length: stored_number(description.length),
            stored_digest,
            received_digest,
            data_set_offset: stored_number(description.data_set_offset),
            deflated: description.deflated,
            frames: frame_pieces(pixels.as_ref()),
            pixels,
            bulk: (!bulk.is_empty()).then(|| BulkValue::encode_all(&bulk)),
            metadata: prepared::encode(&description.metadata),
            study_digest: digest_of(&study_blob),
            study: attributes.study,
            study_blob,
            series: attributes.series,
            order: order_of(&attributes.instance, Tag(0x0020, 0x0013)),
            row: LevelRow::new(Level::Instance, &attributes.instance),
            attributes: attributes.instance.encode(),
        }
    }
}

impl LevelRow {
    /// The values of the search keys of a level.
    pub(crate) fn new(level: Level, attributes: &AttributeSet) -> Self {
        let mut row = Self { cells: Vec::new(), ..Self::default() };
        for column in matching::columns(level) {
            let values = non_empty(attributes, column.key);
            row.cells.push(cell(column.key, values.first().copied()));
            if values.len() > 1 && matches!(column.key.matching, Matching::Text | Matching::Code | Matching::Uid) {
                row.values.extend(values.iter().map(|value| (column.key.keyword, (*value).to_owned())));
            }
        }
        for key in SEARCH_KEYS.iter().filter(|key| key.level == level && key.matching == Matching::Name) {
            row.add_names(key, &non_empty(attributes, key));
        }
        for sequence in matching::sequences(level) {
            row.values.extend(sequence.texts(attributes).into_iter().map(|text| (sequence.keyword, text)));
        }
        let Self { values, items, .. } = Self::of_later_schema(level, attributes);
        row.values.extend(values);
        row.items = items;
        row
    }

    /// What programs of the first schema did not write: moments and what is in items.
    pub(crate) fn of_later_schema(level: Level, attributes: &AttributeSet) -> Self {
        let values = matching::moments(level, attributes);
        Self { values, items: matching::item_values(level, attributes), ..Self::default() }
    }

    fn add_names(&mut self, key: &SearchKey, names: &[&str]) {
        for name in names {
            for (group, folded) in (1..).zip(folding::name_groups(name)) {
                if !folded.is_empty() {
                    self.names.push((key.keyword, group, folded));
                }
            }
        }
        let mut words: Vec<String> = names.iter().flat_map(|name| folding::words(name)).take(MAX_WORDS).collect();
        words.sort_unstable();
        words.dedup();
        self.words.extend(words.into_iter().map(|word| (key.keyword, word)));
    }
}

fn non_empty<'a>(attributes: &'a AttributeSet, key: &SearchKey) -> Vec<&'a str> {
    let mut values = attributes.values_at(key.path);
    values.retain(|value| !value.is_empty());
    values
}

fn cell(key: &SearchKey, value: Option<&str>) -> Cell {
    let cell = match key.matching {
        Matching::Date => value.and_then(matching::date).map(Cell::Text),
        Matching::Time => value.and_then(matching::time).map(Cell::Text),
        Matching::Number => value.and_then(matching::number).map(Cell::Number),
        _ => value.map(|value| Cell::Text(value.to_owned())),
    };
    // Searches are ordered by the study date; databases do not agree on where nulls stand.
    let missing = || if key.keyword == "StudyDate" { Cell::Text(String::new()) } else { Cell::Null };
    cell.unwrap_or_else(missing)
}

/// A number by which rows are ordered; those without one come last.
pub(crate) fn order_of(attributes: &AttributeSet, tag: Tag) -> i64 {
    attributes.first(tag).and_then(matching::number).unwrap_or(i64::MAX)
}

/// Half of a SHA-256 is more than enough to tell the few sets of one study apart.
pub(crate) fn digest_of(blob: &[u8]) -> String {
    Sha256::digest(blob).iter().take(16).map(|octet| format!("{octet:02x}")).collect()
}

fn frame_pieces(pixels: Option<&Pixels>) -> Vec<(i64, Vec<u8>)> {
    match pixels.map(|pixels| &pixels.layout) {
        Some(PixelLayout::Encapsulated { table }) => {
            table.pieces().map(|(first, piece)| (i64::from(first), piece)).collect()
        }
        Some(PixelLayout::Native { .. }) | None => Vec::new(),
    }
}

/// Lengths and offsets of objects are far below 2^63.
pub(crate) fn stored_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
