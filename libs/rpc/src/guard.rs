//! Message bodies of a call, watched: time without progress and panics end a stream with a failure.

use crate::{Code, Failure};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep},
};
use tonic::{Status, body::Body};

/// When a call last moved in either direction.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    start: Instant,
    millis: Arc<AtomicU64>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), millis: Arc::new(AtomicU64::new(0)) }
    }

    fn touch(&self) {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.millis.store(millis, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.start + Duration::from_millis(self.millis.load(Ordering::Relaxed))
    }
}

/// The caller's messages: each one counts as progress.
#[derive(Debug)]
pub(crate) struct WatchedBody {
    inner: Body,
    progress: Progress,
}

impl WatchedBody {
    pub(crate) fn new(inner: Body, progress: Progress) -> Self {
        Self { inner, progress }
    }
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        self.progress.touch();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The callee's messages: without progress for the idle time, or after a panic, a failure is the last one. It goes as
/// trailers, as a service's own failures do, so that it reaches a caller in another process whole.
#[derive(Debug)]
pub(crate) struct GuardedBody {
    inner: Option<Body>,
    progress: Progress,
    idle: Duration,
    alarm: Pin<Box<Sleep>>,
    /// The caller waits for a message. While it does not, nobody is idle but itself.
    awaited: bool,
    _place: OwnedSemaphorePermit,
}

impl GuardedBody {
    pub(crate) fn new(inner: Body, progress: Progress, idle: Duration, place: OwnedSemaphorePermit) -> Self {
        let alarm = Box::pin(tokio::time::sleep(idle));
        Self { inner: Some(inner), progress, idle, alarm, awaited: false, _place: place }
    }

    fn end_with(&mut self, failure: Failure) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.inner = None;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(Status::from(failure).add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }

    /// Whether nothing has moved for the idle time; if not, the alarm is set for when that could be.
    fn is_idle(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.awaited {
            self.awaited = true;
            self.progress.touch();
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            let deadline = self.progress.last() + self.idle;
            if deadline <= Instant::now() {
                return true;
            }
            self.alarm.as_mut().reset(deadline);
        }
        false
    }
}

impl http_body::Body for GuardedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx))) {
            Ok(Poll::Ready(frame)) => {
                self.awaited = false;
                self.progress.touch();
                Poll::Ready(frame)
            }
            Ok(Poll::Pending) if self.is_idle(cx) => {
                self.end_with(Failure::new(Code::Unavailable, "the archive made no progress in time"))
            }
            Ok(Poll::Pending) => Poll::Pending,
            Err(_panic) => self.end_with(Failure::new(Code::Internal, "the archive failed to carry out the request")),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}
