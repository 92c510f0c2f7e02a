//! Why an instance cannot be stored, in words for its sender.

/// One of the attributes that identify an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityAttribute {
    /// SOP Class UID (0008,0016).
    SopClass,
    /// SOP Instance UID (0008,0018).
    SopInstance,
    /// Study Instance UID (0020,000D).
    Study,
    /// Series Instance UID (0020,000E).
    Series,
}

impl std::fmt::Display for IdentityAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::SopClass => "SOP Class UID (0008,0016)",
            Self::SopInstance => "SOP Instance UID (0008,0018)",
            Self::Study => "Study Instance UID (0020,000D)",
            Self::Series => "Series Instance UID (0020,000E)",
        })
    }
}

/// What was being read when the input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// File Meta Information (PS3.10 7.1).
    FileMeta,
    /// Tag, VR and length of an element.
    ElementHeader,
    /// The value of an element.
    Value,
    /// A sequence or item of defined length.
    Sequence,
    /// Pixel Data.
    PixelData,
    /// The deflate stream of a deflated data set.
    DeflateStream,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FileMeta => "File Meta Information",
            Self::ElementHeader => "the header of a data element",
            Self::Value => "the value of a data element",
            Self::Sequence => "a sequence",
            Self::PixelData => "Pixel Data",
            Self::DeflateStream => "the deflated data set",
        })
    }
}

/// How the encoding of a data set breaks PS3.5 chapter 7 beyond what can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformation {
    /// An element or item reaches beyond the sequence or item that holds it.
    #[error("an element is longer than the item or sequence that holds it")]
    CrossesEnd,
    /// Something other than an item where one is expected.
    #[error("a sequence or the Pixel Data holds something that is not an item")]
    NotAnItem,
    /// An item or delimiter where an element is expected.
    #[error("an item or delimiter stands where a data element should be")]
    StrayDelimiter,
    /// Undefined length with a VR that does not allow it, or in a fragment.
    #[error("an element has undefined length though its VR does not allow it")]
    UndefinedLength,
    /// An element of group 0000 or another group that may not be in a data set.
    #[error("an element has a tag that may not be in a data set")]
    ForbiddenTag,
    /// The File Meta Information cannot be read.
    #[error("the File Meta Information cannot be read")]
    FileMeta,
}

/// Why an instance is refused.
///
/// What `Display` writes is an outside text: it says what to change and holds no value of the instance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Neither a Part 10 object nor a bare data set.
    #[error("this is not a DICOM object: neither a preamble nor the begin of a data set was found")]
    NotDicom,
    /// File Meta Information, but nothing behind it.
    #[error("the object ends after the File Meta Information: it has no data set")]
    NoDataSet,
    /// The input ends too early.
    #[error("the object ends before {0} is complete: send all of it")]
    EndsBefore(Place),
    /// The encoding cannot be followed.
    #[error("the data set cannot be read: {0}")]
    Malformed(#[source] Malformation),
    /// The same tag twice at one level.
    #[error("a data element occurs twice in one data set or item (PS3.5 7.1)")]
    DuplicateElement,
    /// One of the four identifying UIDs is absent or empty.
    #[error("{0} is missing or empty")]
    MissingIdentity(IdentityAttribute),
    /// One of the four identifying UIDs is not a UID.
    #[error("{attribute} is not a valid UID: {source}")]
    InvalidIdentity {
        /// Which one.
        attribute: IdentityAttribute,
        /// What is wrong with it.
        source: uid::InvalidUid,
    },
    /// Encapsulated Pixel Data, and nothing tells its transfer syntax.
    #[error("the transfer syntax is not named, and cannot be recognised for encapsulated Pixel Data")]
    UnknownTransferSyntax,
    /// The transfer syntax is named by something that is no UID.
    #[error("Transfer Syntax UID (0002,0010) is not a valid UID: {0}")]
    InvalidTransferSyntax(#[source] uid::InvalidUid),
    /// The deflate stream of a deflated data set is broken.
    #[error("the deflated data set cannot be inflated")]
    Inflate(#[source] flate2::DecompressError),
    /// [`crate::Limits::inflated_bytes`] passed.
    #[error("the deflated data set is larger than {limit} bytes")]
    InflatedTooLarge {
        /// The limit.
        limit: u64,
    },
    /// [`crate::Limits::depth`] passed.
    #[error("sequences nest deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: u16,
    },
    /// [`crate::Limits::elements`] passed.
    #[error("the data set has more than {limit} elements and items")]
    TooManyElements {
        /// The limit.
        limit: u32,
    },
    /// [`crate::Limits::fragments`] passed.
    #[error("the Pixel Data has more than {limit} fragments")]
    TooManyFragments {
        /// The limit.
        limit: u32,
    },
    /// [`crate::Limits::header_bytes`] passed.
    #[error("the attributes of the data set are larger than {limit} bytes")]
    HeaderTooLarge {
        /// The limit.
        limit: u64,
    },
}

impl Refusal {
    /// The Failure Reason (0008,1197) of the Store Instances Response (PS3.18 Table I.2-2).
    #[must_use]
    pub fn failure_reason(&self) -> u16 {
        match self {
            Self::MissingIdentity(_) | Self::InvalidIdentity { .. } => 0xA900,
            Self::UnknownTransferSyntax | Self::InvalidTransferSyntax(_) => 0xC122,
            _ => 0xC000,
        }
    }
}

impl From<Malformation> for Refusal {
    fn from(malformation: Malformation) -> Self {
        Self::Malformed(malformation)
    }
}
