//! What is unusual about an accepted instance: told to the sender, but no reason to refuse it.

use std::fmt;

/// One kind of irregularity met in an instance that is nevertheless stored.
///
/// A finding names no value and no element of the instance, so that it may appear in answers and logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Finding {
    /// Preamble, prefix or File Meta Information (PS3.10 7.1) were missing and have been put in front.
    GeneratedPrefix,
    /// The File Meta Information does not name the transfer syntax; it was recognised from the data set.
    MissingTransferSyntax,
    /// The data set is not encoded as its File Meta Information says; it was read as it is.
    TransferSyntaxMismatch,
    /// Media Storage SOP Instance or Class UID differ from those in the data set, which hold.
    FileMetaMismatch,
    /// The File Meta Information has no group length, or a wrong one.
    FileMetaGroupLength,
    /// A tag is not greater than the one before it (PS3.5 7.1).
    ElementsOutOfOrder,
    /// A value has an odd length (PS3.5 7.1.1).
    OddLength,
    /// The VR of an element is none that the standard knows.
    InvalidVr,
    /// A sequence or item is encoded in another VR encoding than the data set around it.
    MixedVrEncoding,
    /// A sequence, an item or the Pixel Data ends with the input instead of with a delimiter.
    MissingDelimiter,
    /// Bytes behind the data set do not belong to it.
    TrailingBytes,
    /// Specific Character Set (0008,0005) names a term that is not defined.
    UnknownCharacterSet,
    /// Text holds bytes that are not valid in its character set; replacement characters stand for them.
    InvalidText,
    /// A value does not have the form that its VR asks for.
    InvalidValue,
    /// A UID has components with leading zeros, or a form that PS3.5 9.1 does not allow.
    InvalidUid,
    /// Pixel Data is shorter than rows, columns, samples and frames ask for.
    ShortPixelData,
    /// Pixel Data is longer than rows, columns, samples and frames ask for.
    LongPixelData,
    /// Pixel Data is there, but the attributes that describe it are missing or contradictory.
    IncompletePixelDescription,
    /// The Basic or Extended Offset Table contradicts the fragments and was not used.
    InvalidOffsetTable,
    /// It cannot be told which fragments belong to which frame, so single frames cannot be retrieved.
    UnresolvableFrames,
}

impl Finding {
    fn text(self) -> &'static str {
        match self {
            Self::GeneratedPrefix => "preamble or File Meta Information were missing and have been put in front",
            Self::MissingTransferSyntax => {
                "File Meta Information names no transfer syntax; it was recognised from the data set"
            }
            Self::TransferSyntaxMismatch => {
                "the data set is not encoded in the transfer syntax that File Meta Information names"
            }
            Self::FileMetaMismatch => {
                "File Meta Information and data set name different SOP UIDs; those of the data set hold"
            }
            Self::FileMetaGroupLength => "File Meta Information Group Length is missing or wrong",
            Self::ElementsOutOfOrder => "data elements are not in ascending order of their tags",
            Self::OddLength => "a value has an odd length",
            Self::InvalidVr => "an element has a VR that is not defined",
            Self::MixedVrEncoding => "implicit and explicit VR encoding are mixed",
            Self::MissingDelimiter => "a delimiter is missing at the end",
            Self::TrailingBytes => "bytes after the data set do not belong to it",
            Self::UnknownCharacterSet => "Specific Character Set names an undefined term",
            Self::InvalidText => "text is not valid in its character set",
            Self::InvalidValue => "a value does not have the form that its VR asks for",
            Self::InvalidUid => "a UID does not have the form that PS3.5 asks for",
            Self::ShortPixelData => "Pixel Data is shorter than its description asks for",
            Self::LongPixelData => "Pixel Data is longer than its description asks for",
            Self::IncompletePixelDescription => "Pixel Data is not described completely",
            Self::InvalidOffsetTable => "the offset table contradicts the fragments",
            Self::UnresolvableFrames => "the fragments cannot be assigned to frames; single frames cannot be retrieved",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The findings of one instance: each kind once, in the order they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Notes a finding unless it was noted before.
    pub fn note(&mut self, finding: Finding) {
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    /// Whether this kind was noted.
    #[must_use]
    pub fn contains(&self, finding: Finding) -> bool {
        self.0.contains(&finding)
    }

    /// Notes all that others hold.
    pub fn extend(&mut self, others: Self) {
        others.0.into_iter().for_each(|finding| self.note(finding));
    }

    /// The findings as a list.
    pub fn into_vec(self) -> Vec<Finding> {
        self.0
    }
}
