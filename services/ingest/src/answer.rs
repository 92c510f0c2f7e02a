//! What becomes of one part of a store request, with the codes of PS3.18 Annex I.

use crate::outage::Outage;
use catalog::CommitOutcome;
use dataset::{Description, Finding, Refusal};
use uid::{InstanceRef, Uid};

/// Failure Reasons (0008,1197), PS3.18 Table I.2-2.
pub(crate) mod reason {
    /// Processing failure.
    pub(crate) const PROCESSING_FAILURE: u16 = 0x0110;
    /// Duplicate SOP Instance (PS3.7 Annex C); the standard leaves open what STOW-RS says.
    pub(crate) const DUPLICATE: u16 = 0x0111;
    /// Error: cannot understand.
    pub(crate) const CANNOT_UNDERSTAND: u16 = 0xC000;
    /// Refused: out of resources.
    pub(crate) const OUT_OF_RESOURCES: u16 = 0xA700;
    /// The data set does not match, here: the study that the request names.
    pub(crate) const STUDY_MISMATCH: u16 = 0xA901;
}

/// Warning Reasons (0008,1196), PS3.18 Table I.2-1.
mod warning {
    /// Coercion of data elements.
    pub(super) const COERCED: u16 = 0xB000;
    /// Elements discarded.
    pub(super) const DISCARDED: u16 = 0xB006;
    /// The data set does not match its SOP class.
    pub(super) const MISMATCH: u16 = 0xB007;
}

/// How one part fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Counted from 0.
    pub(crate) part: u32,
    pub(crate) identity: Identity,
    pub(crate) outcome: Outcome,
}

/// What is known of whom a part holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    pub(crate) sop_class: Option<Uid>,
    pub(crate) instance: Option<Uid>,
    /// All three levels; only when all was read.
    pub(crate) place: Option<InstanceRef>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stored(Stored),
    Refused(Refused),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    pub(crate) warnings: Vec<Warning>,
}

/// What it took to store an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    New,
    Already,
    KeptFirst,
    Replaced,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) reason: u16,
    pub(crate) detail: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) reason: u16,
    /// An outside text, without patient data.
    pub(crate) detail: String,
    /// Set when the fault is ours.
    pub(crate) outage: Option<Outage>,
}

impl Identity {
    pub(crate) fn of(description: &Description) -> Self {
        Self {
            sop_class: Some(description.sop_class.clone()),
            instance: None,
            place: Some(description.instance.clone()),
        }
    }
}

impl Refused {
    fn new(reason: u16, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), outage: None }
    }

    pub(crate) fn study_mismatch() -> Self {
        Self::new(reason::STUDY_MISMATCH, "the instance belongs to another study than the one the request names")
    }

    pub(crate) fn too_large(limit: u64) -> Self {
        Self::new(
            reason::OUT_OF_RESOURCES,
            format!("the instance is larger than {limit} bytes, the most this archive takes"),
        )
    }

    /// See [`dataset::Describer::prefix`]: the object cannot be written before its File Meta Information is known.
    pub(crate) fn late_identity() -> Self {
        let detail = "File Meta Information is missing, and SOP Instance UID (0008,0018) comes too late to generate it";
        Self::new(reason::CANNOT_UNDERSTAND, detail)
    }

    fn duplicate() -> Self {
        Self::new(reason::DUPLICATE, "another instance with this SOP Instance UID is stored already")
    }

    fn held() -> Self {
        Self::new(
            reason::DUPLICATE,
            "another instance with this SOP Instance UID is stored already, under legal hold or retention",
        )
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.failure_reason(), refusal.to_string())
    }
}

impl From<Outage> for Refused {
    fn from(outage: Outage) -> Self {
        Self { outage: Some(outage), ..Self::new(outage.reason(), outage.to_string()) }
    }
}

impl Outcome {
    /// What the catalog made of an instance in which these findings were met.
    pub(crate) fn of_commit(outcome: CommitOutcome, findings: &[Finding]) -> Self {
        let mut warnings: Vec<Warning> = findings.iter().map(|finding| of_finding(*finding)).collect();
        let kind = match outcome {
            CommitOutcome::Stored { disagreements } => {
                warnings.extend(of_disagreements(&disagreements));
                Kind::New
            }
            CommitOutcome::Replaced { disagreements, .. } => {
                warnings.extend(of_disagreements(&disagreements));
                Kind::Replaced
            }
            CommitOutcome::AlreadyStored => Kind::Already,
            CommitOutcome::KeptFirst => {
                warnings.push(kept_first());
                Kind::KeptFirst
            }
            CommitOutcome::Refused(catalog::Refused::Duplicate) => return Self::Refused(Refused::duplicate()),
            CommitOutcome::Refused(catalog::Refused::Held) => return Self::Refused(Refused::held()),
        };
        Self::Stored(Stored { kind, warnings })
    }

    /// The `outcome` label of metrics.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Stored(Stored { kind: Kind::New, .. }) => "stored",
            Self::Stored(Stored { kind: Kind::Already, .. }) => "already_stored",
            Self::Stored(Stored { kind: Kind::KeptFirst, .. }) => "kept_first",
            Self::Stored(Stored { kind: Kind::Replaced, .. }) => "replaced",
            Self::Refused(Refused { outage: Some(_), .. }) => "failed",
            Self::Refused(_) => "refused",
        }
    }
}

fn of_finding(finding: Finding) -> Warning {
    let reason = match finding {
        Finding::GeneratedPrefix | Finding::MissingTransferSyntax => warning::COERCED,
        _ => warning::MISMATCH,
    };
    Warning { reason, detail: finding.to_string() }
}

/// One warning for all of them. Attributes are named by keyword; their values are patient data.
fn of_disagreements(disagreements: &[catalog::Disagreement]) -> Option<Warning> {
    let keywords: Vec<&str> = disagreements.iter().map(|disagreement| disagreement.keyword()).collect();
    (!keywords.is_empty()).then(|| Warning {
        reason: warning::MISMATCH,
        detail: format!(
            "the study keeps the values it had, with which the instance disagrees: {}",
            keywords.join(", ")
        ),
    })
}

fn kept_first() -> Warning {
    Warning {
        reason: warning::DISCARDED,
        detail: "another instance with this SOP Instance UID is stored already and was kept; this one was not".into(),
    }
}
