//! The Store Instances Response (PS3.18 10.5.3, Annex I) and its status.

use super::{content, upload::Counts};
use crate::{Problem, asked::Asked, error::RETRY_AFTER_SECONDS, origin::Root};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use dataset::native_model;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
};
use media_type::{Category, DICOM_JSON, DICOM_XML, Payload};
use proto::ingest::v1::{Refused, StoreResponse, Stored, store_response::Outcome};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Failure Reason "Processing failure" (PS3.18 Table I.2-2).
const PROCESSING_FAILURE: u32 = 0x0110;
/// Failure Reason "Cannot understand" (PS3.18 Table I.2-2).
const CANNOT_UNDERSTAND: u32 = 0xC000;
/// How many of the instances were there before with the same bytes, which the standard's answer does not tell.
const ALREADY_STORED: HeaderName = HeaderName::from_static("noctis-already-stored");
/// The most characters of a value of VR LO (PS3.5 6.2), such as Error Comment.
const LO_LENGTH: usize = 64;

/// The answer to a request that was read to its end.
pub(super) fn respond(
    root: &Root,
    asked: &Asked,
    outcomes: Vec<StoreResponse>,
    counts: Counts,
) -> Result<Response, Problem> {
    if counts.forwarded == 0 {
        return Err(match counts.unsupported {
            0 => Problem::bad_request("the body holds no part"),
            _ => Problem::unsupported_media_type("no part of the body is application/dicom", content::supported()),
        });
    }
    let mut report = Report::default();
    let answered = u32::try_from(outcomes.len()).unwrap_or(u32::MAX);
    for outcome in outcomes {
        report.add(root, outcome);
    }
    for _ in 0..counts.unsupported {
        report.add_other(CANNOT_UNDERSTAND, "the content type of the part is not application/dicom", false);
    }
    for _ in answered..counts.forwarded {
        report.add_other(PROCESSING_FAILURE, "the archive did not say what became of this part", false);
    }
    let status = report.status();
    let already = report.already;
    let (media_type, body) = write(report.into_json(root).to_string(), asked);
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if already > 0 {
        headers.insert(ALREADY_STORED, already.into());
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    }
    Ok(response)
}

/// The module in the form that the client wants. What was stored must be answered even where there is no such form.
fn write(json: String, asked: &Asked) -> (&'static str, Vec<u8>) {
    match asked.negotiate(Category::StoreResponse).map(|chosen| (chosen.payload, chosen.media_type(""))) {
        Ok((Payload::DicomXml, _)) => match native_model::document(json.clone()) {
            Ok(document) => (DICOM_XML, document),
            Err(error) => {
                tracing::error!(%error, "a store response cannot be written as XML");
                (DICOM_JSON, json.into_bytes())
            }
        },
        Ok((_, media_type)) => (media_type, json.into_bytes()),
        Err(_) => (DICOM_JSON, json.into_bytes()),
    }
}

/// What became of the parts that were complete when the request was given up.
pub(super) fn before_the_end(outcomes: &[StoreResponse]) -> String {
    let stored = outcomes.iter().filter(|outcome| matches!(outcome.outcome, Some(Outcome::Stored(_)))).count();
    match stored {
        0 => "nothing of the request was stored".to_owned(),
        _ => format!("{stored} complete instances before that were stored"),
    }
}

/// The Store Instances Response Module (PS3.18 Table I.1-1) under way.
#[derive(Default)]
struct Report {
    stored: Vec<Value>,
    failed: Vec<Value>,
    other: Vec<Value>,
    studies: BTreeSet<String>,
    warned: bool,
    already: u64,
    /// A failure that trying again does not mend.
    lasting: bool,
}

impl Report {
    fn add(&mut self, root: &Root, response: StoreResponse) {
        match response.outcome.clone() {
            Some(Outcome::Stored(stored)) => self.add_stored(root, &response, &stored),
            Some(Outcome::Refused(refused)) => self.add_refused(&response, &refused),
            None => self.add_other(PROCESSING_FAILURE, "the archive did not say what became of this part", false),
        }
    }

    fn add_stored(&mut self, root: &Root, response: &StoreResponse, stored: &Stored) {
        let (study, series, instance) =
            (&response.study_instance_uid, &response.series_instance_uid, &response.sop_instance_uid);
        let mut item = referenced(response);
        item.insert("00081190".to_owned(), one("UR", root.resource(study, series, instance)));
        if let Some(warning) = stored.warnings.first() {
            self.warned = true;
            item.insert("00081196".to_owned(), one("US", warning.reason));
            comment(&mut item, stored.warnings.iter().map(|warning| warning.detail.as_str()));
        }
        self.already = self.already.saturating_add(stored.already.into());
        self.studies.insert(study.clone());
        self.stored.push(Value::Object(item));
    }

    fn add_refused(&mut self, response: &StoreResponse, refused: &Refused) {
        if response.sop_instance_uid.is_empty() {
            return self.add_other(refused.reason, &refused.detail, refused.transient);
        }
        let mut item = referenced(response);
        item.insert("00081197".to_owned(), one("US", refused.reason));
        comment(&mut item, [refused.detail.as_str()]);
        self.lasting |= !refused.transient;
        self.failed.push(Value::Object(item));
    }

    /// A part whose identity could not be read.
    fn add_other(&mut self, reason: u32, detail: &str, transient: bool) {
        let mut item = Map::new();
        item.insert("00081197".to_owned(), one("US", reason));
        comment(&mut item, [detail]);
        self.lasting |= !transient;
        self.other.push(Value::Object(item));
    }

    /// PS3.18 Table 10.5.3-1. Where nothing could be stored just now, and nothing but that was wrong, 503.
    fn status(&self) -> StatusCode {
        let failures = self.failed.len().saturating_add(self.other.len());
        match (self.stored.is_empty(), failures) {
            (false, 0) if !self.warned => StatusCode::OK,
            (false, _) => StatusCode::ACCEPTED,
            (true, _) if self.lasting => StatusCode::CONFLICT,
            (true, _) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Sequences without items are left out: an empty one is taken for a failure by some clients.
    fn into_json(self, root: &Root) -> Value {
        let mut module = Map::new();
        if let (1, Some(study)) = (self.studies.len(), self.studies.first()) {
            module.insert("00081190".to_owned(), one("UR", root.resource(study, "", "")));
        }
        for (tag, items) in [("00081198", self.failed), ("00081199", self.stored), ("0008119A", self.other)] {
            if !items.is_empty() {
                module.insert(tag.to_owned(), json!({ "vr": "SQ", "Value": items }));
            }
        }
        Value::Object(module)
    }
}

/// An item that names the instance.
fn referenced(response: &StoreResponse) -> Map<String, Value> {
    let mut item = Map::new();
    if !response.sop_class_uid.is_empty() {
        item.insert("00081150".to_owned(), one("UI", response.sop_class_uid.clone()));
    }
    item.insert("00081155".to_owned(), one("UI", response.sop_instance_uid.clone()));
    item
}

fn one(vr: &str, value: impl Into<Value>) -> Value {
    json!({ "vr": vr, "Value": [value.into()] })
}

/// Says why in words: Failed Attributes Sequence (0074,1048) with Error Comment (0000,0902), in as many items as the
/// length of a comment asks for.
fn comment<'a>(item: &mut Map<String, Value>, details: impl IntoIterator<Item = &'a str>) {
    let comments: Vec<Value> =
        details.into_iter().flat_map(lines).map(|line| json!({ "00000902": one("LO", line) })).collect();
    if !comments.is_empty() {
        item.insert("00741048".to_owned(), json!({ "vr": "SQ", "Value": comments }));
    }
}

/// The text in lines that fit into a value of VR LO, broken between words where there are any.
fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // A backslash would make two values of one (PS3.5 6.2).
    for word in text.replace('\\', "/").split_whitespace() {
        for piece in word.chars().collect::<Vec<_>>().chunks(LO_LENGTH) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.len() <= LO_LENGTH => {
                    line.push(' ');
                    line.extend(piece);
                }
                _ => lines.push(piece.iter().collect()),
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn comments_fit_their_vr_and_keep_every_word() {
        let text =
            "the instance has other bytes than the one with this SOP Instance UID that is stored; it was refused";
        let broken = lines(text);
        assert!(broken.len() == 2 && broken.iter().all(|line| line.len() <= 64), "{broken:?}");
        assert_eq!(broken.join(" "), text);
        assert_eq!(lines(&"x".repeat(130)).iter().map(String::len).collect::<Vec<_>>(), [64, 64, 2]);
        assert!(lines("").is_empty());
    }
}
