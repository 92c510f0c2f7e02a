//! What can be asked of a search, and what comes back (PS3.18 10.6).

use crate::zone::Zone;
use access::FacilityId;
use bytes::Bytes;
use dataset::{Computed, Level, Matching, SEARCH_KEYS, SearchKey, Tag};
use uid::{SeriesInstanceUid, SopInstanceUid, StudyInstanceUid, Uid};

/// A search. `level`, `study` and `series` make the six resources of PS3.18 10.6.1.1.
#[derive(Clone)]
pub struct Search {
    /// What is listed.
    pub level: Level,
    /// Only within this study.
    pub study: Option<StudyInstanceUid>,
    /// Only within this series.
    pub series: Option<SeriesInstanceUid>,
    /// All of them must match. Keys of a level below `level` are ignored.
    pub keys: Vec<SearchMatch>,
    /// Whether names also match by prefixes of their words, in any order.
    pub fuzzy: bool,
    /// The most rows to return; [`Search::MAX_LIMIT`] holds whatever is asked for.
    pub limit: u32,
    /// How many matches to leave out first.
    pub offset: u64,
    /// Which attributes to return.
    pub return_tags: ReturnTags,
    /// What to order by before the order that all searches have. Keys of a level below `level` are ignored.
    pub order: Vec<OrderBy>,
    /// The zone that dates with times are asked for in and returned in; `None`: as they were stored.
    pub zone: Option<Zone>,
}

impl Search {
    /// The most rows in one page.
    pub const MAX_LIMIT: u32 = 10_000;
    /// Matches beyond the page are counted up to here.
    pub const COUNT_BOUND: u64 = 10_000;
    /// The most matches that are put into an order that no index has.
    pub const MAX_SORTED: u64 = 10_000;

    /// A search that matches everything at this level.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Self {
            level,
            study: None,
            series: None,
            keys: Vec::new(),
            fuzzy: false,
            limit: 100,
            offset: 0,
            return_tags: ReturnTags::All,
            order: Vec::new(),
            zone: None,
        }
    }
}

/// An attribute that rows are ordered by, and its direction. What has no value counts as the least.
#[derive(Clone, Copy)]
pub struct OrderBy {
    pub(crate) key: &'static SearchKey,
    pub(crate) descending: bool,
}

impl OrderBy {
    /// Orders by an attribute: texts by their code points, names folded, of several values the first. `None` for what
    /// is gathered from a whole study, and for what is in items of sequences and has no column.
    #[must_use]
    pub fn new(key: &'static SearchKey, descending: bool) -> Option<Self> {
        let gathered =
            matches!(key.matching, Matching::Computed(Computed::ModalitiesInStudy | Computed::SopClassesInStudy));
        (!gathered && !key.in_items()).then_some(Self { key, descending })
    }
}

/// The time that stands beside a date, such as Study Time beside Study Date: the two are one moment.
#[must_use]
pub fn time_beside(date: &SearchKey) -> Option<&'static SearchKey> {
    let begins = date.keyword.strip_suffix("Date")?;
    let beside = |key: &&SearchKey| key.level == date.level && key.keyword.strip_suffix("Time") == Some(begins);
    SEARCH_KEYS.iter().find(beside).filter(|_| date.matching == Matching::Date)
}

/// A match key: an attribute and the test that its value must pass.
#[derive(Clone)]
pub struct SearchMatch {
    /// The attribute.
    pub key: &'static SearchKey,
    /// The test.
    pub test: Match,
}

/// Kinds of matching (PS3.4 C.2.2.2). Where an attribute has several values, one that matches is enough.
#[derive(Clone)]
pub enum Match {
    /// Everything matches, also an empty value.
    Universal,
    /// The value itself. Names without case and accents; numbers by their value; a time of less than six digits
    /// stands for all times that begin so.
    Single(String),
    /// Any of these.
    AnyUid(Vec<Uid>),
    /// `*` for any characters, `?` for a single one.
    Wildcard(String),
    /// Any of these texts, each with wildcards or without; [`Match::MAX_PATTERNS`] may have some. Not for names, dates,
    /// times and numbers.
    AnyOf(Vec<String>),
    /// Dates and times, both ends included. An end of less than full precision includes all that it can mean.
    Range {
        /// Not before.
        from: Option<String>,
        /// Not after.
        to: Option<String>,
    },
    /// A date with the time beside it ([`time_beside`]), both ends included (PS3.4 C.2.2.2.5.4). For dates that have one.
    /// What has a date and no time may have been at any time of the day.
    Moments {
        /// Not before.
        from: Option<Moment>,
        /// Not after.
        to: Option<Moment>,
    },
    /// Nothing but what has no value: the attribute is absent or empty (PS3.4 C.2.2.2.7).
    Empty,
}

/// A date and a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// As `YYYYMMDD`.
    pub date: String,
    /// As `HHMMSS.FFFFFF`, which may be cut short.
    pub time: String,
}

impl Match {
    /// The most patterns with wildcards in a [`Match::AnyOf`]. Past a few hundred alternatives databases refuse a
    /// statement.
    pub const MAX_PATTERNS: usize = 64;
}

/// Which attributes a search returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnTags {
    /// All that the catalog keeps of the level and of the levels above it.
    All,
    /// These, where the catalog keeps them at the level or above it.
    Listed(Vec<Tag>),
}

/// The rows of one page, and how many matches there are beyond it.
pub struct Page {
    /// Newest study first; within a study by series and instance number.
    pub rows: Vec<Row>,
    /// Matches beyond this page.
    pub remaining: Remaining,
}

/// Matches beyond a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remaining {
    /// Just as many.
    Exact(u64),
    /// More than this; nobody counted how many.
    MoreThan(u64),
}

/// One match. No `Debug`: it holds patient data.
#[derive(Clone)]
pub struct Row {
    /// The facility that holds it; one of the scope.
    pub facility: FacilityId,
    /// The study that it is or is in.
    pub study: StudyInstanceUid,
    /// The series that it is or is in; `None` in a search of studies.
    pub series: Option<SeriesInstanceUid>,
    /// The instance; `None` in a search of studies or series.
    pub instance: Option<SopInstanceUid>,
    /// Tag and JSON object of each attribute, ascending by tag, each tag once. Those of one level share their memory.
    pub attributes: Vec<(Tag, Bytes)>,
}
