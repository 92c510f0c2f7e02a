//! Takes the attributes of the catalog out of a data set while its elements go by.

use super::item_keys::{kept_in_item, kept_inner};
use super::{Attribute, AttributeSet, Attributes, Level, table};
use crate::{CharacterSets, Tag, json};

/// The longest value, in bytes, that the catalog keeps. A longer one stays in the metadata of the instance only: rows of
/// the catalog are read by the hundred for one search.
const MAX_VALUE: usize = 16 * 1024;

/// The most items of one sequence at the top of the data set that the catalog keeps.
const MAX_ITEMS: usize = 64;

/// The most items that the catalog keeps of all sequences in the items of one sequence.
const MAX_INNER_ITEMS: usize = 128;

/// The longest JSON, in bytes, of one sequence that the catalog keeps.
const MAX_SEQUENCE: usize = 64 * 1024;

/// Collects [`Attributes`]. The caller reports the elements at the top of the data set, the sequences there with the elements
/// directly in their items, and the sequences in these with theirs; what is nested deeper is not to be reported.
#[derive(Debug, Default)]
pub struct AttributeCollector {
    found: Attributes,
    sequence: Option<OpenSequence>,
}

#[derive(Debug)]
struct OpenSequence {
    open: Open,
    inner: Option<Open>,
    /// Items of all inner sequences so far.
    inner_items: usize,
}

/// A sequence whose items are passing.
#[derive(Debug)]
struct Open {
    tag: Tag,
    /// Whether anything of it is kept.
    kept: bool,
    items: Vec<AttributeSet>,
    in_item: bool,
}

impl Open {
    fn new(tag: Tag, kept: bool) -> Self {
        Self { tag, kept, items: Vec::new(), in_item: false }
    }

    fn begin_item(&mut self, fits: bool) {
        self.in_item = self.kept && fits;
        if self.in_item {
            self.items.push(AttributeSet::default());
        }
    }

    /// The item that is passing, if it is kept.
    fn item(&mut self) -> Option<&mut AttributeSet> {
        self.items.last_mut().filter(|_| self.in_item)
    }

    /// `None` where it is not kept, or is too long.
    fn end(self) -> Option<Attribute> {
        let mut json = Vec::new();
        if self.kept {
            json::write_sequence_object(&mut json, self.items.iter().map(|item| item.0.as_slice()));
        }
        let fits = self.kept && json.len() <= MAX_SEQUENCE;
        fits.then(|| Attribute { tag: self.tag, vr: *b"SQ", values: Vec::new(), json, items: self.items })
    }
}

impl AttributeCollector {
    /// Nothing collected.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An element with its complete value: at the top of the data set, or in the item that is open.
    pub fn element(&mut self, tag: Tag, vr: [u8; 2], value: &[u8], big_endian: bool, charset: &CharacterSets) {
        if value.len() > MAX_VALUE {
            return;
        }
        if let Some(OpenSequence { open, inner, .. }) = &mut self.sequence {
            let (outer, within) = (open.tag, inner.as_ref().map(|inner| inner.tag));
            let item = inner.as_mut().unwrap_or(open).item();
            if let Some(item) = item.filter(|_| kept_in_item(outer, within, tag)) {
                insert(item, Attribute::from_value(tag, vr, value, big_endian, charset));
            }
            return;
        }
        let levels = table::levels(tag);
        if !levels.is_empty() {
            self.keep(levels, Attribute::from_value(tag, vr, value, big_endian, charset));
        }
    }

    /// A sequence begins: at the top of the data set, or in the item that is open.
    pub fn begin_sequence(&mut self, tag: Tag) {
        match &mut self.sequence {
            Some(OpenSequence { open, inner, .. }) => {
                *inner = Some(Open::new(tag, open.in_item && kept_inner(open.tag, tag)));
            }
            None => {
                let open = Open::new(tag, !table::levels(tag).is_empty());
                self.sequence = Some(OpenSequence { open, inner: None, inner_items: 0 });
            }
        }
    }

    /// An item of the sequence that began last begins.
    pub fn begin_item(&mut self) {
        match &mut self.sequence {
            Some(OpenSequence { inner: Some(inner), inner_items, .. }) => {
                inner.begin_item(*inner_items < MAX_INNER_ITEMS);
                *inner_items = inner_items.saturating_add(usize::from(inner.in_item));
            }
            Some(OpenSequence { open, .. }) => open.begin_item(open.items.len() < MAX_ITEMS),
            None => {}
        }
    }

    /// That item has ended.
    pub fn end_item(&mut self) {
        if let Some(OpenSequence { open, inner, .. }) = &mut self.sequence {
            inner.as_mut().unwrap_or(open).in_item = false;
        }
    }

    /// That sequence has ended.
    pub fn end_sequence(&mut self) {
        if let Some(OpenSequence { open, inner, .. }) = &mut self.sequence
            && let Some(inner) = inner.take()
        {
            if let (Some(attribute), Some(item)) = (inner.end(), open.item()) {
                insert(item, attribute);
            }
            return;
        }
        if let Some(attribute) = self.sequence.take().and_then(|sequence| sequence.open.end()) {
            self.keep(table::levels(attribute.tag), attribute);
        }
    }

    /// What was found. A sequence that is still open counts as ended.
    #[must_use]
    pub fn finish(mut self) -> Attributes {
        while self.sequence.is_some() {
            self.end_sequence();
        }
        self.found
    }

    fn keep(&mut self, levels: &[Level], attribute: Attribute) {
        let Some((last, others)) = levels.split_last() else { return };
        for level in others {
            insert(self.set_of(*level), attribute.clone());
        }
        insert(self.set_of(*last), attribute);
    }

    fn set_of(&mut self, level: Level) -> &mut AttributeSet {
        match level {
            Level::Study => &mut self.found.study,
            Level::Series => &mut self.found.series,
            Level::Instance => &mut self.found.instance,
        }
    }
}

/// Puts an attribute in its place. Of one that comes twice the first is kept, as readers of data sets do.
fn insert(set: &mut AttributeSet, attribute: Attribute) {
    if set.0.last().is_none_or(|last| last.tag < attribute.tag) {
        set.0.push(attribute);
    } else if let Err(at) = set.0.binary_search_by_key(&attribute.tag, |other| other.tag) {
        set.0.insert(at, attribute);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn collected(report: impl FnOnce(&mut AttributeCollector, &CharacterSets)) -> Attributes {
        let mut collector = AttributeCollector::new();
        report(&mut collector, &CharacterSets::default_repertoire());
        collector.finish()
    }

    #[test]
    fn attributes_go_to_their_levels_in_order() {
        let found = collected(|collector, charset| {
            collector.element(Tag(0x0008, 0x0060), *b"CS", b"CT", false, charset);
            collector.element(Tag(0x0010, 0x0020), *b"LO", b" 4711 ", false, charset);
            collector.element(Tag(0x0008, 0x0050), *b"SH", b"", false, charset);
            collector.element(Tag(0x0028, 0x0010), *b"US", &[2, 0], true, charset);
            collector.element(Tag(0x0020, 0x1208), *b"IS", b"7", false, charset);
            collector.element(Tag(0x0009, 0x0010), *b"LO", b"PRIVATE", false, charset);
        });
        let tags: Vec<Tag> = found.study.0.iter().map(|attribute| attribute.tag).collect();
        assert_eq!(tags, [Tag(0x0008, 0x0050), Tag(0x0010, 0x0020)]);
        assert_eq!(found.study.get(Tag(0x0008, 0x0050)).unwrap().values, Vec::<String>::new());
        assert_eq!(found.study.first(Tag(0x0010, 0x0020)), Some("4711"));
        assert_eq!(found.series.first(Tag(0x0008, 0x0060)), Some("CT"));
        let rows = found.instance.get(Tag(0x0028, 0x0010)).unwrap();
        assert_eq!((rows.values[0].as_str(), rows.json.as_slice()), ("512", &br#"{"vr":"US","Value":[512]}"#[..]));
        assert_eq!(found.instance.0.len(), 1);
    }

    #[test]
    fn the_request_attributes_of_all_items_are_found() {
        let sequence = Tag(0x0040, 0x0275);
        let found = collected(|collector, charset| {
            collector.begin_sequence(sequence);
            for (step, procedure) in [(&b"SPS1"[..], &b"RP1"[..]), (b"SPS2", b"RP2")] {
                collector.begin_item();
                collector.element(Tag(0x0040, 0x0009), *b"SH", step, false, charset);
                collector.element(Tag(0x0040, 0x1001), *b"SH", procedure, false, charset);
                collector.element(Tag(0x0010, 0x0010), *b"PN", b"Not^Here", false, charset);
                collector.end_item();
            }
            collector.end_sequence();
        });
        assert_eq!(found.series.values_at(&[sequence, Tag(0x0040, 0x1001)]), ["RP1", "RP2"]);
        let json = &found.series.get(sequence).unwrap().json;
        assert_eq!(
            std::str::from_utf8(json).unwrap(),
            r#"{"vr":"SQ","Value":[{"00400009":{"vr":"SH","Value":["SPS1"]},"00401001":{"vr":"SH","Value":["RP1"]}},{"00400009":{"vr":"SH","Value":["SPS2"]},"00401001":{"vr":"SH","Value":["RP2"]}}]}"#
        );
        assert!(found.study.0.is_empty());
    }

    #[test]
    fn the_catalog_is_not_flooded() {
        let long = vec![b'A'; MAX_VALUE + 1];
        let found = collected(|collector, charset| {
            collector.element(Tag(0x0010, 0x4000), *b"LT", &long, false, charset);
            collector.begin_sequence(Tag(0x0040, 0x0275));
            for _ in 0..100_000 {
                collector.begin_item();
                collector.element(Tag(0x0040, 0x0009), *b"SH", b"1", false, charset);
                collector.end_item();
            }
        });
        assert!(found.study.0.is_empty());
        assert_eq!(found.series.0[0].items.len(), MAX_ITEMS);
    }

    #[test]
    fn sequences_in_items_are_found_and_bounded() {
        let (series, images, instance) = (Tag(0x0008, 0x1115), Tag(0x0008, 0x1140), Tag(0x0008, 0x1155));
        let found = collected(|collector, charset| {
            collector.begin_sequence(series);
            for number in [b"1.1", b"1.2"] {
                collector.begin_item();
                collector.begin_sequence(images);
                for _ in 0..100 {
                    collector.begin_item();
                    collector.element(instance, *b"UI", b"1.2.3", false, charset);
                    collector.element(Tag(0x0020, 0x000E), *b"UI", b"9.9", false, charset);
                    collector.end_item();
                }
                collector.end_sequence();
                collector.begin_sequence(Tag(0x0040, 0xA170));
                collector.begin_item();
                collector.element(Tag(0x0008, 0x0100), *b"SH", b"NOT", false, charset);
                collector.end_item();
                collector.end_sequence();
                collector.element(Tag(0x0020, 0x000E), *b"UI", number, false, charset);
                collector.end_item();
            }
        });
        let found = found.instance;
        assert_eq!(found.values_at(&[series, Tag(0x0020, 0x000E)]), ["1.1", "1.2"]);
        assert_eq!(found.values_at(&[series, images, instance]).len(), MAX_INNER_ITEMS);
        let json = std::str::from_utf8(&found.get(series).unwrap().json).unwrap();
        let begin =
            r#"{"vr":"SQ","Value":[{"00081140":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["1.2.3"]}},"#;
        assert!(json.starts_with(begin) && !json.contains("NOT") && !json.contains("9.9"), "{json}");
    }

    #[test]
    fn of_an_attribute_that_comes_twice_the_first_is_kept() {
        let found = collected(|collector, charset| {
            collector.element(Tag(0x0010, 0x0020), *b"LO", b"FIRST", false, charset);
            collector.element(Tag(0x0010, 0x0020), *b"LO", b"SECOND", false, charset);
        });
        assert_eq!(found.study.values_at(&[Tag(0x0010, 0x0020)]), ["FIRST"]);
    }
}
