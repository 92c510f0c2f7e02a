//! Takes the attributes of the catalog out of a data set while its elements go by.

use super::{Attribute, AttributeSet, Attributes, Level, table};
use crate::{CharacterSets, Tag, json};

/// The longest value, in bytes, that the catalog keeps. A longer one stays in the metadata of the instance only: rows of
/// the catalog are read by the hundred for one search.
const MAX_VALUE: usize = 16 * 1024;

/// The most items of one sequence that the catalog keeps.
const MAX_ITEMS: usize = 64;

/// The longest JSON, in bytes, of one sequence that the catalog keeps.
const MAX_SEQUENCE: usize = 64 * 1024;

/// Collects [`Attributes`]. The caller reports the elements at the top of the data set, and the sequences there with
/// the elements directly in their items; what is nested deeper is not to be reported.
#[derive(Debug, Default)]
pub struct AttributeCollector {
    found: Attributes,
    sequence: Option<OpenSequence>,
}

#[derive(Debug)]
struct OpenSequence {
    tag: Tag,
    items: Vec<AttributeSet>,
    in_item: bool,
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
        if let Some(open) = &mut self.sequence {
            if open.in_item
                && table::kept_in_item(open.tag, tag)
                && let Some(item) = open.items.last_mut()
            {
                insert(item, Attribute::from_value(tag, vr, value, big_endian, charset));
            }
            return;
        }
        let levels = table::levels(tag);
        if !levels.is_empty() {
            self.keep(levels, Attribute::from_value(tag, vr, value, big_endian, charset));
        }
    }

    /// A sequence at the top of the data set begins.
    pub fn begin_sequence(&mut self, tag: Tag) {
        self.sequence = Some(OpenSequence { tag, items: Vec::new(), in_item: false });
    }

    /// An item of that sequence begins.
    pub fn begin_item(&mut self) {
        if let Some(open) = &mut self.sequence {
            open.in_item = open.items.len() < MAX_ITEMS && !table::levels(open.tag).is_empty();
            if open.in_item {
                open.items.push(AttributeSet::default());
            }
        }
    }

    /// That item has ended.
    pub fn end_item(&mut self) {
        if let Some(open) = &mut self.sequence {
            open.in_item = false;
        }
    }

    /// That sequence has ended.
    pub fn end_sequence(&mut self) {
        let Some(open) = self.sequence.take() else { return };
        let levels = table::levels(open.tag);
        if levels.is_empty() {
            return;
        }
        let mut json = Vec::new();
        json::write_sequence_object(&mut json, open.items.iter().map(|item| item.0.as_slice()));
        if json.len() <= MAX_SEQUENCE {
            self.keep(levels, Attribute { tag: open.tag, vr: *b"SQ", values: Vec::new(), json, items: open.items });
        }
    }

    /// What was found. A sequence that is still open counts as ended.
    #[must_use]
    pub fn finish(mut self) -> Attributes {
        self.end_sequence();
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
    fn of_an_attribute_that_comes_twice_the_first_is_kept() {
        let found = collected(|collector, charset| {
            collector.element(Tag(0x0010, 0x0020), *b"LO", b"FIRST", false, charset);
            collector.element(Tag(0x0010, 0x0020), *b"LO", b"SECOND", false, charset);
        });
        assert_eq!(found.study.values_at(&[Tag(0x0010, 0x0020)]), ["FIRST"]);
    }
}
