//! The body of a call, lent to a connection: it comes back for another attempt if nothing of it was taken, or if it was
//! short and its end was seen. It breaks off when nobody waits for the answer any more; by itself a connection would go on
//! sending it.

use bytes::Bytes;
use futures::stream;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::StreamBody;
use parking_lot::Mutex;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};
use tonic::{Status, body::Body};

/// Longer bodies, such as those of stores, are not kept for another attempt.
const KEPT: usize = 64 << 10;

/// The lender's side.
pub(super) struct Loan {
    lent: Arc<Mutex<Lent>>,
    unwanted: CancellationToken,
}

struct Lent {
    rest: Body,
    taken: Vec<Bytes>,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    Untouched,
    Begun,
    Ended,
    TooLong,
}

impl Loan {
    pub(super) fn new(body: Body) -> Self {
        let lent = Lent { rest: body, taken: Vec::new(), state: State::Untouched };
        Self { lent: Arc::new(Mutex::new(lent)), unwanted: CancellationToken::new() }
    }

    /// To be kept for as long as the answer is waited for or read.
    pub(super) fn wanted(&self) -> DropGuard {
        self.unwanted.clone().drop_guard()
    }

    /// The body for a connection.
    pub(super) fn lend(&self) -> Body {
        let unwanted = Box::pin(self.unwanted.clone().cancelled_owned());
        Body::new(Borrowed { lent: Arc::clone(&self.lent), unwanted })
    }

    /// The body as it was; nothing where it cannot be had again.
    pub(super) fn take_back(self) -> Option<Body> {
        let mut lent = self.lent.lock();
        match lent.state {
            State::Untouched => Some(std::mem::take(&mut lent.rest)),
            State::Ended => {
                let frames =
                    std::mem::take(&mut lent.taken).into_iter().map(|bytes| Ok::<_, Status>(Frame::data(bytes)));
                Some(Body::new(StreamBody::new(stream::iter(frames))))
            }
            State::Begun | State::TooLong => None,
        }
    }
}

impl Lent {
    fn note(&mut self, frame: Option<&Result<Frame<Bytes>, Status>>) {
        self.state = match (&self.state, frame) {
            (State::TooLong, _) | (_, Some(Err(_))) => State::TooLong,
            (_, None) => State::Ended,
            (_, Some(Ok(frame))) => match frame.data_ref() {
                Some(bytes) if self.taken.iter().map(Bytes::len).sum::<usize>().saturating_add(bytes.len()) <= KEPT => {
                    self.taken.push(bytes.clone());
                    State::Begun
                }
                _ => State::TooLong,
            },
        };
        if self.state == State::TooLong {
            self.taken = Vec::new();
        } else if self.rest.is_end_stream() {
            self.state = State::Ended;
        }
    }
}

struct Borrowed {
    lent: Arc<Mutex<Lent>>,
    unwanted: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl http_body::Body for Borrowed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.unwanted.as_mut().poll(cx).is_ready() {
            // The reason with which the connection ends the call.
            let mut status = Status::cancelled("nobody waits for the answer");
            status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
            return Poll::Ready(Some(Err(status)));
        }
        let mut lent = self.lent.lock();
        let frame = ready!(Pin::new(&mut lent.rest).poll_frame(cx));
        lent.note(frame.as_ref());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.lent.lock().rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lent.lock().rest.size_hint()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{KEPT, Loan};
    use bytes::Bytes;
    use http_body::Frame;
    use http_body_util::{BodyExt as _, StreamBody};
    use tonic::{Status, body::Body};

    fn body(pieces: Vec<Bytes>) -> Body {
        let frames = pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(piece)));
        Body::new(StreamBody::new(futures::stream::iter(frames)))
    }

    #[tokio::test]
    async fn untouched_or_short_bodies_come_back_whole() {
        let pieces = vec![Bytes::from_static(b"ab"), Bytes::from_static(b"c")];
        let loan = Loan::new(body(pieces.clone()));
        drop(loan.lend());
        let loan = Loan::new(loan.take_back().unwrap());
        assert_eq!(loan.lend().collect().await.unwrap().to_bytes(), "abc");
        let again = loan.take_back().unwrap();
        assert_eq!(again.collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn an_unwanted_body_breaks_off() {
        let loan = Loan::new(Body::new(StreamBody::new(futures::stream::pending::<Result<Frame<Bytes>, Status>>())));
        let (wanted, mut lent) = (loan.wanted(), loan.lend());
        let (broken_off, ()) = tokio::join!(lent.frame(), async { drop(wanted) });
        assert_eq!(broken_off.unwrap().unwrap_err().code(), tonic::Code::Cancelled);
    }

    #[tokio::test]
    async fn begun_or_long_bodies_do_not() {
        let loan = Loan::new(body(vec![Bytes::from_static(b"ab"), Bytes::from_static(b"c")]));
        let mut lent = loan.lend();
        lent.frame().await.unwrap().unwrap();
        assert!(loan.take_back().is_none());

        let loan = Loan::new(body(vec![Bytes::from(vec![0; KEPT]), Bytes::from_static(b"c")]));
        loan.lend().collect().await.unwrap();
        assert!(loan.take_back().is_none());
    }
}
