//! Where a transaction sends its messages: a bounded channel to the caller.

use crate::{error::Error, stretch::Stretch, telemetry};
use bytes::Bytes;
use tokio::sync::mpsc;
use tonic::Status;

/// The sending end of a call.
pub(crate) struct Outlet<T> {
    sender: mpsc::Sender<Result<T, Status>>,
    resource: &'static str,
    bytes: u64,
}

impl<T> Outlet<T> {
    /// An outlet of a call for the resource by this name.
    pub(super) fn new(sender: mpsc::Sender<Result<T, Status>>, resource: &'static str) -> Self {
        Self { sender, resource, bytes: 0 }
    }

    /// Sends a message, after waiting for room.
    pub(crate) async fn send(&self, message: T) -> Result<(), Error> {
        self.sender.send(Ok(message)).await.map_err(|_| Error::CallerGone)
    }

    /// Notes bytes that a message carries.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }
}

impl<T: From<Bytes>> Outlet<T> {
    /// Sends bytes of the object, frame or value that was announced last.
    pub(crate) async fn send_bytes(&mut self, bytes: Bytes) -> Result<(), Error> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.count(bytes.len());
        self.send(bytes.into()).await
    }
}

impl<T: From<Stretch>> Outlet<T> {
    /// Names the bytes of what was announced last.
    pub(crate) async fn send_stretch(&mut self, stretch: Stretch) -> Result<(), Error> {
        self.bytes = self.bytes.saturating_add(stretch.range.end.saturating_sub(stretch.range.start));
        self.send(stretch.into()).await
    }
}

/// Counts what was sent, also by a call that broke off.
impl<T> Drop for Outlet<T> {
    fn drop(&mut self) {
        telemetry::sent(self.resource, self.bytes);
    }
}
