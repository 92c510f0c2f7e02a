//! The four UIDs that say which instance this is.

use uid::{InstanceRef, InvalidUid, Uid};

use crate::findings::{Finding, Findings};
use crate::parse::uid_of;
use crate::refusal::IdentityAttribute;
use crate::{Refusal, Tag};

/// The UIDs as they were met.
#[derive(Debug, Default)]
pub(super) struct Identity {
    sop_class: Option<Result<Uid, InvalidUid>>,
    sop_instance: Option<Result<Uid, InvalidUid>>,
    study: Option<Result<Uid, InvalidUid>>,
    series: Option<Result<Uid, InvalidUid>>,
}

/// SOP Instance UID, the last of those that File Meta Information repeats.
pub(super) const SOP_INSTANCE_UID: Tag = Tag(0x0008, 0x0018);

impl Identity {
    /// Takes the value of an element of the data set, if it is one of the four.
    pub(super) fn take(&mut self, tag: Tag, value: &[u8], findings: &mut Findings) {
        let slot = match tag {
            Tag(0x0008, 0x0016) => &mut self.sop_class,
            SOP_INSTANCE_UID => &mut self.sop_instance,
            Tag(0x0020, 0x000D) => &mut self.study,
            Tag(0x0020, 0x000E) => &mut self.series,
            _ => return,
        };
        *slot = uid_of(value);
        if let Some(Ok(uid)) = slot
            && !is_well_formed(uid.as_str())
        {
            findings.note(Finding::InvalidUid);
        }
    }

    fn slot(&self, attribute: IdentityAttribute) -> &Option<Result<Uid, InvalidUid>> {
        match attribute {
            IdentityAttribute::SopClass => &self.sop_class,
            IdentityAttribute::SopInstance => &self.sop_instance,
            IdentityAttribute::Study => &self.study,
            IdentityAttribute::Series => &self.series,
        }
    }

    /// One of the UIDs, if it is there and valid.
    pub(super) fn get(&self, attribute: IdentityAttribute) -> Option<Uid> {
        self.slot(attribute).as_ref().and_then(|uid| uid.as_ref().ok()).cloned()
    }

    /// One of the UIDs; without it the instance is refused.
    pub(super) fn require(&self, attribute: IdentityAttribute) -> Result<Uid, Refusal> {
        match self.slot(attribute) {
            Some(Ok(uid)) => Ok(uid.clone()),
            Some(Err(source)) => Err(Refusal::InvalidIdentity { attribute, source: *source }),
            None => Err(Refusal::MissingIdentity(attribute)),
        }
    }

    /// The name of the instance.
    pub(super) fn instance(&self) -> Result<InstanceRef, Refusal> {
        Ok(InstanceRef {
            instance: self.require(IdentityAttribute::SopInstance)?.into(),
            study: self.require(IdentityAttribute::Study)?.into(),
            series: self.require(IdentityAttribute::Series)?.into(),
        })
    }
}

/// Whether no component is empty or begins with a zero (PS3.5 9.1).
fn is_well_formed(uid: &str) -> bool {
    uid.split('.').all(|component| !component.is_empty() && (component == "0" || !component.starts_with('0')))
}
