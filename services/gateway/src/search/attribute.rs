//! How requests name attributes (PS3.18 8.3.4.1): by keyword or tag, and within sequences by a path of these.

/// The deepest path that is read.
const MAX_DEPTH: usize = 8;

/// The tags of the path that a name stands for, each with the group in the upper 16 bits; `None` if it stands for no
/// attribute. Tags are taken whether PS3.6 knows them or not.
pub(super) fn path(name: &str) -> Option<Vec<u32>> {
    if name.split('.').count() > MAX_DEPTH {
        return None;
    }
    name.split('.').map(tag).collect()
}

fn tag(name: &str) -> Option<u32> {
    if name.len() == 8 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return u32::from_str_radix(name, 16).ok();
    }
    let dataset::Tag(group, element) = dataset::tag_by_keyword(name)?;
    Some(u32::from(group) << 16 | u32::from(element))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn attributes_have_keywords_tags_and_paths() {
        for (name, tags) in [
            ("PatientName", Some(vec![0x0010_0010])),
            ("00100010", Some(vec![0x0010_0010])),
            ("0020000d", Some(vec![0x0020_000D])),
            ("0020000D", Some(vec![0x0020_000D])),
            ("00091002", Some(vec![0x0009_1002])),
            ("RequestAttributesSequence.00401001", Some(vec![0x0040_0275, 0x0040_1001])),
            ("00400275.RequestedProcedureID", Some(vec![0x0040_0275, 0x0040_1001])),
            ("patientname", None),
            ("0010001", None),
            ("+0100010", None),
            ("", None),
            ("PatientName.", None),
            (".", None),
        ] {
            assert_eq!(path(name), tags, "{name}");
        }
        assert_eq!(path(&["00400275"; 9].join(".")), None);
    }
}
