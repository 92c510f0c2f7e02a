//! Attributes with their match values, made again from the JSON that a row keeps of them.

use dataset::{Attribute, AttributeSet, CorruptPiece};
use serde_json::Value;

/// Reads what `AttributeSet::encode` wrote. Items of sequences stay closed: no attribute of a study is a sequence.
pub(crate) fn decode(blob: &[u8]) -> Result<AttributeSet, CorruptPiece> {
    let attributes = AttributeSet::decode(blob)?.into_iter().map(|(tag, json)| {
        let object: Value = serde_json::from_slice(&json).map_err(|_| CorruptPiece)?;
        let vr = object.get("vr").and_then(Value::as_str).and_then(|vr| vr.as_bytes().try_into().ok());
        let values = object.get("Value").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let values = values.iter().map(match_value).collect();
        Ok(Attribute { tag, vr: vr.ok_or(CorruptPiece)?, values, json, items: Vec::new() })
    });
    attributes.collect::<Result<_, _>>().map(AttributeSet)
}

/// The text of one value (PS3.18 F.2.2): names have their component groups apart.
fn match_value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Object(name) => {
            let group = |group: &str| name.get(group).and_then(Value::as_str).unwrap_or_default();
            let groups = ["Alphabetic", "Ideographic", "Phonetic"].map(group).join("=");
            groups.trim_end_matches('=').to_owned()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::decode;
    use dataset::{Attribute, AttributeSet, CharacterSets, CorruptPiece, Tag};

    #[test]
    fn match_values_come_back() {
        let (charset, _) = CharacterSets::parse(b"ISO_IR 192");
        let attribute =
            |tag, vr: &[u8; 2], value: &str| Attribute::from_value(tag, *vr, value.as_bytes(), false, &charset);
        let set = AttributeSet(vec![
            attribute(Tag(0x0008, 0x0020), b"DA", "20240131"),
            attribute(Tag(0x0008, 0x0050), b"SH", ""),
            attribute(Tag(0x0010, 0x0010), b"PN", "Yamada^Tarou=山田^太郎"),
            attribute(Tag(0x0010, 0x1000), b"LO", "A\\B"),
        ]);
        assert!(decode(&set.encode()).unwrap() == set);
        assert_eq!(decode(b"x").unwrap_err(), CorruptPiece);
    }
}
