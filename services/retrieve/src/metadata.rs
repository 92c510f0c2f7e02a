//! Metadata of a study, series or instance (PS3.18 10.4.1.1.2): the forms prepared when the instances were stored.

use crate::{Retrieval, error::Error, etag, grpc::Outlet};
use access::Scope;
use bytes::Bytes;
use uid::Resource;

/// Bytes of prepared metadata gathered into one message.
const BATCH: usize = 1024 * 1024;
/// Instances of one statement: metadata are larger than rows.
const PAGE: u32 = 100;

/// What is asked.
pub(crate) struct Request {
    pub(crate) scope: Scope,
    pub(crate) resource: Resource,
    pub(crate) describe_only: bool,
}

/// What is answered: a header, then the prepared form of each instance.
pub(crate) enum Message {
    Header { etag: String, instances: u64 },
    Batch(Vec<Bytes>),
}

impl Retrieval {
    /// Sends the prepared metadata of all instances, as the catalog's pages come.
    pub(crate) async fn metadata(&self, request: Request, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        let found = self.catalog.find(&request.scope, &request.resource).await?;
        let header = Message::Header { etag: etag::of_metadata(&found), instances: found.instance_count };
        outlet.send(header).await?;
        if request.describe_only {
            return Ok(());
        }
        let (mut after, mut sent) = (None, 0_u64);
        loop {
            let page = self.catalog.metadata(&found, after, PAGE).await?;
            sent = sent.saturating_add(page.len() as u64);
            after = page.last().map(|last| last.cursor).filter(|_| page.len() == PAGE as usize);
            send_page(page.into_iter().map(|prepared| prepared.blob.into()), outlet).await?;
            if after.is_none() {
                return if sent < found.instance_count { Err(Error::Changed) } else { Ok(()) };
            }
        }
    }
}

async fn send_page(blobs: impl Iterator<Item = Bytes>, outlet: &mut Outlet<Message>) -> Result<(), Error> {
    let (mut batch, mut bytes) = (Vec::new(), 0_usize);
    for blob in blobs {
        if blob.len() > rpc::MAX_MESSAGE - BATCH {
            return Err(Error::MetadataTooLarge);
        }
        if bytes.saturating_add(blob.len()) > BATCH && !batch.is_empty() {
            outlet.send_batch(std::mem::take(&mut batch), bytes).await?;
            bytes = 0;
        }
        bytes = bytes.saturating_add(blob.len());
        batch.push(blob);
    }
    if batch.is_empty() { Ok(()) } else { outlet.send_batch(batch, bytes).await }
}

impl Outlet<Message> {
    async fn send_batch(&mut self, batch: Vec<Bytes>, bytes: usize) -> Result<(), Error> {
        self.count(bytes);
        self.send(Message::Batch(batch)).await
    }
}
