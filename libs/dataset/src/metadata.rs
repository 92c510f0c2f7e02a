//! DICOM JSON of one instance (PS3.18 Annex F) as text with gaps for the public address of the DICOMweb root, which is
//! not known when the instance is stored and may change afterwards.

use crate::{CharacterSets, Tag, json, json::ValueNotes};
use uid::InstanceRef;

/// The JSON object of one instance in pieces. Joined, with an address such as `https://host/dicom-web` (no slash at
/// the end) at each gap, they are one complete JSON object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Text and gaps in order.
    pub pieces: Vec<Piece>,
}

/// A part of [`Metadata`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// JSON text, UTF-8.
    Json(Vec<u8>),
    /// Here goes the address of the DICOMweb root.
    Base,
}

impl Metadata {
    /// The complete JSON text with this address of the DICOMweb root, which must need no escapes in JSON.
    #[must_use]
    pub fn to_json(&self, base: &str) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Json(json) => text.extend_from_slice(json),
                Piece::Base => text.extend_from_slice(base.as_bytes()),
            }
        }
        text
    }
}

/// Writes the elements of a data set, in the order in which they come, as one JSON object.
///
/// Sequences and items are opened and closed by the caller; what it leaves open is closed by [`Self::finish`], so the
/// text is complete however early the input ended.
#[derive(Debug)]
pub struct MetadataWriter {
    text: Vec<u8>,
    /// Where in `text` an address goes, and the path of the bulk value there.
    gaps: Vec<(usize, String)>,
    open: Vec<Nesting>,
    /// Whether the next member or item comes after another one.
    follows: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nesting {
    /// An element `"…":{"vr":"SQ"`, with no item yet.
    EmptySequence,
    /// The same after `,"Value":[`.
    Sequence,
    Item,
}

impl Default for MetadataWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl MetadataWriter {
    /// An empty data set.
    #[must_use]
    pub fn new() -> Self {
        let mut text = Vec::with_capacity(16 * 1024);
        text.push(b'{');
        Self { text, gaps: Vec::new(), open: Vec::new(), follows: false }
    }

    /// Writes an element with its complete value; see [`json::write_element`]. Group lengths are left out, as PS3.18
    /// F.2.2 asks for.
    pub fn element(
        &mut self,
        tag: Tag,
        vr: [u8; 2],
        value: &[u8],
        big_endian: bool,
        charset: &CharacterSets,
    ) -> ValueNotes {
        if tag.element() == 0 {
            return ValueNotes::default();
        }
        self.separate();
        json::write_element(&mut self.text, tag, vr, value, big_endian, charset)
    }

    /// Writes an element whose value is fetched apart, at `{base}/studies/…/bulkdata/{path}`.
    pub fn bulk(&mut self, tag: Tag, vr: [u8; 2], path: &str) {
        self.separate();
        json::write_bulk_start(&mut self.text, tag, vr);
        self.gaps.push((self.text.len(), path.to_owned()));
        json::write_bulk_end(&mut self.text);
    }

    /// Opens a sequence.
    pub fn begin_sequence(&mut self, tag: Tag) {
        self.separate();
        json::write_sequence_start(&mut self.text, tag);
        self.open.push(Nesting::EmptySequence);
        self.follows = false;
    }

    /// Opens an item of the sequence that was opened last.
    pub fn begin_item(&mut self) {
        if let Some(nesting) = self.open.last_mut()
            && *nesting == Nesting::EmptySequence
        {
            *nesting = Nesting::Sequence;
            self.text.extend_from_slice(b",\"Value\":[");
            self.follows = false;
        }
        self.separate();
        self.text.push(b'{');
        self.open.push(Nesting::Item);
        self.follows = false;
    }

    /// Closes the item that was opened last.
    pub fn end_item(&mut self) {
        if self.open.last() == Some(&Nesting::Item) {
            self.close();
        }
    }

    /// Closes the sequence that was opened last.
    pub fn end_sequence(&mut self) {
        if matches!(self.open.last(), Some(Nesting::Sequence | Nesting::EmptySequence)) {
            self.close();
        }
    }

    /// Closes everything and puts the path of the instance, known by now, behind each gap.
    #[must_use]
    pub fn finish(mut self, instance: &InstanceRef) -> Metadata {
        while !self.open.is_empty() {
            self.close();
        }
        self.text.push(b'}');
        let root =
            format!("/studies/{}/series/{}/instances/{}/bulkdata/", instance.study, instance.series, instance.instance);
        // From the last gap to the first: so the text in front of it, most of all, stays where it is.
        let mut pieces = Vec::with_capacity(self.gaps.len().saturating_mul(2).saturating_add(1));
        for (at, path) in self.gaps.iter().rev() {
            let after = self.text.get(*at..).unwrap_or_default();
            pieces.push(Piece::Json([root.as_bytes(), path.as_bytes(), after].concat()));
            pieces.push(Piece::Base);
            self.text.truncate(*at);
        }
        pieces.push(Piece::Json(self.text));
        pieces.reverse();
        Metadata { pieces }
    }

    fn separate(&mut self) {
        if self.follows {
            self.text.push(b',');
        }
        self.follows = true;
    }

    fn close(&mut self) {
        match self.open.pop() {
            Some(Nesting::EmptySequence | Nesting::Item) => self.text.push(b'}'),
            Some(Nesting::Sequence) => self.text.extend_from_slice(b"]}"),
            None => {}
        }
        self.follows = true;
    }
}
