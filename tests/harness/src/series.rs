//! A synthetic series: CT slices of a thorax with the attributes a scanner writes, or a compressed multi-frame object.

use std::path::Path;

use bytes::Bytes;

use crate::{
    data_set::{DataSet, Value},
    encapsulated::{jpeg_frames, pixel_data, rle_frame},
    part10::{TransferSyntax, part10},
    phantom::ct_slice,
};

mod ct_attributes;

/// What a series is made from. Fields may be set before instances are taken; UIDs are fresh in each series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Patient ID.
    pub patient_id: String,
    /// Patient's Name, all component groups.
    pub patient_name: String,
    /// Patient's Birth Date.
    pub birth_date: String,
    /// Patient's Sex.
    pub sex: String,
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// Study Date.
    pub study_date: String,
    /// Study Time.
    pub study_time: String,
    /// Study Description.
    pub study_description: String,
    /// Accession Number.
    pub accession_number: String,
    /// Modality: `CT` gives CT slices, anything else the same pixels as Secondary Capture.
    pub modality: String,
    /// Series Number.
    pub series_number: u32,
    /// Series Description.
    pub series_description: String,
    /// How many instances the series has.
    pub count: u32,
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
    /// Frames of each instance; more than one only with an encapsulated transfer syntax.
    pub frames: u32,
    /// How instances are encoded.
    pub transfer_syntax: TransferSyntax,
    /// Chooses the noise in the pixels.
    pub seed: u64,
}

/// One instance, ready to be stored.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Study Instance UID.
    pub study: String,
    /// Series Instance UID.
    pub series: String,
    /// SOP Instance UID.
    pub instance: String,
    /// SOP Class UID.
    pub sop_class: String,
    /// How it is encoded.
    pub transfer_syntax: TransferSyntax,
    /// The Part 10 object.
    pub bytes: Bytes,
}

impl AsRef<[u8]> for Instance {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Instance {
    /// Its path below the DICOMweb root: `/studies/../series/../instances/..`.
    pub fn path(&self) -> String {
        format!("/studies/{}/series/{}/instances/{}", self.study, self.series, self.instance)
    }
}

/// A fresh UID below 2.25 (PS3.5 Annex B.2).
pub fn new_uid() -> String {
    format!("2.25.{}", uuid::Uuid::new_v4().as_u128())
}

impl Series {
    /// A CT series of `count` slices of 512x512, Explicit VR Little Endian, about 527 KB each.
    pub fn ct(count: u32) -> Self {
        let number = uuid::Uuid::new_v4().as_u128() % 1_000_000;
        Self {
            patient_id: format!("PID-{number:06}"),
            patient_name: "Doe^Jane".to_owned(),
            birth_date: "19610412".to_owned(),
            sex: "F".to_owned(),
            study: new_uid(),
            series: new_uid(),
            study_date: "20240115".to_owned(),
            study_time: "093015".to_owned(),
            study_description: "CT Thorax with contrast".to_owned(),
            accession_number: format!("A{number:06}"),
            modality: "CT".to_owned(),
            series_number: 2,
            series_description: "Thorax 1.0 soft".to_owned(),
            count,
            rows: 512,
            columns: 512,
            frames: 1,
            transfer_syntax: TransferSyntax::ExplicitLittle,
            seed: 1,
        }
    }

    /// The same with other small pixels (64x64, about 11 KB), for tests that need many instances.
    pub fn small(count: u32) -> Self {
        Self { rows: 64, columns: 64, ..Self::ct(count) }
    }

    /// A multi-frame object in JPEG Baseline (8 bit) or RLE (16 bit), one fragment a frame.
    pub fn compressed(transfer_syntax: TransferSyntax, frames: u32) -> Self {
        assert!(transfer_syntax.is_encapsulated(), "{transfer_syntax:?} has no fragments");
        Self {
            modality: "OT".to_owned(),
            series_description: "Compressed multi-frame".to_owned(),
            rows: 128,
            columns: 128,
            frames,
            transfer_syntax,
            ..Self::ct(1)
        }
    }

    /// Another series of the same study and patient.
    pub fn sibling(&self, count: u32) -> Self {
        Self { series: new_uid(), series_number: self.series_number + 1, count, ..self.clone() }
    }

    /// In another transfer syntax.
    pub fn encoded(mut self, transfer_syntax: TransferSyntax) -> Self {
        self.transfer_syntax = transfer_syntax;
        self
    }

    /// Path of the study below the DICOMweb root.
    pub fn study_path(&self) -> String {
        format!("/studies/{}", self.study)
    }

    /// Path of the series below the DICOMweb root.
    pub fn path(&self) -> String {
        format!("/studies/{}/series/{}", self.study, self.series)
    }

    /// All instances, one at a time.
    pub fn instances(&self) -> impl Iterator<Item = Instance> + '_ {
        (1..=self.count).map(|number| self.instance(number))
    }

    /// Writes all instances into a folder, one `.dcm` file each; makes the folder.
    pub fn write_to(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("a folder that can be made");
        for instance in self.instances() {
            let path = folder.join(format!("{}.dcm", instance.instance));
            std::fs::write(path, &instance.bytes).expect("a folder that can be written to");
        }
    }

    /// Instance `number`, counted from 1. Its UID is the series' with the number behind it, so it is the same each time.
    pub fn instance(&self, number: u32) -> Instance {
        self.finish(self.data_set(number))
    }

    /// An instance from a data set that the test has changed.
    pub fn finish(&self, data_set: DataSet) -> Instance {
        let text = |tag| data_set.get_text(tag).unwrap_or_default().to_owned();
        Instance {
            study: text(0x0020_000D),
            series: text(0x0020_000E),
            instance: text(0x0008_0018),
            sop_class: text(0x0008_0016),
            transfer_syntax: self.transfer_syntax,
            bytes: Bytes::from(part10(&data_set, self.transfer_syntax)),
        }
    }

    /// The data set of instance `number`, pixels included.
    pub fn data_set(&self, number: u32) -> DataSet {
        let mut set = DataSet::new();
        ct_attributes::patient_and_study(self, &mut set);
        ct_attributes::acquisition(self, number, &mut set);
        ct_attributes::geometry(self, number, &mut set);
        self.add_pixels(number, &mut set);
        set
    }

    /// SOP Class UID of its instances.
    pub fn sop_class(&self) -> &'static str {
        match (self.modality.as_str(), self.transfer_syntax) {
            (_, TransferSyntax::JpegBaseline) => "1.2.840.10008.5.1.4.1.1.7.2",
            (_, _) if self.frames > 1 => "1.2.840.10008.5.1.4.1.1.7.3",
            ("CT", _) => "1.2.840.10008.5.1.4.1.1.2",
            _ => "1.2.840.10008.5.1.4.1.1.7",
        }
    }

    fn add_pixels(&self, number: u32, set: &mut DataSet) {
        let bits = if self.transfer_syntax == TransferSyntax::JpegBaseline { 8 } else { 16 };
        set.us(0x0028_0002, 1)
            .text(0x0028_0004, "CS", "MONOCHROME2")
            .us(0x0028_0010, self.rows)
            .us(0x0028_0011, self.columns);
        set.us(0x0028_0100, bits)
            .us(0x0028_0101, bits)
            .us(0x0028_0102, bits - 1)
            .us(0x0028_0103, u16::from(bits == 16));
        if self.frames > 1 {
            set.text(0x0028_0008, "IS", &self.frames.to_string());
        }
        match self.transfer_syntax {
            TransferSyntax::JpegBaseline => {
                set.text(0x0028_2110, "CS", "01").text(0x0028_2114, "CS", "ISO_10918_1");
                // 8-bit grey values are no Hounsfield units.
                set.text(0x0028_1050, "DS", "128").text(0x0028_1051, "DS", "256").text(0x0028_1055, "LO", "Full range");
                set.text(0x0028_1054, "LO", "US");
                set.put(0x7FE0_0010, "OB", pixel_data(&jpeg_frames(self.rows, self.columns, self.frames)));
            }
            TransferSyntax::RleLossless => {
                let frames: Vec<Vec<u8>> =
                    (0..self.frames).map(|frame| rle_frame(self.columns, &self.slice(number + frame))).collect();
                set.put(0x7FE0_0010, "OB", pixel_data(&frames));
            }
            _ => {
                let pixels = (0..self.frames).flat_map(|frame| self.slice(number + frame)).collect();
                set.put(0x7FE0_0010, "OW", Value::U16(pixels));
            }
        }
    }

    /// The pixels of slice `number` as stored: Hounsfield units, rescale intercept 0.
    pub fn slice(&self, number: u32) -> Vec<u16> {
        let slices = self.count.max(self.frames).max(1);
        let position = (number as f32 - 0.5) / slices as f32;
        ct_slice(self.rows, self.columns, position.clamp(0.0, 1.0), self.seed).into_iter().map(|hu| hu as u16).collect()
    }
}
