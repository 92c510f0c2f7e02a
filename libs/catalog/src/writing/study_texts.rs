//! What of a study is written beside its search columns: the name as given, and the tokens by which parts are found.

use crate::identity::PatientIdentity;
use crate::matching::gram_text;
use crate::prepare::LevelRow;
use dataset::{AttributeSet, Tag};

/// The search keys, besides names, whose parts are found; in the order of the columns of `study_gram`.
const TEXTS: [Tag; 3] = [Tag(0x0010, 0x0020), Tag(0x0008, 0x0050), Tag(0x0008, 0x1030)];

/// Patient's Name as given.
pub(crate) fn name_of(attributes: &AttributeSet) -> Option<String> {
    Some(PatientIdentity::of(attributes).name).filter(|name| !name.is_empty())
}

/// The tokens of a study: of its patient's names, Patient ID, Accession Number and Study Description.
pub(crate) fn grams(row: &LevelRow, attributes: &AttributeSet) -> [String; 4] {
    let names = row.names.iter().filter(|(attribute, _, _)| *attribute == "PatientName");
    let names = gram_text(names.map(|(_, _, folded)| folded.as_str()));
    let [id, accession, description] = TEXTS.map(|tag| gram_text(attributes.values_at(&[tag])));
    [names, id, accession, description]
}

/// The column of `study_gram` for a search key, if there is one.
pub(crate) fn gram_column(keyword: &str) -> Option<&'static str> {
    match keyword {
        "PatientName" => Some("patient_name"),
        "PatientID" => Some("patient_id"),
        "AccessionNumber" => Some("accession_number"),
        "StudyDescription" => Some("study_description"),
        _ => None,
    }
}
