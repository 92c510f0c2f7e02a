//! Describes one instance while its bytes pass: who it is, what the catalog keeps of it, its metadata, and where its
//! frames and bulk values lie.

mod identity;
mod image;
mod sink;

use uid::{InstanceRef, Uid};

use crate::findings::{Finding, Findings};
use crate::parse::{Missing, ObjectParser, Opened};
use crate::refusal::IdentityAttribute;
use crate::{Attributes, BulkValue, FrameTable, Limits, Metadata, Refusal, file_meta};
use sink::IndexSink;

/// What is known of an instance once all its bytes have passed.
#[derive(Debug, Clone)]
pub struct Description {
    /// SOP Class UID.
    pub sop_class: Uid,
    /// Study, Series and SOP Instance UID.
    pub instance: InstanceRef,
    /// As the File Meta Information names it; else, or where it is wrong about byte order or VR, as recognised.
    pub transfer_syntax: Uid,
    /// What has to be in front of the received bytes; see [`Describer::prefix`].
    pub prefix: Vec<u8>,
    /// Bytes of the stored object, with the prefix.
    pub length: u64,
    /// Where the data set begins in the stored object.
    pub data_set_offset: u64,
    /// Whether the data set is deflated: then all offsets count from the begin of the inflated data set, and else
    /// from the begin of the stored object.
    pub deflated: bool,
    /// What can be searched and is returned by a search.
    pub attributes: Attributes,
    /// The DICOM JSON of the instance.
    pub metadata: Metadata,
    /// Pixel Data whose frames can be retrieved.
    pub pixels: Option<Pixels>,
    /// What the metadata refers to, the Pixel Data among it.
    pub bulk: Vec<BulkValue>,
    /// What is unusual.
    pub findings: Vec<Finding>,
}

/// Pixel Data (7FE0,0010), Float Pixel Data (7FE0,0008) or Double Float Pixel Data (7FE0,0009) of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Frames that are really there.
    pub frames: u32,
    /// Rows (0028,0010).
    pub rows: u16,
    /// Columns (0028,0011).
    pub columns: u16,
    /// Samples per Pixel (0028,0002).
    pub samples_per_pixel: u16,
    /// Bits Allocated (0028,0100).
    pub bits_allocated: u16,
    /// Where the frames are.
    pub layout: PixelLayout,
}

/// Where the frames of Pixel Data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PixelLayout {
    /// One value of equal frames: frame n, counted from 0, begins at bit n * `frame_bits`.
    Native {
        /// Where the value begins.
        offset: u64,
        /// Bytes of the value.
        length: u64,
        /// Bits of one frame; no multiple of 8 for some frames of 1 bit per pixel (PS3.5 8.1.1).
        frame_bits: u64,
        /// Whether units of the value are big endian; see [`crate::byte_order::swap`].
        big_endian: bool,
        /// Value representation.
        vr: [u8; 2],
    },
    /// Fragments (PS3.5 A.4).
    Encapsulated {
        /// Which fragments are which frame.
        table: FrameTable,
    },
}

/// Push parser and description of one instance. Bytes go in, in any chunking; nothing is kept but what is described.
/// After an error it must not be used any more, but [`Self::identity_so_far`] may still be asked.
#[derive(Debug)]
pub struct Describer {
    received: u64,
    prefix: Option<Vec<u8>>,
    object: ObjectParser,
    sink: IndexSink,
}

impl Describer {
    /// A describer within these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let sink = IndexSink::new(limits.clone());
        Self { received: 0, prefix: None, object: ObjectParser::new(limits), sink }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// When the bytes so far show that the instance cannot be stored.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.received = self.received.saturating_add(chunk.len() as u64);
        self.object.push(chunk, &mut self.sink)?;
        if self.prefix.is_none() {
            self.prefix = self.object.opened().and_then(|opened| prefix(opened, &self.sink));
        }
        Ok(())
    }

    /// The bytes that must be put in front of what was received so that it is a Part 10 object. `None` while that is
    /// not known; it is known at the latest when the data set has passed SOP Instance UID (0008,0018). Empty when
    /// the received bytes already are a Part 10 object.
    #[must_use]
    pub fn prefix(&self) -> Option<&[u8]> {
        self.prefix.as_deref()
    }

    /// SOP Class and SOP Instance UID as far as they are known, for the answer about a refused instance.
    #[must_use]
    pub fn identity_so_far(&self) -> (Option<Uid>, Option<Uid>) {
        let meta = self.object.opened();
        let class = self.sink.identity.get(IdentityAttribute::SopClass);
        let instance = self.sink.identity.get(IdentityAttribute::SopInstance);
        (
            class.or_else(|| meta.and_then(|meta| meta.sop_class.clone())),
            instance.or_else(|| meta.and_then(|meta| meta.sop_instance.clone())),
        )
    }

    /// Ends the input.
    ///
    /// # Errors
    /// When the input ended too early or the instance is not identified.
    pub fn finish(self) -> Result<Description, Refusal> {
        let mut sink = self.sink;
        let (opened, findings) = self.object.finish(&mut sink)?;
        // Without an identity there is no prefix, and no description either.
        let prefix = self.prefix.or_else(|| prefix(&opened, &sink)).unwrap_or_default();
        describe(opened, sink, prefix, self.received, findings)
    }
}

/// What has to be in front of the received bytes. A header for a bare data set takes its identity.
fn prefix(opened: &Opened, sink: &IndexSink) -> Option<Vec<u8>> {
    match opened.missing {
        Missing::Nothing => Some(Vec::new()),
        Missing::Preamble => Some(vec![0; 128]),
        Missing::Prefix => Some(file_meta::preamble()),
        Missing::FileMeta => {
            let class = sink.identity.get(IdentityAttribute::SopClass)?;
            let instance = sink.identity.get(IdentityAttribute::SopInstance)?;
            Some(file_meta::generate(class.as_str(), instance.as_str(), opened.transfer_syntax.as_str()))
        }
    }
}

fn describe(
    opened: Opened,
    sink: IndexSink,
    prefix: Vec<u8>,
    received: u64,
    mut findings: Findings,
) -> Result<Description, Refusal> {
    let sop_class = sink.identity.require(IdentityAttribute::SopClass)?;
    let instance = sink.identity.instance()?;
    let class_differs = opened.sop_class.as_ref().is_some_and(|uid| *uid != sop_class);
    let instance_differs = opened.sop_instance.as_ref().is_some_and(|uid| uid.as_str() != instance.instance.as_str());
    if class_differs || instance_differs {
        findings.note(Finding::FileMetaMismatch);
    }
    let data_set_offset = (prefix.len() as u64).saturating_add(opened.length as u64);
    let shift = if opened.deflated { 0 } else { data_set_offset };
    let parts = sink.into_parts(&instance, shift, &mut findings)?;
    Ok(Description {
        sop_class,
        instance,
        transfer_syntax: opened.transfer_syntax,
        length: (prefix.len() as u64).saturating_add(received),
        prefix,
        data_set_offset,
        deflated: opened.deflated,
        attributes: parts.attributes,
        metadata: parts.metadata,
        pixels: parts.pixels,
        bulk: parts.bulk,
        findings: findings.into_vec(),
    })
}
