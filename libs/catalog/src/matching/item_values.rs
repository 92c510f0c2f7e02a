//! The values in items of sequences that are searched by: one for each value, with the number of its item, and of the item in
//! that where the sequence is in another one. Their names are their paths, as `00400275.00321064.00080100`.

use dataset::{AttributeSet, ITEM_KEYS, Level, SEARCH_KEYS, SearchKey, Tag};
use std::sync::LazyLock;

/// The longest value, in octets, that is searched by: databases bound what they index. What the standard allows in these
/// attributes is shorter, but for identifiers of issuers.
const MAX_VALUE: usize = 1024;
/// The most values of one attribute in one item. There should be one.
const MAX_VALUES: usize = 4;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ItemValue {
    /// From 1 on, counted through the items of all sequences of the path's first tag.
    pub(crate) item: i64,
    /// From 1 on within the item; 0 for what is directly in it.
    pub(crate) inner: i64,
    /// See [`item_name`].
    pub(crate) attribute: &'static str,
    pub(crate) value: String,
}

/// A key, and the name of its values.
struct Named {
    key: &'static SearchKey,
    name: String,
}

/// All keys of the sequences that have keys without columns. Those with columns are among them, so that any two keys of a
/// sequence can be tested in one item.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let beside =
        |key: &&SearchKey| key.path.len() > 1 && ITEM_KEYS.iter().any(|other| other.path.first() == key.path.first());
    let name = |path: &[Tag]| {
        path.iter().map(|Tag(group, element)| format!("{group:04X}{element:04X}")).collect::<Vec<_>>().join(".")
    };
    SEARCH_KEYS.iter().filter(beside).chain(ITEM_KEYS).map(|key| Named { key, name: name(key.path) }).collect()
});

/// The name under which the values of a key in items are kept; `None` if they are not.
pub(crate) fn item_name(key: &SearchKey) -> Option<&'static str> {
    NAMED.iter().find(|named| named.key.path == key.path).map(|named| named.name.as_str())
}

/// Whether the attributes have a sequence with such values, or any of its kind.
pub(crate) fn is_in_items(tag: Tag, level: Level) -> bool {
    NAMED.iter().any(|named| named.key.level == level && named.key.path.first() == Some(&tag))
}

/// The values in the items of the attributes of a level.
pub(crate) fn item_values(level: Level, attributes: &AttributeSet) -> Vec<ItemValue> {
    let mut values = Vec::new();
    for attribute in attributes.0.iter().filter(|attribute| !attribute.items.is_empty()) {
        let keys =
            || NAMED.iter().filter(|named| named.key.level == level && named.key.path.first() == Some(&attribute.tag));
        for (item, set) in (1..).zip(&attribute.items) {
            for named in keys() {
                match named.key.path {
                    [_, tag] => add(&mut values, (item, 0), named, set, *tag),
                    [_, inner, tag] => {
                        let inner = set.get(*inner).map(|inner| inner.items.as_slice()).unwrap_or_default();
                        for (number, set) in (1..).zip(inner) {
                            add(&mut values, (item, number), named, set, *tag);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    values
}

fn add(values: &mut Vec<ItemValue>, (item, inner): (i64, i64), named: &'static Named, set: &AttributeSet, tag: Tag) {
    let given = set.get(tag).map(|attribute| attribute.values.as_slice()).unwrap_or_default();
    let kept = given.iter().filter(|value| !value.is_empty() && value.len() <= MAX_VALUE).take(MAX_VALUES);
    values.extend(kept.map(|value| ItemValue {
        item,
        inner,
        attribute: named.name.as_str(),
        // PostgreSQL cannot hold NUL.
        value: value.replace('\0', "\u{FFFD}"),
    }));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_are_named_by_their_paths() {
        let named = |path: &[Tag]| item_name(dataset::search_key(path).unwrap());
        let request = Tag(0x0040, 0x0275);
        assert_eq!(named(&[request, Tag(0x0040, 0x0009)]), Some("00400275.00400009"));
        let code = [request, Tag(0x0032, 0x1064), Tag(0x0008, 0x0100)];
        assert_eq!(named(&code), Some("00400275.00321064.00080100"));
        assert_eq!(named(&[Tag(0x0010, 0x0020)]), None);
    }
}
