//! The form in which the attributes of one level lie in a row of the catalog: tag and JSON of each, without the values
//! to match by, which the catalog keeps in columns.
//!
//! Layout: a version octet, then per attribute the group and element (16 bits each, little endian), the length of the
//! JSON (32 bits, little endian) and the JSON.

use super::AttributeSet;
use crate::{CorruptPiece, Tag};
use std::ops::Range;

const VERSION: u8 = 1;

impl AttributeSet {
    /// The set in its stored form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let size: usize = self.0.iter().map(|attribute| attribute.json.len().saturating_add(8)).sum();
        let mut stored = Vec::with_capacity(size.saturating_add(1));
        stored.push(VERSION);
        for attribute in &self.0 {
            // A collected attribute is some KiB at most; one beyond 4 GiB cannot be, and is left out.
            let Ok(length) = u32::try_from(attribute.json.len()) else { continue };
            stored.extend_from_slice(&attribute.tag.group().to_le_bytes());
            stored.extend_from_slice(&attribute.tag.element().to_le_bytes());
            stored.extend_from_slice(&length.to_le_bytes());
            stored.extend_from_slice(&attribute.json);
        }
        stored
    }

    /// Reads the stored form: tag and JSON object of each attribute, ascending by tag.
    ///
    /// # Errors
    /// When the bytes are not what [`Self::encode`] writes.
    pub fn decode(stored: &[u8]) -> Result<Vec<(Tag, Vec<u8>)>, CorruptPiece> {
        let json = |(tag, at): (Tag, Range<usize>)| Some((tag, stored.get(at)?.to_vec()));
        Self::locate(stored)?.into_iter().map(json).collect::<Option<_>>().ok_or(CorruptPiece)
    }

    /// Where the JSON objects lie in the stored form: in bytes from its beginning, ascending by tag.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn locate(stored: &[u8]) -> Result<Vec<(Tag, Range<usize>)>, CorruptPiece> {
        let Some((&VERSION, mut rest)) = stored.split_first() else { return Err(CorruptPiece) };
        let mut attributes: Vec<(Tag, Range<usize>)> = Vec::new();
        while !rest.is_empty() {
            let (head, after) = rest.split_first_chunk::<8>().ok_or(CorruptPiece)?;
            let [g0, g1, e0, e1, l0, l1, l2, l3] = *head;
            let tag = Tag(u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
            let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).map_err(|_| CorruptPiece)?;
            let begin = stored.len().saturating_sub(after.len());
            let (json, after) = after.split_at_checked(length).ok_or(CorruptPiece)?;
            if attributes.last().is_some_and(|(last, _)| *last >= tag) {
                return Err(CorruptPiece);
            }
            attributes.push((tag, begin..begin.saturating_add(json.len())));
            rest = after;
        }
        Ok(attributes)
    }
}
