//! Value representations (PS3.5 6.2): which exist, how long their length field is, and which one an element has
//! when the data set does not say.

use dicom_core::VR;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry, VirtualVr};
use dicom_dictionary_std::StandardDataDictionary;

use crate::Tag;

/// What the VR of an element whose dictionary entry allows several depends on (PS3.5 Annex A, PS3.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Pixel Representation (0028,0103) is 1 in this item or the nearest one around it.
    pub signed: bool,
    /// The first value of LUT Descriptor (0028,3002) in this item is 1.
    pub single_lut_entry: bool,
}

/// Whether the standard defines this VR.
pub(crate) fn is_known(vr: [u8; 2]) -> bool {
    VR::from_binary(vr).is_some()
}

/// Whether an explicit VR element has a 32-bit length after two reserved bytes (PS3.5 7.1.2).
pub(crate) fn is_long_form(vr: [u8; 2]) -> bool {
    matches!(&vr, b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV")
}

/// Whether a value is bytes or words without a text or number form: in JSON it is base64 (PS3.18 F.2.7).
pub(crate) fn is_binary(vr: [u8; 2]) -> bool {
    matches!(&vr, b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"UN")
}

/// The byte that pads a value to an even length (PS3.5 6.2).
pub(crate) fn padding(vr: [u8; 2]) -> u8 {
    match &vr {
        b"AE" | b"AS" | b"CS" | b"DA" | b"DS" | b"DT" | b"IS" | b"LO" | b"LT" | b"PN" | b"SH" | b"ST" | b"TM"
        | b"UC" | b"UR" | b"UT" => b' ',
        _ => 0,
    }
}

/// The VR of an element in Implicit VR encoding. Private and unknown elements are UN, private creators LO, group
/// lengths UL; where the dictionary allows several VRs, `surroundings` decide as PS3.5 A.1 says.
pub(crate) fn implied(tag: Tag, surroundings: Surroundings) -> [u8; 2] {
    if tag.element() == 0 {
        return *b"UL";
    }
    if tag.group() % 2 == 1 {
        return if (0x10..=0xFF).contains(&tag.element()) { *b"LO" } else { *b"UN" };
    }
    let Some(entry) = StandardDataDictionary.by_tag(tag) else { return *b"UN" };
    match entry.vr() {
        VirtualVr::Exact(vr) => vr.to_bytes(),
        VirtualVr::Xs if surroundings.signed => *b"SS",
        VirtualVr::Xs => *b"US",
        VirtualVr::Lt if surroundings.single_lut_entry => *b"US",
        _ => *b"OW",
    }
}

#[cfg(test)]
mod tests {
    use super::{Surroundings, implied};
    use crate::Tag;

    #[test]
    fn implied_vr_follows_dictionary_and_surroundings() {
        let plain = Surroundings::default();
        let signed = Surroundings { signed: true, single_lut_entry: true };
        assert_eq!(implied(Tag(0x0010, 0x0010), plain), *b"PN");
        assert_eq!(implied(Tag(0x0028, 0x0106), plain), *b"US");
        assert_eq!(implied(Tag(0x0028, 0x0106), signed), *b"SS");
        assert_eq!(implied(Tag(0x0028, 0x3006), plain), *b"OW");
        assert_eq!(implied(Tag(0x0028, 0x3006), signed), *b"US");
        assert_eq!(implied(Tag(0x7FE0, 0x0010), plain), *b"OW");
        assert_eq!(implied(Tag(0x6002, 0x3000), plain), *b"OW");
        assert_eq!(implied(Tag(0x0009, 0x0010), plain), *b"LO");
        assert_eq!(implied(Tag(0x0009, 0x1010), plain), *b"UN");
        assert_eq!(implied(Tag(0x0008, 0x0000), plain), *b"UL");
        assert_eq!(implied(Tag(0x0008, 0xEEEE), plain), *b"UN");
    }
}
