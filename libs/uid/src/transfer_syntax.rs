//! Transfer syntaxes (PS3.5 chapter 10, PS3.6 Annex A) and what their names alone tell.

/// Implicit VR Little Endian, the default of DICOM; not used in web services (PS3.18 8.7.3).
pub const IMPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";
/// Explicit VR Little Endian, the default of web services (PS3.18 8.7.3.5).
pub const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// Explicit VR Big Endian (retired); not used in web services (PS3.18 8.7.3).
pub const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Deflated Explicit VR Little Endian: the whole data set is one raw deflate stream (PS3.5 A.5).
pub const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1.99";
/// JPIP Referenced Deflate: like deflated, pixels elsewhere.
pub const JPIP_REFERENCED_DEFLATE: &str = "1.2.840.10008.1.2.4.95";
/// JPIP HTJ2K Referenced Deflate.
pub const JPIP_HTJ2K_REFERENCED_DEFLATE: &str = "1.2.840.10008.1.2.4.205";
/// RLE Lossless.
pub const RLE_LOSSLESS: &str = "1.2.840.10008.1.2.5";

/// Whether a converter without pixel codecs can turn it into Explicit VR Little Endian: only the byte order,
/// the VR encoding or the deflation of the data set differ.
#[must_use]
pub fn is_native(uid: &str) -> bool {
    matches!(
        uid,
        IMPLICIT_VR_LITTLE_ENDIAN
            | EXPLICIT_VR_LITTLE_ENDIAN
            | EXPLICIT_VR_BIG_ENDIAN
            | DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    )
}

/// Whether the data set behind the file meta group is a deflate stream.
#[must_use]
pub fn is_deflated(uid: &str) -> bool {
    matches!(uid, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN | JPIP_REFERENCED_DEFLATE | JPIP_HTJ2K_REFERENCED_DEFLATE)
}
