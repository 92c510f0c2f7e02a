//! Which attributes a match carries (PS3.18 10.6.3.3).

use crate::search::Request;
use catalog::Row;
use dataset::{Level, RETURN_ATTRIBUTES, Tag, vr_of};

const INSTANCE_AVAILABILITY: Tag = Tag(0x0008, 0x0056);
const ONLINE: &[u8] = br#"{"vr":"CS","Value":["ONLINE"]}"#;
/// Added by the gateway, which knows the address.
const RETRIEVE_URL: Tag = Tag(0x0008, 0x1190);
const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
const SERIES_INSTANCE_UID: Tag = Tag(0x0020, 0x000E);

/// Attributes of type R or U in Tables 10.6.3-3 to 10.6.3-5: returned without a value where they have none. Viewers
/// rely on this; the study list of OHIF stops working where Modalities in Study is missing.
const REQUIRED: &[Tag] = &[
    Tag(0x0008, 0x0016),
    Tag(0x0008, 0x0018),
    Tag(0x0008, 0x0020),
    Tag(0x0008, 0x0030),
    Tag(0x0008, 0x0050),
    Tag(0x0008, 0x0060),
    Tag(0x0008, 0x0061),
    Tag(0x0008, 0x0090),
    Tag(0x0010, 0x0010),
    Tag(0x0010, 0x0020),
    Tag(0x0010, 0x0030),
    Tag(0x0010, 0x0040),
    STUDY_INSTANCE_UID,
    SERIES_INSTANCE_UID,
    Tag(0x0020, 0x0010),
    Tag(0x0020, 0x0011),
    Tag(0x0020, 0x0013),
    Tag(0x0020, 0x1206),
    Tag(0x0020, 0x1208),
    Tag(0x0020, 0x1209),
];

/// The attributes to return.
pub(crate) struct Returned {
    /// Ascending, each once.
    pub tags: Vec<Tag>,
    /// What was asked for and cannot be returned: it is not kept, or belongs to a lower level.
    pub refused: Vec<Tag>,
}

/// Chooses the attributes of a search: the default ones of its level, and of the levels above it that its resource
/// does not name; those that were matched; and those that the request includes.
pub(crate) fn choose(request: &Request, matched: &[Tag]) -> Returned {
    let unnamed = |level: Level| match level {
        Level::Study => request.study.is_none(),
        Level::Series => request.series.is_none(),
        Level::Instance => true,
    };
    let listed = |level: Level| level == request.level || (level < request.level && unnamed(level));
    let known = |tag: Tag| RETURN_ATTRIBUTES.iter().any(|row| row.1 == tag && row.0 <= request.level);

    let by_level = RETURN_ATTRIBUTES
        .iter()
        .filter(|(level, _, default)| listed(*level) && (*default || request.include_all))
        .map(|(_, tag, _)| *tag);
    let (included, refused): (Vec<Tag>, Vec<Tag>) = request.include.iter().partition(|tag| known(**tag));
    let upper = [(Level::Series, STUDY_INSTANCE_UID), (Level::Instance, SERIES_INSTANCE_UID)];
    let identity = upper.into_iter().filter(|(below, _)| *below <= request.level).map(|(_, tag)| tag);

    let mut tags: Vec<Tag> = by_level.chain(included).chain(matched.iter().copied()).chain(identity).collect();
    tags.retain(|tag| *tag != RETRIEVE_URL);
    tags.sort_unstable();
    tags.dedup();
    Returned { tags, refused }
}

impl Returned {
    /// Adds what is the same for every match, and what must be there even without a value.
    pub(crate) fn complete(&self, row: &mut Row) {
        for tag in &self.tags {
            let Err(at) = row.attributes.binary_search_by_key(tag, |(tag, _)| *tag) else { continue };
            if *tag == INSTANCE_AVAILABILITY {
                row.attributes.insert(at, (*tag, ONLINE.into()));
            } else if REQUIRED.contains(tag) {
                row.attributes.insert(at, (*tag, without_value(*tag).into()));
            }
        }
    }
}

/// PS3.18 F.2.5.
fn without_value(tag: Tag) -> Vec<u8> {
    let vr = vr_of(tag).unwrap_or(*b"UN");
    [br#"{"vr":""#.as_slice(), &vr, br#""}"#].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(level: Level, study: Option<&str>, series: Option<&str>) -> Request {
        Request {
            level,
            study: study.map(|uid| uid.parse().unwrap()),
            series: series.map(|uid| uid.parse().unwrap()),
            keys: Vec::new(),
            fuzzy: false,
            kinds: crate::matching::Asked::default(),
            order: Vec::new(),
            include_all: false,
            include: Vec::new(),
            limit: 0,
            offset: 0,
        }
    }

    const PATIENT_NAME: Tag = Tag(0x0010, 0x0010);
    const MODALITY: Tag = Tag(0x0008, 0x0060);
    const SOP_CLASS: Tag = Tag(0x0008, 0x0016);
    const STUDY_DESCRIPTION: Tag = Tag(0x0008, 0x1030);

    #[test]
    fn defaults_of_studies_are_those_of_the_table() {
        let expected = [
            0x0008_0020,
            0x0008_0030,
            0x0008_0050,
            0x0008_0056,
            0x0008_0061,
            0x0008_0090,
            0x0008_0201,
            0x0010_0010,
            0x0010_0020,
            0x0010_0030,
            0x0010_0040,
            0x0020_000D,
            0x0020_0010,
            0x0020_1206,
            0x0020_1208,
        ];
        let tags = choose(&request(Level::Study, None, None), &[]).tags;
        assert_eq!(tags, expected.map(crate::grpc::tag));
    }

    #[test]
    fn upper_levels_are_added_where_the_resource_does_not_name_them() {
        for (request, holds, lacks) in [
            (request(Level::Series, None, None), vec![PATIENT_NAME, MODALITY], vec![SOP_CLASS]),
            (request(Level::Series, Some("1"), None), vec![MODALITY, STUDY_INSTANCE_UID], vec![PATIENT_NAME]),
            (request(Level::Instance, None, None), vec![PATIENT_NAME, MODALITY, SOP_CLASS], vec![STUDY_DESCRIPTION]),
            (request(Level::Instance, Some("1"), None), vec![MODALITY, SOP_CLASS], vec![PATIENT_NAME]),
            (
                request(Level::Instance, Some("1"), Some("2")),
                vec![SOP_CLASS, STUDY_INSTANCE_UID, SERIES_INSTANCE_UID],
                vec![MODALITY, PATIENT_NAME],
            ),
        ] {
            let tags = choose(&request, &[]).tags;
            assert!(holds.iter().all(|tag| tags.contains(tag)), "{tags:?}");
            assert!(!lacks.iter().any(|tag| tags.contains(tag)), "{tags:?}");
        }
    }

    #[test]
    fn what_is_asked_for_or_matched_is_returned_unless_it_belongs_below() {
        let mut request = request(Level::Study, None, None);
        request.include = vec![STUDY_DESCRIPTION, MODALITY, Tag(0x0009, 0x1002)];
        let returned = choose(&request, &[Tag(0x0008, 0x1048)]);
        assert!(returned.tags.contains(&STUDY_DESCRIPTION));
        assert!(returned.tags.contains(&Tag(0x0008, 0x1048)));
        assert!(!returned.tags.contains(&MODALITY));
        assert_eq!(returned.refused, [MODALITY, Tag(0x0009, 0x1002)]);
    }

    #[test]
    fn all_is_all_of_the_level() {
        let mut request = request(Level::Series, Some("1"), None);
        request.include_all = true;
        let tags = choose(&request, &[]).tags;
        assert!(tags.contains(&Tag(0x0018, 0x0015)));
        assert!(!tags.contains(&STUDY_DESCRIPTION));
        assert!(!tags.contains(&SOP_CLASS));
    }

    #[test]
    fn rows_are_completed_in_order() {
        let returned = choose(&request(Level::Study, None, None), &[]);
        let mut row = Row {
            facility: access::FacilityId::default_facility(),
            study: "1.2".parse().unwrap(),
            series: None,
            instance: None,
            attributes: vec![(PATIENT_NAME, br#"{"vr":"PN"}"#.as_slice().into())],
        };
        returned.complete(&mut row);
        assert!(row.attributes.is_sorted_by_key(|(tag, _)| *tag));
        let json = |tag| {
            let found = row.attributes.iter().find(|(known, _)| *known == tag)?;
            Some(String::from_utf8(found.1.to_vec()).unwrap())
        };
        assert_eq!(json(Tag(0x0008, 0x0061)).as_deref(), Some(r#"{"vr":"CS"}"#));
        assert_eq!(json(INSTANCE_AVAILABILITY).as_deref(), Some(r#"{"vr":"CS","Value":["ONLINE"]}"#));
        assert_eq!(json(Tag(0x0008, 0x0201)), None);
    }
}
