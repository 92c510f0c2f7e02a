//! Attributes with their match values, made again from the JSON that a row keeps of them.

use dataset::{Attribute, AttributeSet, CorruptPiece, Tag};
use serde_json::{Map, Value};

/// Sequences are in items this deep, and no deeper.
const MAX_DEPTH: usize = 2;

/// Reads what `AttributeSet::encode` wrote.
pub(crate) fn decode(blob: &[u8]) -> Result<AttributeSet, CorruptPiece> {
    let attributes = AttributeSet::decode(blob)?.into_iter().map(|(tag, json)| {
        let object = serde_json::from_slice(&json).map_err(|_| CorruptPiece)?;
        attribute(tag, &object, json, MAX_DEPTH)
    });
    attributes.collect::<Result<_, _>>().map(AttributeSet)
}

fn attribute(tag: Tag, object: &Value, json: Vec<u8>, depth: usize) -> Result<Attribute, CorruptPiece> {
    let vr = object.get("vr").and_then(Value::as_str).and_then(|vr| vr.as_bytes().try_into().ok());
    let vr: [u8; 2] = vr.ok_or(CorruptPiece)?;
    let given = object.get("Value").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (mut values, mut items) = (Vec::new(), Vec::new());
    if vr == *b"SQ" {
        items = given.iter().map(|value| item(value, depth)).collect::<Result<_, _>>()?;
    } else {
        values = given.iter().map(match_value).collect();
    }
    Ok(Attribute { tag, vr, values, json, items })
}

/// An item of a sequence. What is in it keeps no JSON of its own: that of the sequence has it.
fn item(value: &Value, depth: usize) -> Result<AttributeSet, CorruptPiece> {
    let depth = depth.checked_sub(1).ok_or(CorruptPiece)?;
    let members = value.as_object().map(Map::iter).ok_or(CorruptPiece)?;
    let attributes = members.map(|(name, object)| {
        let number = u32::from_str_radix(name, 16).map_err(|_| CorruptPiece)?;
        let [group_high, group_low, element_high, element_low] = number.to_be_bytes();
        let tag = Tag(u16::from_be_bytes([group_high, group_low]), u16::from_be_bytes([element_high, element_low]));
        attribute(tag, object, Vec::new(), depth)
    });
    let mut attributes: Vec<Attribute> = attributes.collect::<Result<_, _>>()?;
    attributes.sort_unstable_by_key(|attribute| attribute.tag);
    Ok(AttributeSet(attributes))
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

    #[test]
    fn items_come_back() {
        let (charset, _) = CharacterSets::parse(b"ISO_IR 192");
        let (request, code, value) = (Tag(0x0040, 0x0275), Tag(0x0032, 0x1064), Tag(0x0008, 0x0100));
        let mut collector = dataset::AttributeCollector::new();
        collector.begin_sequence(request);
        for number in [b"A1", b"A2"] {
            collector.begin_item();
            collector.element(Tag(0x0008, 0x0050), *b"SH", number, false, &charset);
            collector.begin_sequence(code);
            collector.begin_item();
            collector.element(value, *b"SH", b"CODE", false, &charset);
            collector.end_item();
            collector.end_sequence();
            collector.end_item();
        }
        let set = decode(&collector.finish().series.encode()).unwrap();
        assert_eq!(set.values_at(&[request, Tag(0x0008, 0x0050)]), ["A1", "A2"]);
        assert_eq!(set.values_at(&[request, code, value]), ["CODE", "CODE"]);
    }
}
