//! Streams of answers: each is produced in a task of its own behind a bounded channel, so that a slow reader holds
//! back the producer, and a panic ends the stream with a failure instead of looking like its end.

use crate::{Code, Failure};
use futures::FutureExt as _;
use std::{future::Future, panic::AssertUnwindSafe};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::Instrument as _;

/// Runs `produce` in its own task and gives what it sends as a stream of at most `capacity` waiting items.
///
/// An error that `produce` returns, or its panic, becomes the last item. Once the stream is dropped, sending fails:
/// `produce` may stop then, or finish what must not be left half done.
pub fn spawn<T, F, Fut>(capacity: usize, produce: F) -> ReceiverStream<Result<T, Status>>
where
    T: Send + 'static,
    F: FnOnce(mpsc::Sender<Result<T, Status>>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    let work = async move {
        let failure = match AssertUnwindSafe(async { produce(sender.clone()).await }).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(status)) => status,
            Err(_panic) => Failure::new(Code::Internal, "the archive failed to carry out the request").into(),
        };
        // The reader may be gone, and then nobody is left to tell.
        drop(sender.send(Err(failure)).await);
    };
    tokio::spawn(work.in_current_span());
    ReceiverStream::new(receiver)
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::spawn;
    use futures::StreamExt as _;
    use tonic::Status;

    #[tokio::test]
    async fn a_panic_ends_the_stream_with_a_failure() {
        let mut items = spawn(1, |sender| async move {
            drop(sender.send(Ok(1)).await);
            panic!("a defect");
        });
        assert_eq!(items.next().await.and_then(Result::ok), Some(1));
        let last = items.next().await.and_then(Result::err).map(|status| status.code());
        assert_eq!(last, Some(tonic::Code::Internal));
        assert!(items.next().await.is_none());
    }

    #[tokio::test]
    async fn an_error_is_the_last_item() {
        let items = spawn::<u8, _, _>(1, |_sender| async { Err(Status::not_found("x")) });
        let items: Vec<_> = items.map(|item| item.map_err(|status| status.code())).collect().await;
        assert_eq!(items, [Err(tonic::Code::NotFound)]);
    }
}
