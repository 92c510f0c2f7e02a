//! The list of disagreements between studies and their instances about who the patient is.

use crate::{error::Error, search::MAX_PAGE_BYTES};
use catalog::{CatalogReader, NotedDisagreement};
use rpc::Context;

/// The most entries of a page.
const MAX_LIMIT: usize = 1000;
/// Entries that are read at a time. Their values may be long, so that a page of them need not fit into a message.
const PIECE: usize = 100;

/// What the principal may see and nobody has resolved, behind `after`; of 0 as `limit`, as many as allowed. Only an empty
/// page is the last one.
pub(crate) async fn list(
    catalog: &CatalogReader,
    context: &Context,
    after: i64,
    limit: u32,
) -> Result<Vec<NotedDisagreement>, Error> {
    let scope = context.may_see()?;
    let limit = usize::try_from(limit).ok().filter(|limit| (1..MAX_LIMIT).contains(limit)).unwrap_or(MAX_LIMIT);
    let (mut page, mut bytes) = (Vec::<NotedDisagreement>::new(), 0_usize);
    while page.len() < limit {
        let after = page.last().map_or(after, |last| last.id);
        let piece = (limit - page.len()).min(PIECE);
        let noted = catalog.disagreements(&scope, Some(after), u32::try_from(piece).unwrap_or(u32::MAX)).await?;
        if noted.is_empty() {
            break;
        }
        for entry in noted {
            if !scope.contains(&entry.facility) {
                return Err(Error::OutOfScope);
            }
            bytes = bytes.saturating_add(entry.study_value.len()).saturating_add(entry.instance_value.len());
            if bytes > MAX_PAGE_BYTES && !page.is_empty() {
                return Ok(page);
            }
            page.push(entry);
        }
    }
    Ok(page)
}
