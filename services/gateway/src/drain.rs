//! After a refusal, a bounded rest of the request's body is read: a client that writes its whole request before it
//! reads would otherwise see a reset connection instead of the answer.

use crate::State;
use axum::{
    body::Body,
    extract::{self, Request},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::{
    HeaderValue, Version,
    header::{CONNECTION, EXPECT},
};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt;
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::oneshot;

/// How long the rest of a refused request is waited for.
const DEADLINE: Duration = Duration::from_secs(10);

/// Reads what a handler that refused its request left of the body.
pub(crate) async fn rest(extract::State(state): extract::State<State>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (give_back, mut left) = oneshot::channel();
    let is_http1 = request.version() < Version::HTTP_2;
    // Such a client waits for the answer before it sends anything; reading would ask it to go on.
    let waits =
        request.headers().get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let request =
        request.map(|body| Body::new(Returning { inner: Some(body), begun: false, give_back: Some(give_back) }));

    let mut response = next.run(request).await;

    // Where the handler closes the connection its client is gone or silent: there is nothing to wait for.
    if response.status().is_success() || response.headers().contains_key(CONNECTION) {
        return response;
    }
    let Ok(left) = left.try_recv() else { return response };
    let drained = match left {
        Left { begun: false, .. } if waits => false,
        Left { body, .. } => drain(body, state.config().store.drain_bytes).await,
    };
    if !drained && is_http1 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Whether the body came to its end within the bounds.
async fn drain(mut body: Body, most: u64) -> bool {
    let reading = async {
        let mut rest = most;
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return false };
            let length = frame.data_ref().map_or(0, Bytes::len) as u64;
            let Some(less) = rest.checked_sub(length) else { return false };
            rest = less;
        }
        true
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or(false)
}

/// What the handler did not read.
struct Left {
    body: Body,
    begun: bool,
}

/// A body that is given back when its reader drops it before the end.
struct Returning {
    inner: Option<Body>,
    begun: bool,
    give_back: Option<oneshot::Sender<Left>>,
}

impl http_body::Body for Returning {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.begun = true;
        let Some(inner) = &mut self.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.inner = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.inner.take(), self.give_back.take()) {
            // Nobody waits for it where the request was answered already.
            drop(give_back.send(Left { body, begun: self.begun }));
        }
    }
}
