//! Instances for tests, with the attributes that a test cares about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use catalog::NewInstance;
use dataset::{
    AttributeCollector, BulkValue, CharacterSets, Description, Metadata, Piece, PixelLayout, Pixels, Tag,
    tag_by_keyword,
};
use std::collections::BTreeMap;
use uid::{InstanceRef, Resource, SeriesRef};

pub const CT_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.2";

/// Tags and values of an item, by the sequence in it and the number of its item.
type Item = BTreeMap<(Option<Tag>, u32), Vec<(Tag, String)>>;

/// An instance to be stored.
#[derive(Clone)]
pub struct Sample {
    pub uids: InstanceRef,
    pub content: u8,
    completed: bool,
    pub length: u64,
    elements: BTreeMap<Tag, ([u8; 2], String)>,
    requests: Vec<(String, String)>,
    sequences: BTreeMap<Tag, Vec<Item>>,
    pub pixels: Option<Pixels>,
    pub bulk: Vec<BulkValue>,
}

impl Sample {
    /// An instance `1.2.study.series.instance` of patient Doe^Jane, PAT1.
    pub fn new(study: u32, series: u32, instance: u32) -> Self {
        let uids = InstanceRef {
            study: format!("1.2.{study}").parse().unwrap(),
            series: format!("1.2.{study}.{series}").parse().unwrap(),
            instance: format!("1.2.{study}.{series}.{instance}").parse().unwrap(),
        };
        Self {
            uids,
            content: 0,
            completed: false,
            length: 1000,
            elements: BTreeMap::new(),
            requests: Vec::new(),
            sequences: BTreeMap::new(),
            pixels: None,
            bulk: Vec::new(),
        }
        .with("PatientName", "Doe^Jane")
        .with("PatientID", "PAT1")
        .with("StudyDate", "20240131")
        .with("Modality", "CT")
        .with("SeriesNumber", &series.to_string())
        .with("InstanceNumber", &instance.to_string())
        .with("SOPClassUID", CT_IMAGE)
        .identified()
    }

    /// The same with other UIDs.
    pub fn named(mut self, study: &str, series: &str, instance: &str) -> Self {
        self.uids = InstanceRef {
            study: study.parse().unwrap(),
            series: series.parse().unwrap(),
            instance: instance.parse().unwrap(),
        };
        self.identified()
    }

    fn identified(self) -> Self {
        let uids = self.uids.clone();
        self.with("StudyInstanceUID", uids.study.as_str())
            .with("SeriesInstanceUID", uids.series.as_str())
            .with("SOPInstanceUID", uids.instance.as_str())
    }

    /// Sets an attribute; values are separated by backslashes.
    pub fn with(mut self, keyword: &str, value: &str) -> Self {
        let tag = tag_by_keyword(keyword).expect("a keyword");
        self.elements.insert(tag, (dataset::vr_of(tag).expect("a VR"), value.to_owned()));
        self
    }

    /// Takes an attribute away.
    pub fn without(mut self, keyword: &str) -> Self {
        self.elements.remove(&tag_by_keyword(keyword).expect("a keyword"));
        self
    }

    /// Adds an item of Request Attributes Sequence.
    pub fn with_request(mut self, step: &str, procedure: &str) -> Self {
        self.requests.push((step.to_owned(), procedure.to_owned()));
        self
    }

    /// Adds an item of a sequence: keywords and values, those in items of sequences in it as `Sequence.Keyword`, or with the
    /// number of the item as `Sequence/2.Keyword`.
    pub fn with_item(mut self, sequence: &str, values: &[(&str, &str)]) -> Self {
        let mut item = Item::default();
        for (name, value) in values {
            let (within, keyword) = name.split_once('.').unwrap_or(("", name));
            let (sequence, number) = within.split_once('/').unwrap_or((within, "1"));
            let place = (tag_by_keyword(sequence), number.parse().unwrap());
            item.entry(place).or_default().push((tag_by_keyword(keyword).unwrap(), (*value).to_owned()));
        }
        self.sequences.entry(tag_by_keyword(sequence).unwrap()).or_default().push(item);
        self
    }

    /// With other bytes.
    pub fn with_content(mut self, content: u8) -> Self {
        self.content = content;
        self
    }

    /// As the archive gives it out: what it had put in front of the bytes is received with them.
    pub fn completed(mut self) -> Self {
        self.completed = true;
        self
    }

    pub fn study(&self) -> Resource {
        Resource::Study(self.uids.study.clone())
    }

    pub fn series(&self) -> Resource {
        Resource::Series(SeriesRef { study: self.uids.study.clone(), series: self.uids.series.clone() })
    }

    pub fn resource(&self) -> Resource {
        Resource::Instance(self.uids.clone())
    }

    /// The metadata that the instance has.
    pub fn metadata(&self) -> Metadata {
        let json = format!("{{\"00080018\":{{\"vr\":\"UI\",\"Value\":[\"{}\"]}}", self.uids.instance);
        Metadata { pieces: vec![Piece::Json(json.into_bytes()), Piece::Base, Piece::Json(b"}".to_vec())] }
    }

    /// What is handed to a commit.
    pub fn to_new(&self, key: &str) -> NewInstance {
        let description = Description {
            sop_class: self.elements[&tag_by_keyword("SOPClassUID").unwrap()].1.parse().unwrap(),
            instance: self.uids.clone(),
            transfer_syntax: uid::transfer_syntax::EXPLICIT_VR_LITTLE_ENDIAN.parse().unwrap(),
            prefix: Vec::new(),
            length: self.length,
            data_set_offset: 132,
            deflated: false,
            attributes: self.attributes(),
            metadata: self.metadata(),
            pixels: self.pixels.clone(),
            bulk: self.bulk.clone(),
            findings: Vec::new(),
        };
        NewInstance {
            description,
            key: key.to_owned(),
            stored_digest: [self.content.wrapping_add(100); 32],
            received_digest: [if self.completed { self.content.wrapping_add(100) } else { self.content }; 32],
        }
    }

    fn attributes(&self) -> dataset::Attributes {
        let (charset, _) = CharacterSets::parse(b"ISO_IR 192");
        let mut collector = AttributeCollector::new();
        for (tag, (vr, value)) in &self.elements {
            let bytes = match vr {
                b"US" => value.parse::<u16>().unwrap().to_le_bytes().to_vec(),
                _ => value.as_bytes().to_vec(),
            };
            collector.element(*tag, *vr, &bytes, false, &charset);
        }
        if !self.requests.is_empty() {
            collector.begin_sequence(Tag(0x0040, 0x0275));
            for (step, procedure) in &self.requests {
                collector.begin_item();
                collector.element(Tag(0x0040, 0x0009), *b"SH", step.as_bytes(), false, &charset);
                collector.element(Tag(0x0040, 0x1001), *b"SH", procedure.as_bytes(), false, &charset);
                collector.end_item();
            }
            collector.end_sequence();
        }
        for (sequence, items) in &self.sequences {
            collector.begin_sequence(*sequence);
            for item in items {
                collector.begin_item();
                let mut open = None;
                for ((inner, _), values) in item {
                    if open != *inner {
                        open.iter().for_each(|_: &Tag| collector.end_sequence());
                        inner.iter().for_each(|inner| collector.begin_sequence(*inner));
                        open = *inner;
                    }
                    open.iter().for_each(|_| collector.begin_item());
                    for (tag, value) in values {
                        let vr = dataset::vr_of(*tag).expect("a VR");
                        collector.element(*tag, vr, value.as_bytes(), false, &charset);
                    }
                    open.iter().for_each(|_| collector.end_item());
                }
                open.iter().for_each(|_| collector.end_sequence());
                collector.end_item();
            }
            collector.end_sequence();
        }
        collector.finish()
    }
}

/// Native pixels of some frames of 16 bits.
pub fn native_pixels(frames: u32) -> Pixels {
    Pixels {
        frames,
        rows: 4,
        columns: 4,
        samples_per_pixel: 1,
        bits_allocated: 16,
        layout: PixelLayout::Native {
            offset: 500,
            length: u64::from(frames) * 32,
            frame_bits: 256,
            big_endian: true,
            vr: *b"OW",
        },
    }
}
