//! What is read back: where a resource is, and what is known of its instances.

use access::FacilityId;
use uid::{InstanceRef, Resource, Uid};

/// A resource that exists.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was asked for.
    pub resource: Resource,
    /// The facility that holds it.
    pub facility: FacilityId,
    /// Grows with every change of the resource, also when it is deleted and stored again: good for an ETag.
    pub revision: i64,
    /// How many instances it has.
    pub instance_count: u64,
    pub(crate) id: i64,
}

/// A place in the order in which the instances of a resource are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) series_order: i64,
    pub(crate) series: i64,
    pub(crate) instance_order: i64,
    pub(crate) instance: i64,
}

/// An instance as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredInstance {
    /// Names the row in this catalog.
    pub id: i64,
    /// The facility that holds it.
    pub facility: FacilityId,
    /// Its UIDs.
    pub uids: InstanceRef,
    /// SOP Class UID.
    pub sop_class: Uid,
    /// Transfer syntax of the stored object.
    pub transfer_syntax: Uid,
    /// Key of the object in the archive.
    pub key: String,
    /// Bytes of the object.
    pub length: u64,
    /// SHA-256 of the object.
    pub digest: [u8; 32],
    /// Where the data set begins in the object, after the file meta group.
    pub data_set_offset: u64,
    /// Whether the data set is deflated, so that offsets count in the inflated data set.
    pub deflated: bool,
    /// Its Pixel Data, if there is any.
    pub pixels: Option<StoredPixels>,
    /// Grows with every change of the instance: good for an ETag.
    pub revision: i64,
    pub(crate) cursor: Cursor,
}

impl StoredInstance {
    /// Where the instance stands in the listing of its study or series.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }
}

/// The Pixel Data of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPixels {
    /// Number of frames.
    pub frames: u32,
    /// Rows of a frame.
    pub rows: u16,
    /// Columns of a frame.
    pub columns: u16,
    /// Samples per Pixel.
    pub samples: u16,
    /// Bits Allocated.
    pub bits_allocated: u16,
    /// Where native pixels lie; `None` when they are encapsulated: see [`crate::CatalogReader::frames`].
    pub native: Option<NativePixels>,
}

/// Pixel Data that is not encapsulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NativePixels {
    /// Where the value begins, in bytes.
    pub offset: u64,
    /// Bytes of the value.
    pub length: u64,
    /// Bits of one frame; frame n, counted from 0, begins at bit n * `frame_bits`.
    pub frame_bits: u64,
    /// Whether its words are big endian.
    pub big_endian: bool,
    /// Value representation.
    pub vr: [u8; 2],
}

/// The metadata of one instance, ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Where to go on.
    pub cursor: Cursor,
    /// What `dataset::prepared::encode` made of it.
    pub blob: Vec<u8>,
}
