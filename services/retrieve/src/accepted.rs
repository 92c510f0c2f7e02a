//! Which transfer syntaxes a caller takes, and in which form a stored object can be sent to it (PS3.18 8.7.3).

use uid::transfer_syntax::{EXPLICIT_VR_LITTLE_ENDIAN, is_native};

/// The transfer syntaxes that a caller takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Any: as stored.
    pub(crate) any: bool,
    /// In order of preference; when empty and not `any`: Explicit VR Little Endian where it can be made, else as stored.
    pub(crate) transfer_syntaxes: Vec<String>,
}

/// How an object is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The stored bytes.
    AsStored,
    /// Rewritten to Explicit VR Little Endian.
    Rewritten,
}

impl Accepted {
    /// How an object of this transfer syntax is sent; `None` when no accepted form can be made.
    pub(crate) fn form(&self, stored: &str) -> Option<Form> {
        if self.any {
            return Some(Form::AsStored);
        }
        if self.transfer_syntaxes.is_empty() {
            let is_rewritten = is_native(stored) && stored != EXPLICIT_VR_LITTLE_ENDIAN;
            return Some(if is_rewritten { Form::Rewritten } else { Form::AsStored });
        }
        self.transfer_syntaxes.iter().find_map(|wanted| match wanted.as_str() {
            wanted if wanted == stored => Some(Form::AsStored),
            EXPLICIT_VR_LITTLE_ENDIAN if is_native(stored) => Some(Form::Rewritten),
            _ => None,
        })
    }

    /// Whether values of this transfer syntax are taken as they are.
    pub(crate) fn takes(&self, transfer_syntax: &str) -> bool {
        self.takes_all() || self.transfer_syntaxes.iter().any(|wanted| wanted == transfer_syntax)
    }

    /// Whether every object can be sent in some form, so that none needs to be looked at beforehand.
    pub(crate) fn takes_all(&self) -> bool {
        self.any || self.transfer_syntaxes.is_empty()
    }
}

/// The transfer syntaxes in which an object can be sent.
pub(crate) fn available_for_object(stored: &str) -> Vec<String> {
    let mut available = vec![stored.to_owned()];
    if is_native(stored) && stored != EXPLICIT_VR_LITTLE_ENDIAN {
        available.push(EXPLICIT_VR_LITTLE_ENDIAN.to_owned());
    }
    available
}

/// The transfer syntax in which pixel data and other values are sent: encapsulated ones as stored, and all others
/// as little endian bytes, whatever the encoding of the data set around them.
pub(crate) fn syntax_of_value(stored: &str, encapsulated: bool) -> &str {
    if encapsulated { stored } else { EXPLICIT_VR_LITTLE_ENDIAN }
}

#[cfg(test)]
mod tests {
    use super::{Accepted, Form, available_for_object};
    use uid::transfer_syntax::{
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN as DEFLATED, EXPLICIT_VR_BIG_ENDIAN as BIG,
        EXPLICIT_VR_LITTLE_ENDIAN as EXPLICIT, IMPLICIT_VR_LITTLE_ENDIAN as IMPLICIT, RLE_LOSSLESS as RLE,
    };

    fn listed(uids: &[&str]) -> Accepted {
        Accepted { any: false, transfer_syntaxes: uids.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn by_default_native_objects_become_explicit_and_others_stay() {
        for stored in [IMPLICIT, BIG, DEFLATED] {
            assert_eq!(listed(&[]).form(stored), Some(Form::Rewritten));
            assert_eq!(Accepted { any: true, ..listed(&[]) }.form(stored), Some(Form::AsStored));
        }
        assert_eq!(listed(&[]).form(EXPLICIT), Some(Form::AsStored));
        assert_eq!(listed(&[]).form(RLE), Some(Form::AsStored));
    }

    #[test]
    fn a_list_is_followed_in_its_order() {
        assert_eq!(listed(&[EXPLICIT]).form(IMPLICIT), Some(Form::Rewritten));
        assert_eq!(listed(&[RLE, DEFLATED, EXPLICIT]).form(DEFLATED), Some(Form::AsStored));
        assert_eq!(listed(&[EXPLICIT, DEFLATED]).form(DEFLATED), Some(Form::Rewritten));
        assert_eq!(listed(&[EXPLICIT]).form(RLE), None);
        assert_eq!(listed(&[RLE]).form(EXPLICIT), None);
        assert_eq!(listed(&[IMPLICIT]).form(EXPLICIT), None);
    }

    #[test]
    fn what_can_be_had_is_listed() {
        assert_eq!(available_for_object(RLE), [RLE]);
        assert_eq!(available_for_object(EXPLICIT), [EXPLICIT]);
        assert_eq!(available_for_object(BIG), [BIG, EXPLICIT]);
    }
}
