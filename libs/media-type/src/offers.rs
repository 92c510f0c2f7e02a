//! What can be answered for each category of resource (PS3.18 Tables 10.4.4-1, 10.5.4 and 10.6.4).

use crate::{DICOM, DICOM_JSON, DICOM_XML, JSON, OCTET_STREAM, syntaxes::compressed_media_types};

/// A category of resource, as far as the choice of representation depends on it (PS3.18 8.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// A study, series or instance.
    Instances(Items),
    /// `/metadata`.
    Metadata,
    /// `/frames`.
    Frames(Items),
    /// Bulk data of a resource, its pixel data, or one value.
    BulkData(Items),
    /// The answer to a search.
    SearchResults,
    /// The answer to a store.
    StoreResponse,
}

/// Whether a resource is one item by its very name. Only then may the answer be a single part (PS3.18 10.4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Items {
    /// One instance, one frame, one bulk value.
    One,
    /// Any number, possibly one.
    Many,
}

/// How the items of an answer are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packaging {
    /// `multipart/related`.
    Multipart,
    /// The body is the one item.
    SinglePart,
}

/// What the items of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// Part 10 objects.
    Dicom,
    /// The DICOM JSON model as `application/dicom+json`.
    DicomJson,
    /// The Native DICOM Model as `application/dicom+xml`.
    DicomXml,
    /// The DICOM JSON model as `application/json`.
    Json,
    /// Octet streams and codestreams, typed by their transfer syntax. Of instances: their bulk data.
    BulkData,
}

/// One way to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub packaging: Packaging,
    pub payload: Payload,
    pub media_type: &'static str,
}

/// The ways to answer for a category, the default first.
pub(crate) fn offers(category: Category) -> Vec<Offer> {
    let (items, payload) = match category {
        // JSON is one array, XML one document for each item.
        Category::Metadata | Category::SearchResults => return model(Packaging::Multipart),
        Category::StoreResponse => return model(Packaging::SinglePart),
        Category::Instances(items) => (items, dicom as fn(Packaging) -> Vec<Offer>),
        Category::Frames(items) | Category::BulkData(items) => (items, bulk_data as fn(Packaging) -> Vec<Offer>),
    };
    let mut offers = payload(Packaging::Multipart);
    if items == Items::One {
        offers.extend(payload(Packaging::SinglePart));
    }
    if matches!(category, Category::Instances(_)) {
        offers.extend(bulk_data(Packaging::Multipart));
    }
    offers
}

/// Data sets without bulk data (PS3.18 8.7.3.2), in XML packed like this.
fn model(xml: Packaging) -> Vec<Offer> {
    let json = |payload, media_type| Offer { packaging: Packaging::SinglePart, payload, media_type };
    let xml = Offer { packaging: xml, payload: Payload::DicomXml, media_type: DICOM_XML };
    vec![json(Payload::DicomJson, DICOM_JSON), json(Payload::Json, JSON), xml]
}

fn dicom(packaging: Packaging) -> Vec<Offer> {
    vec![Offer { packaging, payload: Payload::Dicom, media_type: DICOM }]
}

fn bulk_data(packaging: Packaging) -> Vec<Offer> {
    let media_types = std::iter::once(OCTET_STREAM).chain(compressed_media_types());
    media_types.map(|media_type| Offer { packaging, payload: Payload::BulkData, media_type }).collect()
}

/// The media types that can be asked for, as they are written in `Accept`: for the body of a 406.
#[must_use]
pub fn supported(category: Category) -> Vec<String> {
    offers(category)
        .into_iter()
        .map(|offer| match offer.packaging {
            Packaging::Multipart => format!("multipart/related; type=\"{}\"", offer.media_type),
            Packaging::SinglePart => offer.media_type.to_owned(),
        })
        .collect()
}
