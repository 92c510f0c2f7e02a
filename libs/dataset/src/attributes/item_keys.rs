//! Search keys in items of sequences (PS3.18 8.3.4.1.1, PS3.4 C.2.2.2.6) that have no column of their own: the sequences that
//! hospital systems and viewers ask for, each at the level that its attribute belongs to.

use super::table::SEARCH_KEYS;
use super::{Level, Matching, SearchKey};
use crate::Tag;
use Level::{Instance, Series, Study};
use Matching::{Code, Text, Uid};
use std::{collections::HashSet, sync::LazyLock};

const ISSUER_OF_ACCESSION_NUMBER: Tag = Tag(0x0008, 0x0051);
const PROCEDURE_CODE: Tag = Tag(0x0008, 0x1032);
const REFERENCED_STUDY: Tag = Tag(0x0008, 0x1110);
const REFERENCED_STEP: Tag = Tag(0x0008, 0x1111);
const REFERENCED_SERIES: Tag = Tag(0x0008, 0x1115);
const REFERENCED_IMAGE: Tag = Tag(0x0008, 0x1140);
const REFERENCED_INSTANCE: Tag = Tag(0x0008, 0x114A);
const SOURCE_IMAGE: Tag = Tag(0x0008, 0x2112);
const ANATOMIC_REGION: Tag = Tag(0x0008, 0x2218);
const PATIENT_ID_QUALIFIERS: Tag = Tag(0x0010, 0x0024);
const OTHER_PATIENT_IDS: Tag = Tag(0x0010, 0x1002);
const REQUESTED_PROCEDURE_CODE: Tag = Tag(0x0032, 0x1064);
const SCHEDULED_PROTOCOL_CODE: Tag = Tag(0x0040, 0x0008);
const PERFORMED_PROTOCOL_CODE: Tag = Tag(0x0040, 0x0260);
const REQUEST_ATTRIBUTES: Tag = Tag(0x0040, 0x0275);
const CONCEPT_NAME_CODE: Tag = Tag(0x0040, 0xA043);
const REFERENCED_REQUEST: Tag = Tag(0x0040, 0xA370);
const CONTENT_TEMPLATE: Tag = Tag(0x0040, 0xA504);

/// Writes the keys of sequences, each sequence once.
macro_rules! keys {
    ($($level:ident $within:tt { $($matching:ident $vr:literal $keyword:literal $group:literal $element:literal;)+ })+) => {
        &[$($(SearchKey {
            keyword: $keyword,
            path: path!($within Tag($group, $element)),
            level: $level,
            vr: $vr,
            matching: $matching,
        }),+),+]
    };
}

macro_rules! path {
    (($($sequence:expr),+) $tag:expr) => { &[$($sequence),+, $tag] };
}

/// What can be searched by in items, besides the keys of [`SEARCH_KEYS`] that are in items and have columns. Keys of one
/// sequence, and of sequences in its items, must match in one and the same item.
pub static ITEM_KEYS: &[SearchKey] = keys! {
    Study (ISSUER_OF_ACCESSION_NUMBER) {
        Text "UT" "LocalNamespaceEntityID" 0x0040 0x0031;
        Text "UT" "UniversalEntityID" 0x0040 0x0032;
    }
    Study (PROCEDURE_CODE) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }
    Study (REFERENCED_STUDY) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Study (PATIENT_ID_QUALIFIERS) {
        Text "UT" "UniversalEntityID" 0x0040 0x0032;
    }
    Study (OTHER_PATIENT_IDS) {
        Text "LO" "PatientID" 0x0010 0x0020;
        Text "LO" "IssuerOfPatientID" 0x0010 0x0021;
    }

    Series (REFERENCED_STEP) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Series (ANATOMIC_REGION) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }
    Series (PERFORMED_PROTOCOL_CODE) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }
    Series (REQUEST_ATTRIBUTES) {
        Text "SH" "AccessionNumber" 0x0008 0x0050;
        Uid "UI" "StudyInstanceUID" 0x0020 0x000D;
        Text "LO" "RequestedProcedureDescription" 0x0032 0x1060;
        Text "LO" "ScheduledProcedureStepDescription" 0x0040 0x0007;
        Text "LO" "ReasonForTheRequestedProcedure" 0x0040 0x1002;
    }
    Series (REQUEST_ATTRIBUTES, REQUESTED_PROCEDURE_CODE) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }
    Series (REQUEST_ATTRIBUTES, SCHEDULED_PROTOCOL_CODE) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }

    Instance (REFERENCED_SERIES) {
        Uid "UI" "SeriesInstanceUID" 0x0020 0x000E;
    }
    Instance (REFERENCED_SERIES, REFERENCED_IMAGE) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Instance (REFERENCED_SERIES, REFERENCED_INSTANCE) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Instance (REFERENCED_IMAGE) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Instance (SOURCE_IMAGE) {
        Uid "UI" "ReferencedSOPInstanceUID" 0x0008 0x1155;
    }
    Instance (CONCEPT_NAME_CODE) {
        Text "SH" "CodeValue" 0x0008 0x0100;
        Text "SH" "CodingSchemeDesignator" 0x0008 0x0102;
        Text "LO" "CodeMeaning" 0x0008 0x0104;
    }
    Instance (REFERENCED_REQUEST) {
        Text "SH" "AccessionNumber" 0x0008 0x0050;
        Uid "UI" "StudyInstanceUID" 0x0020 0x000D;
        Text "SH" "RequestedProcedureID" 0x0040 0x1001;
        Text "LO" "PlacerOrderNumberImagingServiceRequest" 0x0040 0x2016;
        Text "LO" "FillerOrderNumberImagingServiceRequest" 0x0040 0x2017;
    }
    Instance (CONTENT_TEMPLATE) {
        Code "CS" "MappingResource" 0x0008 0x0105;
        Code "CS" "TemplateIdentifier" 0x0040 0xDB00;
    }
};

/// Attributes that are kept in the items of these sequences, and returned with them, although nobody can search by them:
/// version, long and URN form of codes, SOP classes, and the types of identifiers.
const EXTRAS: &[Tag] = &[
    Tag(0x0008, 0x0103),
    Tag(0x0008, 0x0119),
    Tag(0x0008, 0x0120),
    Tag(0x0008, 0x1150),
    Tag(0x0010, 0x0022),
    Tag(0x0040, 0x0033),
];

/// Stands where there is no inner sequence.
const NONE: Tag = Tag(0, 0);

/// Outer sequence, inner sequence if there is one, and what is kept in its items.
static KEPT: LazyLock<HashSet<[Tag; 3]>> = LazyLock::new(|| {
    let mut kept = HashSet::new();
    for key in SEARCH_KEYS.iter().chain(ITEM_KEYS) {
        let (outer, inner, tag) = match *key.path {
            [outer, tag] => (outer, NONE, tag),
            [outer, inner, tag] => (outer, inner, tag),
            _ => continue,
        };
        kept.insert([outer, inner, tag]);
        kept.extend(EXTRAS.iter().map(|extra| [outer, inner, *extra]));
    }
    kept
});

/// Inner sequences, each behind its outer one.
static INNER: LazyLock<HashSet<[Tag; 2]>> = LazyLock::new(|| {
    let inner = |key: &SearchKey| if let [outer, inner, _] = *key.path { Some([outer, inner]) } else { None };
    ITEM_KEYS.iter().filter_map(inner).collect()
});

/// Whether an attribute is kept in the items of a sequence, which is in the items of another one or at the top.
pub(super) fn kept_in_item(outer: Tag, inner: Option<Tag>, tag: Tag) -> bool {
    KEPT.contains(&[outer, inner.unwrap_or(NONE), tag])
}

/// Whether a sequence is kept in the items of another one.
pub(super) fn kept_inner(outer: Tag, inner: Tag) -> bool {
    INNER.contains(&[outer, inner])
}
