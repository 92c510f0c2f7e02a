//! Media types of DICOMweb: reads `Accept`, the `accept` query parameter and `Content-Type` as real clients write
//! them, and chooses the representation of an answer (PS3.18 8.7).
//!
//! Text in, values out: knows nothing of HTTP libraries, of instances or of what can be converted into what. The
//! chosen transfer syntaxes are what the client takes; whether one of them can be had is for the caller to find out.

mod content_type;
mod header;
mod negotiate;
mod offers;
mod range;
mod syntaxes;

pub use content_type::{ContentTypeError, STORE_MEDIA_TYPES, StoreContent, store_content};
pub use negotiate::{NegotiationError, Request, negotiate};
pub use offers::{Category, Items, Packaging, Payload, supported};
pub use syntaxes::{Syntaxes, bulk_data_media_type, default_transfer_syntax, transfer_syntaxes};

/// The media type of Part 10 objects.
pub const DICOM: &str = "application/dicom";
/// The media type of the DICOM JSON model (PS3.18 Annex F).
pub const DICOM_JSON: &str = "application/dicom+json";
/// The media type of the Native DICOM Model (PS3.19 A.1).
pub const DICOM_XML: &str = "application/dicom+xml";
/// The plain name by which many clients ask for the DICOM JSON model.
pub const JSON: &str = "application/json";
/// Bulk data that is not compressed.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// How an answer is written: the outcome of [`negotiate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// One part, or several in a multipart body.
    pub packaging: Packaging,
    /// What the parts are.
    pub payload: Payload,
    /// The transfer syntaxes that the client takes; the default for JSON and XML, which have none.
    pub syntaxes: Syntaxes,
}

impl Representation {
    /// `Content-Type` of a part, or of a single part answer, whose content is in this transfer syntax (PS3.18 8.7.9).
    ///
    /// Bulk data is typed by its syntax even where the client asked for `application/octet-stream` with any syntax:
    /// clients find out from the part how to decode it.
    #[must_use]
    pub fn content_type(&self, transfer_syntax: &str) -> String {
        let media_type = self.media_type(transfer_syntax);
        match self.payload {
            Payload::Json | Payload::DicomJson | Payload::DicomXml => media_type.to_owned(),
            Payload::Dicom | Payload::BulkData if transfer_syntax.is_empty() => media_type.to_owned(),
            Payload::Dicom | Payload::BulkData => format!("{media_type}; transfer-syntax={transfer_syntax}"),
        }
    }

    /// `Content-Type` of a multipart answer (PS3.18 8.7.1). Give the transfer syntax that all parts share, or an empty
    /// text where they may differ.
    #[must_use]
    pub fn multipart_content_type(&self, transfer_syntax: &str, boundary: &str) -> String {
        let media_type = self.media_type(transfer_syntax);
        format!("multipart/related; type=\"{media_type}\"; boundary={boundary}")
    }

    /// The media type, without parameters, of content in this transfer syntax.
    #[must_use]
    pub fn media_type(&self, transfer_syntax: &str) -> &'static str {
        match self.payload {
            Payload::Dicom => DICOM,
            Payload::DicomJson => DICOM_JSON,
            Payload::DicomXml => DICOM_XML,
            Payload::Json => JSON,
            Payload::BulkData => bulk_data_media_type(transfer_syntax),
        }
    }
}
