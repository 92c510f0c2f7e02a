//! Which media type holds bulk data of which transfer syntax (PS3.18 Table 8.7.3-5), and sets of transfer syntaxes
//! that a client takes.

use crate::OCTET_STREAM;

/// Explicit VR Little Endian, the default of web services (PS3.18 8.7.3.5).
pub(crate) const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// A media type of compressed bulk data with its transfer syntaxes, the default one first.
struct Family {
    media_type: &'static str,
    transfer_syntaxes: &'static [&'static str],
}

static FAMILIES: &[Family] = &[
    Family {
        media_type: "image/jpeg",
        transfer_syntaxes: &[
            "1.2.840.10008.1.2.4.70",
            "1.2.840.10008.1.2.4.50",
            "1.2.840.10008.1.2.4.51",
            "1.2.840.10008.1.2.4.57",
        ],
    },
    Family { media_type: "image/dicom-rle", transfer_syntaxes: &["1.2.840.10008.1.2.5"] },
    Family { media_type: "image/jls", transfer_syntaxes: &["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"] },
    Family { media_type: "image/jp2", transfer_syntaxes: &["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"] },
    Family { media_type: "image/jpx", transfer_syntaxes: &["1.2.840.10008.1.2.4.92", "1.2.840.10008.1.2.4.93"] },
    Family {
        media_type: "image/jphc",
        transfer_syntaxes: &["1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"],
    },
    Family {
        media_type: "image/jxl",
        transfer_syntaxes: &["1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"],
    },
    Family {
        media_type: "video/mpeg",
        transfer_syntaxes: &[
            "1.2.840.10008.1.2.4.100",
            "1.2.840.10008.1.2.4.100.1",
            "1.2.840.10008.1.2.4.101",
            "1.2.840.10008.1.2.4.101.1",
        ],
    },
    Family {
        media_type: "video/mp4",
        transfer_syntaxes: &[
            "1.2.840.10008.1.2.4.102",
            "1.2.840.10008.1.2.4.102.1",
            "1.2.840.10008.1.2.4.103",
            "1.2.840.10008.1.2.4.103.1",
            "1.2.840.10008.1.2.4.104",
            "1.2.840.10008.1.2.4.104.1",
            "1.2.840.10008.1.2.4.105",
            "1.2.840.10008.1.2.4.105.1",
            "1.2.840.10008.1.2.4.106",
            "1.2.840.10008.1.2.4.106.1",
        ],
    },
    Family { media_type: "video/H265", transfer_syntaxes: &["1.2.840.10008.1.2.4.107", "1.2.840.10008.1.2.4.108"] },
];

/// The media type with which bulk data, such as a frame, in this transfer syntax is sent (PS3.18 Table 8.7.3-5):
/// `application/octet-stream` for uncompressed data and for syntaxes that the table does not know.
#[must_use]
pub fn bulk_data_media_type(transfer_syntax: &str) -> &'static str {
    FAMILIES
        .iter()
        .find(|family| family.transfer_syntaxes.contains(&transfer_syntax))
        .map_or(OCTET_STREAM, |family| family.media_type)
}

/// The transfer syntaxes of a media type of compressed bulk data, the default first; empty for any other media type.
#[must_use]
pub fn transfer_syntaxes(media_type: &str) -> &'static [&'static str] {
    FAMILIES
        .iter()
        .find(|family| family.media_type.eq_ignore_ascii_case(media_type))
        .map_or(&[], |family| family.transfer_syntaxes)
}

/// The transfer syntax meant when a media type is asked for or sent without one (PS3.18 8.7.3).
#[must_use]
pub fn default_transfer_syntax(media_type: &str) -> &'static str {
    transfer_syntaxes(media_type).first().copied().unwrap_or(EXPLICIT_VR_LITTLE_ENDIAN)
}

/// The media types of compressed bulk data.
pub(crate) fn compressed_media_types() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|family| family.media_type)
}

/// The transfer syntaxes that a client takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Syntaxes {
    /// In order of preference, each once. Empty and not `any`: the client named none, so the default is meant.
    pub listed: Vec<String>,
    /// Any syntax will do, after the listed ones.
    pub any: bool,
}

impl Syntaxes {
    /// Whether the client left the choice to the default (PS3.18 8.7.3.5).
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.listed.is_empty() && !self.any
    }

    /// Any transfer syntax: the content may be sent as it is stored.
    pub(crate) fn any() -> Self {
        Self { listed: Vec::new(), any: true }
    }

    pub(crate) fn list<'a>(uids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut syntaxes = Self::default();
        uids.into_iter().for_each(|uid| syntaxes.push(uid));
        syntaxes
    }

    /// Takes `other` in, as less wanted than what is here. A default among others is its own syntax.
    pub(crate) fn append(&mut self, other: &Self) {
        if self == other {
            return;
        }
        if self.is_default() {
            self.push(EXPLICIT_VR_LITTLE_ENDIAN);
        }
        if other.is_default() {
            self.push(EXPLICIT_VR_LITTLE_ENDIAN);
        }
        other.listed.iter().for_each(|uid| self.push(uid));
        self.any |= other.any;
    }

    fn push(&mut self, uid: &str) {
        if !self.listed.iter().any(|listed| listed == uid) {
            self.listed.push(uid.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_typed_by_their_syntax() {
        for (transfer_syntax, media_type) in [
            ("1.2.840.10008.1.2.1", "application/octet-stream"),
            ("1.2.840.10008.1.2.4.80", "image/jls"),
            ("1.2.840.10008.1.2.4.90", "image/jp2"),
            ("1.2.840.10008.1.2.4.50", "image/jpeg"),
            ("1.2.840.10008.1.2.4.51", "image/jpeg"),
            ("1.2.840.10008.1.2.5", "image/dicom-rle"),
            ("1.2.840.10008.1.2.4.203", "image/jphc"),
            ("1.2.840.10008.1.2.4.106", "video/mp4"),
            ("1.2.3.4", "application/octet-stream"),
        ] {
            assert_eq!(bulk_data_media_type(transfer_syntax), media_type, "{transfer_syntax}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_table() {
        for (media_type, transfer_syntax) in [
            ("image/jpeg", "1.2.840.10008.1.2.4.70"),
            ("image/jls", "1.2.840.10008.1.2.4.80"),
            ("image/jp2", "1.2.840.10008.1.2.4.90"),
            ("image/jpx", "1.2.840.10008.1.2.4.92"),
            ("image/dicom-rle", "1.2.840.10008.1.2.5"),
            ("application/octet-stream", "1.2.840.10008.1.2.1"),
            ("application/dicom", "1.2.840.10008.1.2.1"),
        ] {
            assert_eq!(default_transfer_syntax(media_type), transfer_syntax, "{media_type}");
        }
    }

    #[test]
    fn every_syntax_stands_in_one_family() {
        for family in FAMILIES {
            for transfer_syntax in family.transfer_syntaxes {
                assert_eq!(bulk_data_media_type(transfer_syntax), family.media_type);
            }
        }
    }

    #[test]
    fn a_default_among_others_is_named() {
        let mut syntaxes = Syntaxes::default();
        syntaxes.append(&Syntaxes::default());
        assert!(syntaxes.is_default());

        syntaxes.append(&Syntaxes::list(["1.2.840.10008.1.2.4.90"]));
        assert_eq!(syntaxes.listed, ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.90"]);
        assert!(!syntaxes.any);
    }
}
