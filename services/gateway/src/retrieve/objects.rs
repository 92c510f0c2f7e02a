//! Bytes that the retrieve service names instead of sending: the gateway reads them from the archive itself.

use super::body::{Piece, Pieces};
use archive::Archive;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, future, stream};
use proto::retrieve::v1::StoredRange;
use rpc::{Code, Failure};
use tonic::Status;

/// Objects of one answer whose begin is read before its turn has come: the wait for one then hides behind the bytes of
/// the one before it.
const AHEAD: usize = 2;

/// What a service's stream is made of before named bytes are read.
pub(super) enum Raw {
    /// As the body needs it.
    Piece(Piece),
    /// Bytes of an object, to be read.
    Named(StoredRange),
}

/// The pieces with the named bytes in their places.
pub(super) fn read(
    raw: impl stream::Stream<Item = Result<Raw, Status>> + Send + 'static,
    archive: Option<&Archive>,
) -> Pieces {
    let archive = archive.cloned();
    raw.map(move |item| match item {
        Ok(Raw::Named(range)) => begun(archive.clone(), range).boxed(),
        Ok(Raw::Piece(piece)) => future::ready(stream::iter([Ok(piece)]).boxed()).boxed(),
        Err(status) => future::ready(stream::iter([Err(status)]).boxed()).boxed(),
    })
    .buffered(AHEAD)
    .flatten()
    .boxed()
}

/// The bytes of the range, the first of them read.
async fn begun(archive: Option<Archive>, range: StoredRange) -> Pieces {
    let (Some(archive), Ok(key)) = (archive, range.key.parse()) else {
        return stream::iter([Err(Status::internal("a range of an object that cannot be read"))]).boxed();
    };
    let mut bytes = archive.stream(&key, range.offset..range.offset.saturating_add(range.length));
    let first = bytes.next().await;
    stream::iter(first).chain(bytes).map(piece).boxed()
}

fn piece(bytes: Result<Bytes, archive::Error>) -> Result<Piece, Status> {
    bytes.map(Piece::Chunk).map_err(|error| failure(&error).into())
}

/// An object that is named and that the archive lacks is our defect, never "not found".
fn failure(error: &archive::Error) -> Failure {
    tracing::error!(error = error as &dyn std::error::Error, "an object cannot be read");
    match error {
        archive::Error::Unavailable { .. } => Failure::new(Code::Unavailable, "the archive is not available"),
        _ => Failure::new(Code::Internal, "the archive could not read what it holds"),
    }
}

/// The same pieces, once the first bytes have come: an object that cannot be read fails the request before its status
/// is sent.
///
/// # Errors
/// The first failure among the head and the first bytes of the first part.
pub(super) async fn begin(mut pieces: Pieces) -> Result<Pieces, Status> {
    let mut first = Vec::with_capacity(2);
    while first.len() < 2 {
        match pieces.try_next().await? {
            Some(piece) => first.push(Ok(piece)),
            None => break,
        }
    }
    Ok(stream::iter(first).chain(pieces).boxed())
}
