//! The attributes a CT scanner writes beside the pixels: about 120 with those in sequences and private groups.

use super::Series;
use crate::data_set::{DataSet, Value};

pub(super) fn patient_and_study(series: &Series, set: &mut DataSet) {
    set.text(0x0008_0005, "CS", "ISO_IR 192")
        .text(0x0008_0020, "DA", &series.study_date)
        .text(0x0008_0030, "TM", &series.study_time)
        .text(0x0008_0050, "SH", &series.accession_number)
        .text(0x0008_0080, "LO", "Example Hospital")
        .text(0x0008_0081, "ST", "1 Example Street, Exampletown")
        .text(0x0008_0090, "PN", "Referrer^Rita")
        .text(0x0008_1010, "SH", "CT01")
        .text(0x0008_1030, "LO", &series.study_description)
        .text(0x0008_1040, "LO", "Radiology")
        .text(0x0008_1050, "PN", "Reader^Ruth")
        .text(0x0008_1070, "PN", "Operator^Otto")
        .text(0x0010_0010, "PN", &series.patient_name)
        .text(0x0010_0020, "LO", &series.patient_id)
        .text(0x0010_0030, "DA", &series.birth_date)
        .text(0x0010_0040, "CS", &series.sex)
        .text(0x0010_1010, "AS", "062Y")
        .text(0x0010_1020, "DS", "1.68")
        .text(0x0010_1030, "DS", "71.5")
        .text(0x0010_4000, "LT", "")
        .text(0x0020_000D, "UI", &series.study)
        .text(0x0020_000E, "UI", &series.series)
        .text(0x0020_0010, "SH", "1001")
        .text(0x0032_1032, "PN", "Requester^Rolf")
        .text(0x0032_1060, "LO", "CT Thorax");
    set.put(0x0010_21C0, "US", Value::U16(vec![4]));
    set.sequence(0x0008_1032, vec![code("CTTHOR", "99EXAMPLE", "CT Thorax with contrast")]);
    set.sequence(0x0008_1110, vec![reference("1.2.840.10008.3.1.2.3.1", &format!("{}.1", series.study))]);
    set.sequence(0x0040_0275, vec![request(series)]);
}

pub(super) fn acquisition(series: &Series, number: u32, set: &mut DataSet) {
    let time = format!("0932{:02}.{:06}", number % 60, number % 1_000_000);
    set.text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
        .text(0x0008_0012, "DA", &series.study_date)
        .text(0x0008_0013, "TM", &time)
        .text(0x0008_0016, "UI", series.sop_class())
        .text(0x0008_0018, "UI", &instance_uid(series, number))
        .text(0x0008_0021, "DA", &series.study_date)
        .text(0x0008_0022, "DA", &series.study_date)
        .text(0x0008_0023, "DA", &series.study_date)
        .text(0x0008_0031, "TM", "093105")
        .text(0x0008_0032, "TM", &time)
        .text(0x0008_0033, "TM", &time)
        .text(0x0008_0060, "CS", &series.modality)
        .text(0x0008_0070, "LO", "Example Systems")
        .text(0x0008_103E, "LO", &series.series_description)
        .text(0x0008_1090, "LO", "Phantom 64")
        .text(0x0018_0010, "LO", "Iodine 350")
        .text(0x0018_0015, "CS", "CHEST")
        .text(0x0018_0022, "CS", "HELICAL MODE")
        .text(0x0018_0050, "DS", "1.0")
        .text(0x0018_0060, "DS", "120")
        .text(0x0018_0088, "DS", "1.0")
        .text(0x0018_0090, "DS", "500.0")
        .text(0x0018_1000, "LO", "0000042")
        .text(0x0018_1020, "LO", "1.0.0\\build 7")
        .text(0x0018_1030, "LO", "6.1 Thorax routine")
        .text(0x0018_1100, "DS", "360.0")
        .text(0x0018_1110, "DS", "949.0")
        .text(0x0018_1111, "DS", "541.0")
        .text(0x0018_1120, "DS", "0.0")
        .text(0x0018_1130, "DS", "152.5")
        .text(0x0018_1140, "CS", "CW")
        .text(0x0018_1150, "IS", "500")
        .text(0x0018_1151, "IS", &(180 + number % 40).to_string())
        .text(0x0018_1152, "IS", "92")
        .text(0x0018_1160, "SH", "BODY FILTER")
        .text(0x0018_1170, "IS", "48000")
        .text(0x0018_1190, "DS", "1.2")
        .text(0x0018_1210, "SH", "STANDARD")
        .text(0x0018_5100, "CS", "HFS")
        .put(0x0018_9305, "FD", Value::F64(vec![0.5]))
        .put(0x0018_9306, "FD", Value::F64(vec![0.625]))
        .put(0x0018_9307, "FD", Value::F64(vec![40.0]))
        .put(0x0018_9311, "FD", Value::F64(vec![0.984_375]))
        .put(0x0018_9345, "FD", Value::F64(vec![7.25 + f64::from(number) / 100.0]))
        .text(0x0040_0244, "DA", &series.study_date)
        .text(0x0040_0245, "TM", &series.study_time)
        .text(0x0040_0253, "SH", "PPS1001")
        .text(0x0040_0254, "LO", "CT Thorax");
    set.sequence(0x0008_2218, vec![code("51185008", "SCT", "Chest")]);
    set.sequence(0x0008_1140, vec![reference("1.2.840.10008.5.1.4.1.1.2", &format!("{}.9.1", series.series))]);
    private_elements(number, set);
}

/// Position of the slice, spacing, rescale and windows.
pub(super) fn geometry(series: &Series, number: u32, set: &mut DataSet) {
    let z = -50.0 - f64::from(number);
    set.text(0x0020_0011, "IS", &series.series_number.to_string())
        .text(0x0020_0012, "IS", "1")
        .text(0x0020_0013, "IS", &number.to_string())
        .text(0x0020_0032, "DS", &format!("-180.0\\-180.0\\{z:.1}"))
        .text(0x0020_0037, "DS", "1.0\\0.0\\0.0\\0.0\\1.0\\0.0")
        .text(0x0020_0052, "UI", &format!("{}.0", series.study))
        .text(0x0020_1040, "LO", "SN")
        .text(0x0020_1041, "DS", &format!("{z:.1}"))
        .text(0x0028_0030, "DS", "0.703125\\0.703125")
        .text(0x0028_1050, "DS", "40\\-600")
        .text(0x0028_1051, "DS", "400\\1600")
        .text(0x0028_1052, "DS", "0")
        .text(0x0028_1053, "DS", "1")
        .text(0x0028_1054, "LO", "HU")
        .text(0x0028_1055, "LO", "Soft tissue\\Lung");
}

fn private_elements(number: u32, set: &mut DataSet) {
    set.text(0x0009_0010, "LO", "EXAMPLE_IDEN_01")
        .text(0x0009_1001, "LO", "EX_CT_PHANTOM")
        .put(0x0009_1002, "UL", Value::U32(vec![number]))
        .text(0x0019_0010, "LO", "EXAMPLE_ACQU_01")
        .put(0x0019_1002, "SL", Value::U32(vec![912]))
        .put(0x0019_1003, "FL", Value::F32(vec![391.75]))
        .put(0x0019_1023, "DS", Value::Text(b"39.375000".to_vec()))
        .put(0x0019_1024, "SS", Value::U16(vec![0xFFF6, 12]))
        .text(0x0019_1027, "UT", "reconstruction notes: none")
        .put(0x0019_1030, "OB", Value::Bytes((0..64).collect()))
        .put(0x0019_1031, "UN", Value::Bytes(vec![1, 2, 3, 4, 5]));
    let mut parameter = DataSet::new();
    parameter.text(0x0019_0010, "LO", "EXAMPLE_ACQU_01").put(0x0019_1041, "FD", Value::F64(vec![1.5, 2.5]));
    set.put(0x0019_1040, "SQ", Value::Items { items: vec![parameter], defined: true });
}

fn code(value: &str, scheme: &str, meaning: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(0x0008_0100, "SH", value).text(0x0008_0102, "SH", scheme).text(0x0008_0104, "LO", meaning);
    item
}

fn reference(sop_class: &str, instance: &str) -> DataSet {
    let mut item = DataSet::new();
    item.text(0x0008_1150, "UI", sop_class).text(0x0008_1155, "UI", instance);
    item
}

fn request(series: &Series) -> DataSet {
    let mut item = DataSet::new();
    item.text(0x0032_1060, "LO", "CT Thorax").text(0x0040_0007, "LO", "CT Thorax with contrast");
    item.text(0x0040_0009, "SH", &format!("SPS-{}", series.accession_number));
    item.text(0x0040_1001, "SH", &format!("RP-{}", series.accession_number));
    item.sequence(0x0040_0008, vec![code("THORKM", "99EXAMPLE", "Thorax contrast")]);
    item
}

/// The series' UID with the number behind it: the same each time it is asked for.
fn instance_uid(series: &Series, number: u32) -> String {
    format!("{}.{number}", series.series)
}
