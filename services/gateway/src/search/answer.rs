//! The answer to a search: the matches as one array in the DICOM JSON model (PS3.18 Annex F), and its warnings.

use super::parameters::Parameters;
use crate::{origin::Root, principal::Caller};
use proto::query::v1::{Attribute, Match, SearchResponse};
use std::collections::BTreeSet;

/// Retrieve URL (0008,1190).
const RETRIEVE_URL: u32 = 0x0008_1190;
/// The most names that a warning lists.
const MAX_LISTED: usize = 20;

/// What was found, and what the request has to do with it.
pub(super) struct Answer<'a> {
    pub parameters: &'a Parameters,
    pub found: &'a SearchResponse,
    pub roots: &'a Roots,
}

/// The roots under which matches can be retrieved.
pub(crate) struct Roots {
    /// The root that the request used.
    used: String,
    /// Where the root of any facility is, and whose matches need none, when the request named no facility.
    facilities: Option<(String, String)>,
}

impl Roots {
    /// The root of the request and what follows from it for those of single facilities.
    pub(crate) fn new(root: &Root, caller: &Caller) -> Self {
        let used = root.as_str().to_owned();
        let facilities = match (&caller.0.facility, used.strip_suffix("/dicom-web")) {
            (None, Some(origin)) => Some((origin.to_owned(), caller.0.principal.home().to_string())),
            _ => None,
        };
        Self { used, facilities }
    }

    /// The root of a match. On the plain root a UID means the home facility's resource first, so that matches in
    /// other facilities are named under their own.
    pub(crate) fn of(&self, facility: &str) -> String {
        match &self.facilities {
            Some((origin, home)) if facility != home => format!("{origin}/facilities/{facility}/dicom-web"),
            _ => self.used.clone(),
        }
    }
}

impl Answer<'_> {
    /// All matches.
    pub(super) fn json(&self) -> Vec<u8> {
        let size = self.found.matches.iter().map(|found| size(found).saturating_add(self.roots.used.len())).sum();
        let mut json = Vec::with_capacity(size);
        json.push(b'[');
        for (at, found) in self.found.matches.iter().enumerate() {
            if at > 0 {
                json.push(b',');
            }
            self.write_match(&mut json, found);
        }
        json.push(b']');
        json
    }

    /// The attributes in the order of their tags, among them the address of what was found.
    pub(super) fn write_match(&self, json: &mut Vec<u8>, found: &Match) {
        let url = self.retrieve_url(found);
        let address = Attribute { tag: RETRIEVE_URL, json: format!(r#"{{"vr":"UR","Value":["{url}"]}}"#).into() };
        let before = found.attributes.iter().filter(|attribute| attribute.tag < RETRIEVE_URL);
        let after = found.attributes.iter().filter(|attribute| attribute.tag > RETRIEVE_URL);
        json.push(b'{');
        for (at, attribute) in before.chain(std::iter::once(&address)).chain(after).enumerate() {
            if at > 0 {
                json.push(b',');
            }
            write_name(json, attribute.tag);
            json.extend_from_slice(&attribute.json);
        }
        json.push(b'}');
    }

    /// UIDs and facility names need no escapes, neither in a URL nor in JSON.
    fn retrieve_url(&self, found: &Match) -> String {
        let mut url = format!("{}/studies/{}", self.roots.of(&found.facility), found.study_instance_uid);
        for (resource, uid) in [("series", &found.series_instance_uid), ("instances", &found.sop_instance_uid)] {
            if !uid.is_empty() {
                url.push_str(&format!("/{resource}/{uid}"));
            }
        }
        url
    }

    /// Everything in the request that had no effect, as the request named it.
    pub(super) fn ignored(&self) -> Vec<String> {
        let refused: BTreeSet<u32> = self.found.ignored_fields.iter().copied().collect();
        let fields = self.parameters.include.iter().filter(|field| refused.contains(&field.tag));
        let mut names = self.parameters.unknown.clone();
        for name in self.found.ignored_keys.iter().chain(fields.map(|field| &field.name)) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// How many matches there are on all pages, where that is known: not beyond what is counted, and not from a page
    /// behind the last match.
    pub(super) fn total(&self) -> Option<u64> {
        let here = u64::try_from(self.found.matches.len()).ok()?.checked_add(self.found.remaining)?;
        let known = !self.found.more_than && (here > 0 || self.parameters.offset == 0);
        known.then(|| self.parameters.offset.checked_add(here))?
    }

    /// The values of the `Warning` headers, in the words of PS3.18 8.3.4 where it has some.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut texts = Vec::new();
        match (self.found.remaining, self.found.more_than) {
            (0, false) => {}
            (remaining, false) => {
                texts.push(format!("There are {remaining} additional results that can be requested"));
            }
            (remaining, true) => {
                texts.push(format!("There are more than {remaining} additional results that can be requested"));
            }
        }
        let ignored = self.ignored();
        if !ignored.is_empty() {
            texts.push(format!("The following parameters are not supported and were ignored: {}", list(&ignored)));
        }
        texts.into_iter().map(|text| format!("299 {}: {text}", self.roots.used)).collect()
    }
}

/// About how long the JSON of a match will be.
fn size(found: &Match) -> usize {
    const ADDRESS: usize = 320;
    found
        .attributes
        .iter()
        .fold(ADDRESS, |size, attribute| size.saturating_add(attribute.json.len().saturating_add(12)))
}

/// The member's name: eight hexadecimal digits (PS3.18 F.2.2). There are thousands in an answer, so they are written
/// digit by digit.
fn write_name(json: &mut Vec<u8>, tag: u32) {
    json.push(b'"');
    for place in (0..8).rev() {
        let digit = (tag >> (place * 4)) as u8 & 0xF;
        json.push(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 });
    }
    json.extend_from_slice(b"\":");
}

/// Names for a text: all of them, or as many as fit.
pub(super) fn list(names: &[String]) -> String {
    let mut text = names.iter().take(MAX_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MAX_LISTED {
        text.push_str(", ...");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::search::parameters::Parameters;

    fn attribute(tag: u32, json: &'static str) -> Attribute {
        Attribute { tag, json: json.into() }
    }

    fn study(facility: &str, attributes: Vec<Attribute>) -> Match {
        Match {
            facility: facility.into(),
            study_instance_uid: "1.2".into(),
            series_instance_uid: String::new(),
            sop_instance_uid: String::new(),
            attributes,
        }
    }

    fn plain_root() -> Roots {
        Roots { used: "http://h/dicom-web".into(), facilities: Some(("http://h".into(), "default".into())) }
    }

    fn text(found: &SearchResponse, roots: &Roots) -> String {
        let answer = Answer { parameters: &Parameters::default(), found, roots };
        String::from_utf8_lossy(&answer.json()).into_owned()
    }

    #[test]
    fn nothing_found_is_an_empty_array() {
        assert_eq!(text(&SearchResponse::default(), &plain_root()), "[]");
    }

    #[test]
    fn the_retrieve_url_stands_among_the_attributes_in_order() {
        let modalities = attribute(0x0008_0061, r#"{"vr":"CS","Value":["CT"]}"#);
        let name = attribute(0x0010_0010, r#"{"vr":"PN"}"#);
        let instance =
            Match { series_instance_uid: "1.3".into(), sop_instance_uid: "1.4".into(), ..study("default", vec![]) };
        let found = SearchResponse {
            matches: vec![study("default", vec![modalities, name]), instance],
            ..SearchResponse::default()
        };
        assert_eq!(
            text(&found, &plain_root()),
            concat!(
                r#"[{"00080061":{"vr":"CS","Value":["CT"]},"#,
                r#""00081190":{"vr":"UR","Value":["http://h/dicom-web/studies/1.2"]},"00100010":{"vr":"PN"}},"#,
                r#"{"00081190":{"vr":"UR","Value":["http://h/dicom-web/studies/1.2/series/1.3/instances/1.4"]}}]"#
            )
        );
    }

    #[test]
    fn a_match_in_another_facility_is_named_under_its_own_root() {
        let found = SearchResponse { matches: vec![study("north", vec![])], ..SearchResponse::default() };
        assert!(text(&found, &plain_root()).contains("\"http://h/facilities/north/dicom-web/studies/1.2\""));

        let named = Roots { used: "http://h/facilities/north/dicom-web".into(), facilities: None };
        assert!(text(&found, &named).contains("\"http://h/facilities/north/dicom-web/studies/1.2\""));
    }

    #[test]
    fn warnings_say_what_remains_and_what_was_ignored() {
        let parameters = Parameters::parse(
            "Nonsense=1&includefield=PatientName,PatientSex&emptyvaluematching=true&multiplevaluematching=true",
        )
        .unwrap();
        let mut found = SearchResponse {
            remaining: 7,
            ignored_keys: vec!["00091002".into()],
            ignored_fields: vec![0x0010_0040],
            ..SearchResponse::default()
        };
        let roots = plain_root();
        assert_eq!(
            Answer { parameters: &parameters, found: &found, roots: &roots }.warnings(),
            [
                "299 http://h/dicom-web: There are 7 additional results that can be requested",
                "299 http://h/dicom-web: The following parameters are not supported and were ignored: Nonsense, \
                 00091002, PatientSex",
            ]
        );
        found.more_than = true;
        let first = Answer { parameters: &parameters, found: &found, roots: &roots }.warnings().into_iter().next();
        assert_eq!(
            first.as_deref(),
            Some("299 http://h/dicom-web: There are more than 7 additional results that can be requested")
        );
    }
}
