//! Person names: component groups, and the components in them (PS3.19 Table 10.2-1, PS3.5 6.2.1).

use super::{json_reader::JsonReader, xml};
use crate::CorruptPiece;

/// In the order that the schema asks for.
const GROUPS: [&str; 3] = ["Alphabetic", "Ideographic", "Phonetic"];
const COMPONENTS: [&str; 5] = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"];

/// Takes a person name, or null, and writes it. Empty groups and components are left out.
pub(super) fn convert(json: &mut JsonReader, number: u64, out: &mut Vec<u8>) -> Result<(), CorruptPiece> {
    let groups = groups(json)?;
    xml::begin_numbered(out, "PersonName", number);
    for (title, group) in GROUPS.iter().zip(&groups).filter(|(_, group)| !group.is_empty()) {
        xml::begin(out, title);
        for (component, text) in COMPONENTS.iter().zip(group.splitn(COMPONENTS.len(), '^')) {
            if !text.is_empty() {
                xml::element(out, component, text);
            }
        }
        xml::end(out, title);
    }
    xml::end(out, "PersonName");
    Ok(())
}

fn groups(json: &mut JsonReader) -> Result<[String; 3], CorruptPiece> {
    let mut groups: [String; 3] = Default::default();
    if json.peek()? != b'{' {
        return json.null().map(|()| groups);
    }
    json.expect(b'{')?;
    let mut first = true;
    while json.more(&mut first, b'}')? {
        let title = json.string()?.into_owned();
        json.expect(b':')?;
        match GROUPS.iter().position(|group| *group == title).and_then(|at| groups.get_mut(at)) {
            Some(group) => *group = json.string()?.into_owned(),
            None => json.skip()?,
        }
    }
    Ok(groups)
}
