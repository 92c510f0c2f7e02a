//! What a commit and a delete decide, whatever database carries it out: plain values in, plain values out.

pub(crate) mod disagreeing;
pub(crate) mod duplicates;
pub(crate) mod later_schema;
pub(crate) mod placing;
pub(crate) mod study_texts;
pub(crate) mod totals;
