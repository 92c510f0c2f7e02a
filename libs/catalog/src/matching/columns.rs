//! Which column of the schema holds the values of which search key: the keyword in lower case, its words joined by `_`.

use dataset::{Level, Matching, SEARCH_KEYS, SearchKey};
use std::sync::LazyLock;

/// The column of a search key whose values lie in the row of its study, series or instance.
pub(crate) struct Column {
    /// What it holds.
    pub(crate) key: &'static SearchKey,
    /// Its name in the schema.
    pub(crate) name: String,
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    SEARCH_KEYS
        .iter()
        .filter(|key| !matches!(key.matching, Matching::Name | Matching::Computed(_)))
        .map(|key| Column { key, name: column_of(key) })
        .collect()
});

/// The search columns of a level, without those of its UIDs, which rows have anyway.
pub(crate) fn columns(level: Level) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(move |column| column.key.level == level && !is_identity(column.key))
}

/// Whether the key is one of the UIDs that make the identity of a row.
fn is_identity(key: &SearchKey) -> bool {
    matches!(key.keyword, "StudyInstanceUID" | "SeriesInstanceUID" | "SOPInstanceUID" | "SOPClassUID")
}

/// Texts that have an index of their own, ordered by the text.
const INDEXED: &[&str] =
    &["PatientID", "AccessionNumber", "StudyID", "ScheduledProcedureStepID", "RequestedProcedureID"];

/// Whether the text of a key has an index of its own.
pub(crate) fn is_indexed(key: &SearchKey) -> bool {
    INDEXED.contains(&key.keyword)
}

/// The name of the column of a key.
pub(crate) fn column_of(key: &SearchKey) -> String {
    let letters: Vec<char> = key.keyword.chars().collect();
    let mut name = String::with_capacity(letters.len().saturating_add(8));
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at.saturating_add(1));
        // A capital begins a word after a small letter, and before one if it is not the plural of an abbreviation.
        let plural = after == Some(&'s') && letters.len() == at.saturating_add(2);
        let begins = before.is_some_and(|before| {
            before.is_ascii_lowercase() || (after.is_some_and(char::is_ascii_lowercase) && !plural)
        });
        if letter.is_ascii_uppercase() && begins {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_are_named_after_keywords() {
        let name = |keyword: &str| column_of(SEARCH_KEYS.iter().find(|key| key.keyword == keyword).unwrap());
        assert_eq!(name("OtherPatientIDs"), "other_patient_ids");
        assert_eq!(name("IssuerOfPatientID"), "issuer_of_patient_id");
        assert_eq!(name("SOPClassUID"), "sop_class_uid");
        assert_eq!(name("PerformedProcedureStepStartDate"), "performed_procedure_step_start_date");
    }

    #[test]
    fn names_of_persons_stand_at_the_levels_that_have_tables_for_them() {
        assert!(
            SEARCH_KEYS.iter().all(|key| key.matching != Matching::Name || key.level != Level::Instance),
            "there is no table instance_name"
        );
    }
}
