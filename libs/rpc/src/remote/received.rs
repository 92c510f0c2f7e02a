//! The body of an answer from another process. It is whole only if a status ends it: one that merely stops was cut off,
//! whatever made it stop, and must never look like the end of a shorter answer.

use super::pool::Lease;
use crate::{Code, Failure};
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use hyper::body::Incoming;
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio_util::sync::DropGuard;
use tonic::{Status, body::Body};

/// Watches a body for its status. What it holds is let go of when it is dropped: the place on its connection, and the
/// messages that are still being sent.
pub(super) fn body(incoming: Incoming, ended: bool, held: (Lease, DropGuard)) -> Body {
    Body::new(Received { incoming, ended, _held: held })
}

/// Whether these headers or trailers hold the status of the call.
pub(super) fn has_status(headers: &HeaderMap) -> bool {
    headers.contains_key(Status::GRPC_STATUS)
}

struct Received {
    incoming: Incoming,
    ended: bool,
    _held: (Lease, DropGuard),
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut self.incoming).poll_frame(cx)) {
            Some(Ok(frame)) if frame.trailers_ref().is_none_or(has_status) => {
                self.ended = frame.is_trailers();
                Poll::Ready(Some(Ok(frame)))
            }
            other => {
                let cause = other.and_then(Result::err);
                tracing::debug!(?cause, "the answer of a service broke off");
                self.ended = true;
                let failure = Failure::new(Code::Unavailable, "the answer of a part of the archive broke off");
                Poll::Ready(Some(Err(failure.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }
}
