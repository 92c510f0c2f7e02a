//! The tables of PS3.18 10.6 as this archive has them, made from one list: every key of Table 10.6.1-5, every
//! attribute of Tables 10.6.3-3 to 10.6.3-5, and what archives in the field are searched by besides.

use super::item_keys::{ITEM_KEYS, kept_in_item};
use super::{Computed, Level, Matching, SearchKey};
use crate::Tag;
use Level::{Instance, Series, Study};
use std::{collections::HashMap, sync::LazyLock};

/// Request Attributes Sequence, whose items carry search keys of the series level.
const REQUEST_ATTRIBUTES: Tag = Tag(0x0040, 0x0275);

/// Writes one line of the table as a [`SearchKey`].
macro_rules! keys {
    ($($level:ident $matching:expr; $vr:literal $keyword:literal $($path:expr),+;)+) => {
        &[$(SearchKey {
            keyword: $keyword,
            path: &[$($path),+],
            level: $level,
            vr: $vr,
            matching: $matching,
        }),+]
    };
}

use Matching::{Code, Date, Name, Number, Text, Time, Uid};

/// Everything that can be searched by, in the order of the levels.
pub static SEARCH_KEYS: &[SearchKey] = keys! {
    Study Date; "DA" "StudyDate" Tag(0x0008, 0x0020);
    Study Time; "TM" "StudyTime" Tag(0x0008, 0x0030);
    Study Text; "SH" "AccessionNumber" Tag(0x0008, 0x0050);
    Study Matching::Computed(Computed::ModalitiesInStudy); "CS" "ModalitiesInStudy" Tag(0x0008, 0x0061);
    Study Matching::Computed(Computed::SopClassesInStudy); "UI" "SOPClassesInStudy" Tag(0x0008, 0x0062);
    Study Name; "PN" "ReferringPhysicianName" Tag(0x0008, 0x0090);
    Study Text; "LO" "StudyDescription" Tag(0x0008, 0x1030);
    Study Name; "PN" "PhysiciansOfRecord" Tag(0x0008, 0x1048);
    Study Name; "PN" "NameOfPhysiciansReadingStudy" Tag(0x0008, 0x1060);
    Study Text; "LO" "AdmittingDiagnosesDescription" Tag(0x0008, 0x1080);
    Study Name; "PN" "PatientName" Tag(0x0010, 0x0010);
    Study Text; "LO" "PatientID" Tag(0x0010, 0x0020);
    Study Text; "LO" "IssuerOfPatientID" Tag(0x0010, 0x0021);
    Study Date; "DA" "PatientBirthDate" Tag(0x0010, 0x0030);
    Study Time; "TM" "PatientBirthTime" Tag(0x0010, 0x0032);
    Study Code; "CS" "PatientSex" Tag(0x0010, 0x0040);
    Study Text; "LO" "OtherPatientIDs" Tag(0x0010, 0x1000);
    Study Name; "PN" "OtherPatientNames" Tag(0x0010, 0x1001);
    Study Text; "AS" "PatientAge" Tag(0x0010, 0x1010);
    Study Text; "SH" "EthnicGroup" Tag(0x0010, 0x2160);
    Study Text; "LT" "PatientComments" Tag(0x0010, 0x4000);
    Study Uid; "UI" "StudyInstanceUID" Tag(0x0020, 0x000D);
    Study Text; "SH" "StudyID" Tag(0x0020, 0x0010);
    Study Matching::Computed(Computed::NumberOfStudyRelatedSeries);
        "IS" "NumberOfStudyRelatedSeries" Tag(0x0020, 0x1206);
    Study Matching::Computed(Computed::NumberOfStudyRelatedInstances);
        "IS" "NumberOfStudyRelatedInstances" Tag(0x0020, 0x1208);
    Study Name; "PN" "RequestingPhysician" Tag(0x0032, 0x1032);
    Study Text; "LO" "RequestedProcedureDescription" Tag(0x0032, 0x1060);
    Study Text; "LO" "AdmissionID" Tag(0x0038, 0x0010);

    Series Date; "DA" "SeriesDate" Tag(0x0008, 0x0021);
    Series Time; "TM" "SeriesTime" Tag(0x0008, 0x0031);
    Series Code; "CS" "Modality" Tag(0x0008, 0x0060);
    Series Text; "LO" "Manufacturer" Tag(0x0008, 0x0070);
    Series Text; "LO" "InstitutionName" Tag(0x0008, 0x0080);
    Series Text; "SH" "StationName" Tag(0x0008, 0x1010);
    Series Text; "LO" "SeriesDescription" Tag(0x0008, 0x103E);
    Series Text; "LO" "InstitutionalDepartmentName" Tag(0x0008, 0x1040);
    Series Name; "PN" "PerformingPhysicianName" Tag(0x0008, 0x1050);
    Series Name; "PN" "OperatorsName" Tag(0x0008, 0x1070);
    Series Text; "LO" "ManufacturerModelName" Tag(0x0008, 0x1090);
    Series Code; "CS" "BodyPartExamined" Tag(0x0018, 0x0015);
    Series Text; "LO" "DeviceSerialNumber" Tag(0x0018, 0x1000);
    Series Text; "LO" "ProtocolName" Tag(0x0018, 0x1030);
    Series Code; "CS" "PatientPosition" Tag(0x0018, 0x5100);
    Series Uid; "UI" "SeriesInstanceUID" Tag(0x0020, 0x000E);
    Series Number; "IS" "SeriesNumber" Tag(0x0020, 0x0011);
    Series Uid; "UI" "FrameOfReferenceUID" Tag(0x0020, 0x0052);
    Series Code; "CS" "Laterality" Tag(0x0020, 0x0060);
    Series Matching::Computed(Computed::NumberOfSeriesRelatedInstances);
        "IS" "NumberOfSeriesRelatedInstances" Tag(0x0020, 0x1209);
    Series Date; "DA" "PerformedProcedureStepStartDate" Tag(0x0040, 0x0244);
    Series Time; "TM" "PerformedProcedureStepStartTime" Tag(0x0040, 0x0245);
    Series Text; "SH" "PerformedProcedureStepID" Tag(0x0040, 0x0253);
    Series Text; "LO" "PerformedProcedureStepDescription" Tag(0x0040, 0x0254);
    Series Text; "SH" "ScheduledProcedureStepID" REQUEST_ATTRIBUTES, Tag(0x0040, 0x0009);
    Series Text; "SH" "RequestedProcedureID" REQUEST_ATTRIBUTES, Tag(0x0040, 0x1001);

    Instance Code; "CS" "ImageType" Tag(0x0008, 0x0008);
    Instance Uid; "UI" "SOPClassUID" Tag(0x0008, 0x0016);
    Instance Uid; "UI" "SOPInstanceUID" Tag(0x0008, 0x0018);
    Instance Date; "DA" "AcquisitionDate" Tag(0x0008, 0x0022);
    Instance Date; "DA" "ContentDate" Tag(0x0008, 0x0023);
    Instance Time; "TM" "AcquisitionTime" Tag(0x0008, 0x0032);
    Instance Time; "TM" "ContentTime" Tag(0x0008, 0x0033);
    Instance Number; "IS" "AcquisitionNumber" Tag(0x0020, 0x0012);
    Instance Number; "IS" "InstanceNumber" Tag(0x0020, 0x0013);
    Instance Text; "LT" "ImageComments" Tag(0x0020, 0x4000);
    Instance Number; "IS" "NumberOfFrames" Tag(0x0028, 0x0008);
    Instance Number; "US" "Rows" Tag(0x0028, 0x0010);
    Instance Number; "US" "Columns" Tag(0x0028, 0x0011);
    Instance Number; "US" "BitsAllocated" Tag(0x0028, 0x0100);
    Instance Code; "CS" "CompletionFlag" Tag(0x0040, 0xA491);
    Instance Code; "CS" "VerificationFlag" Tag(0x0040, 0xA493);
    Instance Code; "CS" "ContentLabel" Tag(0x0070, 0x0080);
    Instance Text; "LO" "ContentDescription" Tag(0x0070, 0x0081);
};

/// What a search can return, and whether it does so unasked (PS3.18 Tables 10.6.3-3 to 10.6.3-5: types U, R and C).
///
/// Available Transfer Syntax UID is returned unasked although it is in none of the tables: it saves clients a request
/// per instance.
pub static RETURN_ATTRIBUTES: &[(Level, Tag, bool)] = &[
    (Study, Tag(0x0008, 0x0020), true),
    (Study, Tag(0x0008, 0x0030), true),
    (Study, Tag(0x0008, 0x0050), true),
    (Study, Tag(0x0008, 0x0051), false),
    (Study, Tag(0x0008, 0x0056), true),
    (Study, Tag(0x0008, 0x0061), true),
    (Study, Tag(0x0008, 0x0062), false),
    (Study, Tag(0x0008, 0x0090), true),
    (Study, Tag(0x0008, 0x0201), true),
    (Study, Tag(0x0008, 0x1030), false),
    (Study, Tag(0x0008, 0x1032), false),
    (Study, Tag(0x0008, 0x1048), false),
    (Study, Tag(0x0008, 0x1060), false),
    (Study, Tag(0x0008, 0x1080), false),
    (Study, Tag(0x0008, 0x1110), false),
    (Study, Tag(0x0008, 0x1190), true),
    (Study, Tag(0x0010, 0x0010), true),
    (Study, Tag(0x0010, 0x0020), true),
    (Study, Tag(0x0010, 0x0021), false),
    (Study, Tag(0x0010, 0x0024), false),
    (Study, Tag(0x0010, 0x0030), true),
    (Study, Tag(0x0010, 0x0032), false),
    (Study, Tag(0x0010, 0x0040), true),
    (Study, Tag(0x0010, 0x1000), false),
    (Study, Tag(0x0010, 0x1001), false),
    (Study, Tag(0x0010, 0x1002), false),
    (Study, Tag(0x0010, 0x1010), false),
    (Study, Tag(0x0010, 0x1020), false),
    (Study, Tag(0x0010, 0x1030), false),
    (Study, Tag(0x0010, 0x2160), false),
    (Study, Tag(0x0010, 0x4000), false),
    (Study, Tag(0x0020, 0x000D), true),
    (Study, Tag(0x0020, 0x0010), true),
    (Study, Tag(0x0020, 0x1206), true),
    (Study, Tag(0x0020, 0x1208), true),
    (Study, Tag(0x0032, 0x1032), false),
    (Study, Tag(0x0032, 0x1060), false),
    (Study, Tag(0x0038, 0x0010), false),
    (Series, Tag(0x0008, 0x0021), false),
    (Series, Tag(0x0008, 0x0031), false),
    (Series, Tag(0x0008, 0x0056), false),
    (Series, Tag(0x0008, 0x0060), true),
    (Series, Tag(0x0008, 0x0070), false),
    (Series, Tag(0x0008, 0x0080), false),
    (Series, Tag(0x0008, 0x0201), true),
    (Series, Tag(0x0008, 0x1010), false),
    (Series, Tag(0x0008, 0x103E), true),
    (Series, Tag(0x0008, 0x1040), false),
    (Series, Tag(0x0008, 0x1050), false),
    (Series, Tag(0x0008, 0x1070), false),
    (Series, Tag(0x0008, 0x1090), false),
    (Series, Tag(0x0008, 0x1111), false),
    (Series, Tag(0x0008, 0x1190), true),
    (Series, Tag(0x0008, 0x2218), false),
    (Series, Tag(0x0018, 0x0015), false),
    (Series, Tag(0x0018, 0x1000), false),
    (Series, Tag(0x0018, 0x1030), false),
    (Series, Tag(0x0018, 0x5100), false),
    (Series, Tag(0x0020, 0x000E), true),
    (Series, Tag(0x0020, 0x0011), true),
    (Series, Tag(0x0020, 0x0052), false),
    (Series, Tag(0x0020, 0x0060), false),
    (Series, Tag(0x0020, 0x1209), true),
    (Series, Tag(0x0040, 0x0244), true),
    (Series, Tag(0x0040, 0x0245), true),
    (Series, Tag(0x0040, 0x0253), false),
    (Series, Tag(0x0040, 0x0254), false),
    (Series, Tag(0x0040, 0x0260), false),
    (Series, REQUEST_ATTRIBUTES, true),
    (Instance, Tag(0x0008, 0x0008), false),
    (Instance, Tag(0x0008, 0x0016), true),
    (Instance, Tag(0x0008, 0x0018), true),
    (Instance, Tag(0x0008, 0x0022), false),
    (Instance, Tag(0x0008, 0x0023), false),
    (Instance, Tag(0x0008, 0x002A), false),
    (Instance, Tag(0x0008, 0x0032), false),
    (Instance, Tag(0x0008, 0x0033), false),
    (Instance, Tag(0x0008, 0x0056), true),
    (Instance, Tag(0x0008, 0x0201), true),
    (Instance, Tag(0x0008, 0x1115), false),
    (Instance, Tag(0x0008, 0x1140), false),
    (Instance, Tag(0x0008, 0x1190), true),
    (Instance, Tag(0x0008, 0x2112), false),
    (Instance, Tag(0x0008, 0x3002), true),
    (Instance, Tag(0x0020, 0x0012), false),
    (Instance, Tag(0x0020, 0x0013), true),
    (Instance, Tag(0x0020, 0x0032), false),
    (Instance, Tag(0x0020, 0x0037), false),
    (Instance, Tag(0x0020, 0x4000), false),
    (Instance, Tag(0x0028, 0x0008), true),
    (Instance, Tag(0x0028, 0x0010), true),
    (Instance, Tag(0x0028, 0x0011), true),
    (Instance, Tag(0x0028, 0x0100), true),
    (Instance, Tag(0x0040, 0xA043), false),
    (Instance, Tag(0x0040, 0xA370), false),
    (Instance, Tag(0x0040, 0xA491), false),
    (Instance, Tag(0x0040, 0xA493), false),
    (Instance, Tag(0x0040, 0xA504), false),
    (Instance, Tag(0x0070, 0x0080), false),
    (Instance, Tag(0x0070, 0x0081), false),
];

/// What the catalog itself gives a value, whatever an instance says.
const COMPUTED: &[Tag] = &[
    Tag(0x0008, 0x0056),
    Tag(0x0008, 0x0061),
    Tag(0x0008, 0x0062),
    Tag(0x0008, 0x1190),
    Tag(0x0008, 0x3002),
    Tag(0x0020, 0x1206),
    Tag(0x0020, 0x1208),
    Tag(0x0020, 0x1209),
];

/// The attributes at the top of the data set that are taken from an instance, with the levels that keep them.
static TAKEN: LazyLock<HashMap<Tag, Vec<Level>>> = LazyLock::new(|| {
    let mut taken: HashMap<Tag, Vec<Level>> = HashMap::new();
    let listed = RETURN_ATTRIBUTES.iter().map(|(level, tag, _)| (*level, *tag));
    let searched = SEARCH_KEYS.iter().chain(ITEM_KEYS).filter_map(|key| Some((key.level, *key.path.first()?)));
    for (level, tag) in listed.chain(searched) {
        let levels = taken.entry(tag).or_default();
        if !COMPUTED.contains(&tag) && !levels.contains(&level) {
            levels.push(level);
        }
    }
    taken
});

/// The levels that keep an attribute at the top of a data set.
pub(super) fn levels(tag: Tag) -> &'static [Level] {
    TAKEN.get(&tag).map_or(&[], Vec::as_slice)
}

/// See [`super::wanted`].
pub(super) fn wanted(path: &[Tag]) -> Option<Level> {
    match path {
        [tag] => levels(*tag).first().copied(),
        [sequence, tag] if kept_in_item(*sequence, None, *tag) => levels(*sequence).first().copied(),
        [sequence, inner, tag] if kept_in_item(*sequence, Some(*inner), *tag) => levels(*sequence).first().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::attributes::{keyword_of, tag_by_keyword, vr_of};

    #[test]
    fn the_table_agrees_with_the_dictionary() {
        for key in SEARCH_KEYS.iter().chain(ITEM_KEYS) {
            let tag = *key.path.last().unwrap();
            assert_eq!(tag_by_keyword(key.keyword), Some(tag), "{}", key.keyword);
            assert_eq!(keyword_of(tag), Some(key.keyword));
            assert_eq!(vr_of(tag).unwrap(), key.vr.as_bytes(), "{}", key.keyword);
        }
    }

    #[test]
    fn what_can_be_searched_can_be_returned() {
        for key in SEARCH_KEYS.iter().chain(ITEM_KEYS) {
            let tag = *key.path.first().unwrap();
            assert!(RETURN_ATTRIBUTES.iter().any(|row| row.0 == key.level && row.1 == tag), "{}", key.keyword);
        }
    }

    #[test]
    fn no_row_stands_twice_and_rows_are_in_order() {
        for rows in RETURN_ATTRIBUTES.windows(2) {
            let [before, after] = rows else { panic!("a window of two has two rows") };
            assert!((before.0, before.1) < (after.0, after.1), "{before:?} {after:?}");
        }
        let keys: Vec<&SearchKey> = SEARCH_KEYS.iter().chain(ITEM_KEYS).collect();
        for (at, key) in keys.iter().enumerate() {
            let same = |other: &&&SearchKey| other.path == key.path && other.level == key.level;
            assert!(keys.get(at + 1..).unwrap().iter().find(same).is_none(), "{}", key.keyword);
        }
        // A sequence is kept at one level, so that a path means one thing.
        for key in ITEM_KEYS {
            assert_eq!(levels(*key.path.first().unwrap()), [key.level], "{}", key.keyword);
        }
    }

    #[test]
    fn every_required_key_is_there() {
        // PS3.18 Table 10.6.1-5.
        let required = [
            (
                Study,
                "StudyDate StudyTime AccessionNumber ModalitiesInStudy ReferringPhysicianName PatientName PatientID",
            ),
            (Study, "StudyInstanceUID StudyID"),
            (Series, "Modality SeriesInstanceUID SeriesNumber PerformedProcedureStepStartDate"),
            (Series, "PerformedProcedureStepStartTime ScheduledProcedureStepID RequestedProcedureID"),
            (Instance, "SOPClassUID SOPInstanceUID InstanceNumber"),
        ];
        for (level, keywords) in required {
            for keyword in keywords.split(' ') {
                let key = SEARCH_KEYS.iter().find(|key| key.keyword == keyword);
                assert_eq!(key.map(|key| key.level), Some(level), "{keyword}");
            }
        }
    }

    #[test]
    fn what_the_catalog_computes_is_not_taken_from_an_instance() {
        assert_eq!(wanted(&[Tag(0x0020, 0x1208)]), None);
        assert_eq!(wanted(&[Tag(0x0008, 0x0060)]), Some(Series));
        assert_eq!(wanted(&[REQUEST_ATTRIBUTES, Tag(0x0040, 0x1001)]), Some(Series));
        assert_eq!(wanted(&[Tag(0x0040, 0x1001)]), None);
        assert_eq!(wanted(&[REQUEST_ATTRIBUTES, Tag(0x0032, 0x1064), Tag(0x0008, 0x0100)]), Some(Series));
        assert_eq!(wanted(&[REQUEST_ATTRIBUTES, Tag(0x0032, 0x1064), Tag(0x0040, 0x1001)]), None);
        assert_eq!(levels(Tag(0x0008, 0x0201)), [Study, Series, Instance]);
    }
}
