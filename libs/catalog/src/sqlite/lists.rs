//! Lists as one bound parameter: JSON arrays that statements take apart with `json_each`. So a statement is the same
//! text, prepared once, whatever the length of its list.

use serde_json::Value;

/// Texts as a JSON array.
pub(super) fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().map(Value::from).collect::<Value>().to_string()
}

/// Numbers as a JSON array.
pub(super) fn numbers(items: impl IntoIterator<Item = i64>) -> String {
    items.into_iter().map(Value::from).collect::<Value>().to_string()
}

/// The facilities of a scope as a JSON array.
pub(super) fn facilities(scope: &access::Scope) -> String {
    texts(scope.facilities().iter().map(access::FacilityId::as_str))
}
