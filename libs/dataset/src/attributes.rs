//! The attributes that the catalog keeps for itself: what can be searched (PS3.18 10.6.1.2.3), what a search returns
//! (PS3.18 Tables 10.6.3-3 to 10.6.3-5), and their values as they are taken from an instance.

mod collect;
mod item_keys;
mod stored;
mod table;

pub use collect::AttributeCollector;
pub use item_keys::ITEM_KEYS;
pub use table::{RETURN_ATTRIBUTES, SEARCH_KEYS};

use crate::{CharacterSets, Tag, json, text};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, TagRange};
use dicom_dictionary_std::StandardDataDictionary;

/// A level of the query information model (PS3.18 10.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Study, with the patient's attributes.
    Study,
    /// Series.
    Series,
    /// Instance.
    Instance,
}

/// What the catalog works out itself, since no single instance says it (PS3.4 C.3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Computed {
    /// (0008,0061): the Modality values of the series of a study.
    ModalitiesInStudy,
    /// (0008,0062): the SOP Class UIDs of the instances of a study.
    SopClassesInStudy,
    /// (0020,1206).
    NumberOfStudyRelatedSeries,
    /// (0020,1208).
    NumberOfStudyRelatedInstances,
    /// (0020,1209).
    NumberOfSeriesRelatedInstances,
}

/// How the value of a key is compared (PS3.4 C.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matching {
    /// Single value, or any of a list.
    Uid,
    /// Single value and wildcards, case-sensitive.
    Text,
    /// Person name: single value and wildcards over all component groups, folded.
    Name,
    /// Single value and range of DA.
    Date,
    /// Single value and range of TM.
    Time,
    /// Equality of numbers (IS, US).
    Number,
    /// CS: single value and wildcards.
    Code,
    /// A value that the catalog counts or gathers.
    Computed(Computed),
}

/// One attribute that can be searched by.
#[derive(Debug, PartialEq, Eq)]
pub struct SearchKey {
    /// Keyword of PS3.6, of the last tag in `path`.
    pub keyword: &'static str,
    /// Where the attribute is: its tag, after the tags of the sequences around it.
    pub path: &'static [Tag],
    /// The level that the attribute belongs to.
    pub level: Level,
    /// Value representation of PS3.6.
    pub vr: &'static str,
    /// Kind of match.
    pub matching: Matching,
}

impl SearchKey {
    /// Whether it is one of [`ITEM_KEYS`]: in items of a sequence, and without a column of its own.
    #[must_use]
    pub fn in_items(&self) -> bool {
        self.path.len() > 1 && ITEM_KEYS.iter().any(|key| key.path == self.path)
    }
}

/// An attribute of one instance as the catalog keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its tag.
    pub tag: Tag,
    /// Value representation.
    pub vr: [u8; 2],
    /// The values to match by: decoded, without padding; empty when the attribute has no value. A value that is empty
    /// among others is kept as an empty text.
    pub values: Vec<String>,
    /// The DICOM JSON object, as `{"vr":"CS","Value":["CT"]}`.
    pub json: Vec<u8>,
    /// The items of a sequence, with those attributes in them that are kept; empty for all other VRs.
    pub items: Vec<AttributeSet>,
}

impl Attribute {
    /// Takes an attribute from its bytes in the data set. For sequences see [`AttributeCollector`].
    #[must_use]
    pub fn from_value(tag: Tag, vr: [u8; 2], value: &[u8], big_endian: bool, charset: &CharacterSets) -> Self {
        let mut object = Vec::with_capacity(value.len().saturating_add(32));
        json::write_object(&mut object, tag, vr, value, big_endian, charset);
        let values = text::match_values(vr, value, big_endian, charset);
        Self { tag, vr, values, json: object, items: Vec::new() }
    }
}

/// Attributes of one level, ascending by tag, each tag once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeSet(pub Vec<Attribute>);

impl AttributeSet {
    /// The attribute with this tag.
    #[must_use]
    pub fn get(&self, tag: Tag) -> Option<&Attribute> {
        let at = self.0.binary_search_by_key(&tag, |attribute| attribute.tag).ok()?;
        self.0.get(at)
    }

    /// The first value of the attribute with this tag; `None` if it is absent or empty.
    #[must_use]
    pub fn first(&self, tag: Tag) -> Option<&str> {
        self.get(tag)?.values.first().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All match values at a path of the search table; those of every item where the path leads through a sequence.
    #[must_use]
    pub fn values_at(&self, path: &[Tag]) -> Vec<&str> {
        let Some((tag, rest)) = path.split_first() else { return Vec::new() };
        let Some(attribute) = self.get(*tag) else { return Vec::new() };
        if rest.is_empty() {
            return attribute.values.iter().map(String::as_str).collect();
        }
        attribute.items.iter().flat_map(|item| item.values_at(rest)).collect()
    }
}

/// The attributes of one instance, apart by the level that they belong to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Of the patient and the study.
    pub study: AttributeSet,
    /// Of the series, its equipment and its request.
    pub series: AttributeSet,
    /// Of the instance.
    pub instance: AttributeSet,
}

impl Attributes {
    /// The attributes of one level.
    #[must_use]
    pub fn at(&self, level: Level) -> &AttributeSet {
        match level {
            Level::Study => &self.study,
            Level::Series => &self.series,
            Level::Instance => &self.instance,
        }
    }
}

/// The search key at this path, if there is one: of [`SEARCH_KEYS`] or [`ITEM_KEYS`].
#[must_use]
pub fn search_key(path: &[Tag]) -> Option<&'static SearchKey> {
    SEARCH_KEYS.iter().chain(ITEM_KEYS).find(|key| key.path == path)
}

/// Whether the catalog keeps the attribute at this path of a data set, and at which level. `None` for what it works
/// out itself, and for what it does not know.
#[must_use]
pub fn wanted(path: &[Tag]) -> Option<Level> {
    table::wanted(path)
}

/// The tag of an attribute by its keyword (PS3.6). Keywords of repeating groups give the first of them.
#[must_use]
pub fn tag_by_keyword(keyword: &str) -> Option<Tag> {
    let entry = StandardDataDictionary.by_name(keyword)?;
    match entry.tag {
        TagRange::Single(tag) | TagRange::Group100(tag) | TagRange::Element100(tag) => Some(tag),
        TagRange::GroupLength | TagRange::PrivateCreator => None,
    }
}

/// The keyword of a standard attribute (PS3.6); `None` for private and unknown ones.
#[must_use]
pub fn keyword_of(tag: Tag) -> Option<&'static str> {
    let entry = StandardDataDictionary.by_tag(tag)?;
    match entry.tag {
        TagRange::GroupLength | TagRange::PrivateCreator => None,
        _ => Some(entry.alias),
    }
}

/// Whether PS3.6 defines this attribute.
#[must_use]
pub fn is_known_attribute(tag: Tag) -> bool {
    keyword_of(tag).is_some()
}

/// The value representation that PS3.6 gives the attribute; where it allows several (US or SS, OB or OW) the usual one.
#[must_use]
pub fn vr_of(tag: Tag) -> Option<[u8; 2]> {
    let entry = StandardDataDictionary.by_tag(tag)?;
    let name = entry.vr().relaxed().to_string();
    name.as_bytes().try_into().ok()
}
