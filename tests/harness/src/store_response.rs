//! The Store Instances Response (PS3.18 Annex I), read strictly: what does not belong there fails the test.

use serde_json::Value;

use crate::client::Answer;

/// What a store answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreResponse {
    /// (0008,1190) of the study.
    pub retrieve_url: Option<String>,
    /// (0008,1199).
    pub stored: Vec<StoredInstance>,
    /// (0008,1198).
    pub failed: Vec<FailedInstance>,
    /// Failure Reasons of (0008,119A): of parts whose UIDs could not be read.
    pub other_failures: Vec<u64>,
}

/// One instance that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInstance {
    /// (0008,1150).
    pub sop_class: String,
    /// (0008,1155).
    pub instance: String,
    /// (0008,1190).
    pub retrieve_url: String,
    /// (0008,1196).
    pub warning: Option<u64>,
}

/// One instance that was not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedInstance {
    /// (0008,1150), empty where it could not be read.
    pub sop_class: String,
    /// (0008,1155).
    pub instance: String,
    /// (0008,1197).
    pub reason: u64,
}

const RETRIEVE_URL: &str = "00081190";
const SOP_CLASS: &str = "00081150";
const INSTANCE: &str = "00081155";
const WARNING_REASON: &str = "00081196";
const FAILURE_REASON: &str = "00081197";
/// Failed Attributes Sequence: words about a failure or warning.
const WORDS: &str = "00741048";

impl StoreResponse {
    /// The warning of the only instance, if there was one and it was stored.
    pub fn only_warning(&self) -> Option<u64> {
        assert_eq!((self.stored.len(), self.failed.len()), (1, 0), "{self:?}");
        self.stored[0].warning
    }

    /// The Failure Reason of the only part, whether its UIDs could be read or not.
    pub fn only_reason(&self) -> u64 {
        let reasons: Vec<u64> = self.reasons().collect();
        assert_eq!((self.stored.len(), reasons.len()), (0, 1), "{self:?}");
        reasons[0]
    }

    /// All Failure Reasons.
    pub fn reasons(&self) -> impl Iterator<Item = u64> + '_ {
        self.failed.iter().map(|failed| failed.reason).chain(self.other_failures.iter().copied())
    }

    fn of(json: &Value) -> Self {
        let mut response = Self::default();
        for (tag, element) in json.as_object().expect("the response is one data set") {
            match tag.as_str() {
                RETRIEVE_URL => response.retrieve_url = Some(text(element, "UR")),
                "00081199" => response.stored = items(element).map(stored).collect(),
                "00081198" => response.failed = items(element).map(failed).collect(),
                "0008119A" => response.other_failures = items(element).map(other_failure).collect(),
                _ => panic!("{tag} does not belong into a Store Instances Response: {json}"),
            }
        }
        response
    }
}

impl Answer {
    /// The answer as a Store Instances Response.
    ///
    /// # Panics
    /// When it is none, has an empty sequence, or an attribute with the wrong VR.
    pub fn store_response(&self) -> StoreResponse {
        assert_eq!(self.content_type(), "application/dicom+json", "{}", String::from_utf8_lossy(&self.body));
        StoreResponse::of(&self.json())
    }
}

fn stored(item: &Value) -> StoredInstance {
    only(item, &[SOP_CLASS, INSTANCE, RETRIEVE_URL, WARNING_REASON, WORDS]);
    StoredInstance {
        sop_class: text(&item[SOP_CLASS], "UI"),
        instance: text(&item[INSTANCE], "UI"),
        retrieve_url: text(&item[RETRIEVE_URL], "UR"),
        warning: item.get(WARNING_REASON).map(number),
    }
}

fn failed(item: &Value) -> FailedInstance {
    only(item, &[SOP_CLASS, INSTANCE, FAILURE_REASON, WORDS]);
    FailedInstance {
        sop_class: item.get(SOP_CLASS).map(|element| text(element, "UI")).unwrap_or_default(),
        instance: text(&item[INSTANCE], "UI"),
        reason: number(&item[FAILURE_REASON]),
    }
}

fn other_failure(item: &Value) -> u64 {
    only(item, &[FAILURE_REASON, WORDS]);
    number(&item[FAILURE_REASON])
}

fn only(item: &Value, known: &[&str]) {
    for tag in item.as_object().expect("an item is a data set").keys() {
        assert!(known.contains(&tag.as_str()), "{tag} does not belong into {item}");
    }
}

fn items(element: &Value) -> impl Iterator<Item = &Value> {
    assert_eq!(element["vr"], "SQ", "{element}");
    let items = element["Value"].as_array().expect("an empty sequence is left out");
    assert!(!items.is_empty(), "an empty sequence is left out");
    items.iter()
}

fn text(element: &Value, vr: &str) -> String {
    single(element, vr).as_str().unwrap_or_else(|| panic!("no text: {element}")).to_owned()
}

fn number(element: &Value) -> u64 {
    single(element, "US").as_u64().unwrap_or_else(|| panic!("no number: {element}"))
}

fn single<'a>(element: &'a Value, vr: &str) -> &'a Value {
    assert_eq!(element["vr"], vr, "{element}");
    let values = element["Value"].as_array().unwrap_or_else(|| panic!("no value: {element}"));
    assert_eq!(values.len(), 1, "{element}");
    &values[0]
}
