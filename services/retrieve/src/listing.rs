//! Going through all instances of a resource, page by page.

use crate::{Retrieval, error::Error};
use catalog::{Found, StoredInstance};

/// Instances that one statement lists: the memory that a study of any size needs.
const PAGE: u32 = 500;

/// Where a walk through the instances of a resource is.
pub(crate) struct Listing {
    found: Found,
    page: std::vec::IntoIter<StoredInstance>,
    after: Option<catalog::Cursor>,
    listed: u64,
    is_last: bool,
}

impl Listing {
    /// A walk from the first instance on.
    pub(crate) fn of(found: &Found) -> Self {
        Self { found: found.clone(), page: Vec::new().into_iter(), after: None, listed: 0, is_last: false }
    }

    /// The next instance; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Changed`] when fewer were listed than the resource had when it was found: some were deleted meanwhile.
    pub(crate) async fn next(&mut self, retrieval: &Retrieval) -> Result<Option<StoredInstance>, Error> {
        loop {
            if let Some(stored) = self.page.next() {
                self.listed = self.listed.saturating_add(1);
                self.after = Some(stored.cursor());
                return Ok(Some(stored));
            }
            if self.is_last {
                let is_whole = self.listed >= self.found.instance_count;
                return if is_whole { Ok(None) } else { Err(Error::Changed) };
            }
            let page = retrieval.catalog.instances(&self.found, self.after, PAGE).await?;
            self.is_last = page.len() < PAGE as usize;
            self.page = page.into_iter();
        }
    }
}
