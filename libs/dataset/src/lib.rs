//! DICOM data sets as they arrive: a push parser over untrusted bytes, and what is taken from them on the way:
//! identity, search attributes, DICOM JSON, and where frames and bulk values lie.
//!
//! Knows PS3.5 (encoding), PS3.10 (the file format), PS3.18 Annex F (JSON) and PS3.19 A.1 (XML). Does no I/O, starts no
//! task, and never keeps more than [`Limits`] allows, whatever the bytes declare.

pub mod attributes;
pub mod bulk;
pub mod byte_order;
pub mod charset;
pub mod describe;
pub mod file_meta;
pub mod findings;
pub mod folding;
pub mod frames;
pub mod inflate;
pub mod json;
pub mod limits;
pub mod metadata;
pub mod native_model;
mod parse;
pub mod prepared;
pub mod refusal;
pub mod rewrite;
pub mod text;
mod varint;
mod vr;

pub use attributes::{
    Attribute, AttributeCollector, AttributeSet, Attributes, Computed, ITEM_KEYS, Level, Matching, RETURN_ATTRIBUTES,
    SEARCH_KEYS, SearchKey, is_known_attribute, keyword_of, search_key, tag_by_keyword, vr_of,
};
pub use bulk::BulkValue;
pub use charset::CharacterSets;
pub use describe::{Describer, Description, PixelLayout, Pixels};
pub use dicom_core::Tag;
pub use findings::Finding;
pub use frames::FrameTable;
pub use inflate::Inflater;
pub use limits::Limits;
pub use metadata::{Metadata, Piece};
pub use refusal::Refusal;
pub use rewrite::{ExplicitRewriter, RewriteError};

/// Stored index or metadata that does not decode: it was damaged, or written by another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored piece of the index is damaged")]
pub struct CorruptPiece;
