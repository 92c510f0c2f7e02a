//! The search transaction (PS3.18 10.6).

use crate::{
    Config,
    error::Error,
    matching::Asked,
    plan::{self, Plan},
    returned::{self, Returned},
};
use access::Scope;
use catalog::{CatalogReader, Page, Remaining, ReturnTags, Row, Search, Zone};
use dataset::{Level, Tag};
use proto::query::v1::{Key, OrderBy};
use rpc::Context;
use uid::{Resource, SeriesInstanceUid, StudyInstanceUid};

/// The most bytes of attributes in one page. Its message must stay below [`rpc::MAX_MESSAGE`], with room for the UIDs.
pub(crate) const MAX_PAGE_BYTES: usize = rpc::MAX_MESSAGE / 4 * 3;

/// What is asked for.
pub(crate) struct Request {
    pub level: Level,
    /// From the path of the resource, as `series`.
    pub study: Option<StudyInstanceUid>,
    pub series: Option<SeriesInstanceUid>,
    pub keys: Vec<Key>,
    pub fuzzy: bool,
    pub kinds: Asked,
    pub order: Vec<OrderBy>,
    pub include_all: bool,
    pub include: Vec<Tag>,
    /// 0: as many as allowed.
    pub limit: u32,
    pub offset: u64,
}

/// What was found.
pub(crate) struct Outcome {
    pub rows: Vec<Row>,
    pub remaining: Remaining,
    /// Names of keys and orders that had no effect.
    pub ignored_keys: Vec<String>,
    /// Attributes that were asked for and cannot be returned.
    pub ignored_fields: Vec<Tag>,
}

/// Searches what the principal may see.
pub(crate) async fn search(
    catalog: &CatalogReader,
    config: &Config,
    context: &Context,
    request: Request,
) -> Result<Outcome, Error> {
    if request.series.is_some() && (request.study.is_none() || request.level != Level::Instance) {
        return Err(Error::Resource);
    }
    // The catalog is not asked what it can do for searches that do not need to know.
    let in_sequences = request.keys.iter().any(|key| key.path.len() > 1);
    let items = !in_sequences || catalog.searches_items().await?;
    let Plan { matches, matched, mut ignored, zone } = plan::plan(&request.keys, request.kinds, request.level, items)?;
    let (order, unordered) = plan::order(&request.order, request.level)?;
    ignored.extend(unordered);
    let returned = returned::choose(&request, &matched);
    let scope = context.may_see()?;
    let Some(scope) = narrow(catalog, context, scope, request.study.as_ref()).await? else {
        return Ok(Outcome {
            rows: Vec::new(),
            remaining: Remaining::Exact(0),
            ignored_keys: ignored,
            ignored_fields: returned.refused,
        });
    };
    let search = Search {
        level: request.level,
        study: request.study,
        series: request.series,
        keys: matches,
        fuzzy: request.fuzzy,
        limit: limit(request.limit, config),
        offset: request.offset.min(i64::MAX.unsigned_abs()),
        return_tags: ReturnTags::Listed(returned.tags.clone()),
        order,
        zone: zone.map(|asked| Zone { asked, stored: config.timezone }),
    };
    let page = catalog.search(&scope, &search).await?;
    let page = finish(page, &scope, &returned)?;
    Ok(Outcome { rows: page.rows, remaining: page.remaining, ignored_keys: ignored, ignored_fields: returned.refused })
}

fn limit(asked: u32, config: &Config) -> u32 {
    let most = config.max_results.min(Search::MAX_LIMIT);
    if asked == 0 { most } else { asked.min(most) }
}

/// A study named in the path is one study: where several facilities hold one of that UID it is the home facility's.
/// `None` if there is no such study.
async fn narrow(
    catalog: &CatalogReader,
    context: &Context,
    scope: Scope,
    study: Option<&StudyInstanceUid>,
) -> Result<Option<Scope>, Error> {
    let Some(study) = study.filter(|_| scope.facilities().len() > 1) else { return Ok(Some(scope)) };
    match catalog.find(&scope, &Resource::Study(study.clone())).await {
        Ok(found) => {
            let named = Context { facility: Some(found.facility), ..context.clone() };
            Ok(Some(named.may_see()?))
        }
        Err(catalog::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Checks that every row may leave, completes it, and ends the page where its message would become too large.
fn finish(page: Page, scope: &Scope, returned: &Returned) -> Result<Page, Error> {
    let found = page.rows.len();
    let mut bytes = 0_usize;
    let mut rows = Vec::with_capacity(found);
    for mut row in page.rows {
        if !scope.contains(&row.facility) {
            return Err(Error::OutOfScope);
        }
        returned.complete(&mut row);
        let size = row.attributes.iter().fold(0_usize, |sum, (_, json)| sum.saturating_add(json.len()));
        bytes = bytes.saturating_add(size);
        if bytes > MAX_PAGE_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(row);
    }
    let cut = u64::try_from(found.saturating_sub(rows.len())).unwrap_or(u64::MAX);
    let remaining = match page.remaining {
        Remaining::Exact(remaining) => Remaining::Exact(remaining.saturating_add(cut)),
        Remaining::MoreThan(remaining) => Remaining::MoreThan(remaining.saturating_add(cut)),
    };
    Ok(Page { rows, remaining })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use access::{FacilityId, Principal, Role, WayIn};

    fn row(facility: &str, bytes: usize) -> Row {
        Row {
            facility: facility.parse().unwrap(),
            study: "1.2".parse().unwrap(),
            series: None,
            instance: None,
            attributes: vec![(Tag(0x0010, 0x4000), vec![b' '; bytes].into())],
        }
    }

    fn returned() -> Returned {
        Returned { tags: Vec::new(), refused: Vec::new() }
    }

    fn scope() -> Scope {
        let home = FacilityId::default_facility();
        Principal::new("someone".into(), vec![Role::Administrator], vec![], home, WayIn::Trial).may_see(None).unwrap()
    }

    #[test]
    fn a_row_outside_of_the_scope_withholds_the_page() {
        let page = Page { rows: vec![row("default", 1), row("north", 1)], remaining: Remaining::Exact(0) };
        assert!(matches!(finish(page, &scope(), &returned()), Err(Error::OutOfScope)));
    }

    #[test]
    fn a_page_ends_before_its_message_becomes_too_large() {
        let rows = vec![row("default", MAX_PAGE_BYTES - 1), row("default", 1), row("default", 1), row("default", 1)];
        let page = finish(Page { rows, remaining: Remaining::Exact(3) }, &scope(), &returned()).unwrap();
        assert_eq!((page.rows.len(), page.remaining), (2, Remaining::Exact(5)));
    }

    #[test]
    fn a_single_row_always_leaves() {
        let rows = vec![row("default", MAX_PAGE_BYTES + 1), row("default", 1)];
        let page = finish(Page { rows, remaining: Remaining::MoreThan(9) }, &scope(), &returned()).unwrap();
        assert_eq!((page.rows.len(), page.remaining), (1, Remaining::MoreThan(10)));
    }

    #[test]
    fn limits_are_capped() {
        let config = Config { max_results: 100, ..Config::default() };
        assert_eq!([0, 7, 100, 101, u32::MAX].map(|asked| limit(asked, &config)), [100, 7, 100, 100, 100]);
        assert_eq!(limit(0, &Config { max_results: u32::MAX, ..Config::default() }), Search::MAX_LIMIT);
    }
}
