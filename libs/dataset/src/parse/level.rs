//! The sequences and items that are open, and the tags seen in each.

use std::collections::HashSet;

use super::Syntax;
use crate::vr::Surroundings;
use crate::{Finding, Refusal, Tag};

/// An open sequence or item. The data set itself is the outermost item.
#[derive(Debug)]
pub(super) struct Level {
    pub kind: Kind,
    /// Nothing in here may reach beyond this offset.
    pub bound: u64,
    /// Whether the level ends at `bound`, and not with a delimiter.
    pub defined: bool,
    /// How elements in here are encoded.
    pub syntax: Syntax,
    pub surroundings: Surroundings,
    order: Order,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sequence,
    Item,
}

/// Which tags an item has had: while they ascend they lie on [`Seen`] from `from` on, afterwards in a set.
#[derive(Debug, Default)]
struct Order {
    last: Option<Tag>,
    from: usize,
    scattered: Option<HashSet<Tag>>,
}

/// The tags of all open items, one behind the other: one allocation serves them all.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<Tag>);

impl Level {
    /// The data set.
    pub(super) fn root(syntax: Syntax) -> Self {
        Self {
            kind: Kind::Item,
            bound: u64::MAX,
            defined: false,
            syntax,
            surroundings: Surroundings::default(),
            order: Order::default(),
        }
    }

    /// A level within this one; it ends at `end`, or with a delimiter.
    pub(super) fn inner(&self, kind: Kind, end: Option<u64>, syntax: Syntax, seen: &Seen) -> Self {
        Self {
            kind,
            bound: end.unwrap_or(self.bound),
            defined: end.is_some(),
            syntax,
            surroundings: Surroundings { signed: self.surroundings.signed, single_lut_entry: false },
            order: Order { last: None, from: seen.0.len(), scattered: None },
        }
    }

    /// Notes a tag of this item. A tag that is not greater than the one before is a finding.
    ///
    /// # Errors
    /// [`Refusal::DuplicateElement`] when the item had it before.
    pub(super) fn note(&mut self, tag: Tag, seen: &mut Seen) -> Result<Option<Finding>, Refusal> {
        let order = &mut self.order;
        if let Some(scattered) = &mut order.scattered {
            return if scattered.insert(tag) { Ok(None) } else { Err(Refusal::DuplicateElement) };
        }
        if order.last.is_none_or(|last| last < tag) {
            order.last = Some(tag);
            seen.0.push(tag);
            return Ok(None);
        }
        let mut scattered: HashSet<Tag> = seen.0.drain(order.from..).collect();
        if !scattered.insert(tag) {
            return Err(Refusal::DuplicateElement);
        }
        order.scattered = Some(scattered);
        Ok(Some(Finding::ElementsOutOfOrder))
    }

    /// The greatest tag so far, unless they did not ascend.
    pub(super) fn last(&self) -> Option<Tag> {
        self.order.last
    }

    /// Forgets the tags of this level, the innermost one.
    pub(super) fn close(&self, seen: &mut Seen) {
        seen.0.truncate(self.order.from);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Kind, Level, Seen, Syntax};
    use crate::{Finding, Refusal, Tag};

    #[test]
    fn order_and_duplicates_are_noticed_at_each_level() {
        let mut seen = Seen::default();
        let mut root = Level::root(Syntax::EXPLICIT);
        assert_eq!(root.note(Tag(8, 5), &mut seen).unwrap(), None);
        assert_eq!(root.note(Tag(8, 8), &mut seen).unwrap(), None);
        let mut item = root.inner(Kind::Item, None, Syntax::EXPLICIT, &seen);
        assert_eq!(item.note(Tag(8, 5), &mut seen).unwrap(), None);
        assert_eq!(item.note(Tag(8, 1), &mut seen).unwrap(), Some(Finding::ElementsOutOfOrder));
        assert!(matches!(item.note(Tag(8, 5), &mut seen), Err(Refusal::DuplicateElement)));
        item.close(&mut seen);
        assert_eq!(root.note(Tag(8, 7), &mut seen).unwrap(), Some(Finding::ElementsOutOfOrder));
        assert!(matches!(root.note(Tag(8, 8), &mut seen), Err(Refusal::DuplicateElement)));
    }
}
