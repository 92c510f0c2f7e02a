//! Names of studies, series and instances, from the outside in, as the resources of PS3.18 10.1 name them.

use crate::{SeriesInstanceUid, SopInstanceUid, StudyInstanceUid};

/// A series within its study.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesRef {
    /// The study that holds the series.
    pub study: StudyInstanceUid,
    /// The series itself.
    pub series: SeriesInstanceUid,
}

/// An instance within its series and study.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceRef {
    /// The study that holds the series.
    pub study: StudyInstanceUid,
    /// The series that holds the instance.
    pub series: SeriesInstanceUid,
    /// The instance itself.
    pub instance: SopInstanceUid,
}

/// What a request is about: everything below one study, one series, or a single instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A whole study.
    Study(StudyInstanceUid),
    /// One series of a study.
    Series(SeriesRef),
    /// One instance of a series.
    Instance(InstanceRef),
}

impl Resource {
    /// The study that the resource is or belongs to.
    #[must_use]
    pub fn study(&self) -> &StudyInstanceUid {
        match self {
            Self::Study(study) => study,
            Self::Series(series) => &series.study,
            Self::Instance(instance) => &instance.study,
        }
    }

    /// The series that the resource is or belongs to.
    #[must_use]
    pub fn series(&self) -> Option<&SeriesInstanceUid> {
        match self {
            Self::Study(_) => None,
            Self::Series(series) => Some(&series.series),
            Self::Instance(instance) => Some(&instance.series),
        }
    }

    /// The instance that the resource is.
    #[must_use]
    pub fn instance(&self) -> Option<&SopInstanceUid> {
        match self {
            Self::Study(_) | Self::Series(_) => None,
            Self::Instance(instance) => Some(&instance.instance),
        }
    }
}
