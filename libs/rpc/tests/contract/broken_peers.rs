//! Processes at the other end that do what ours do not: refuse calls, end answers without a status, speak something else.

use crate::faulty::{INGEST, delete, ingest_client};
use bytes::Bytes;
use futures::StreamExt as _;
use h2::{Reason, server::SendResponse};
use http::{HeaderMap, HeaderValue, Response};
use proto::ingest::v1::StoreRequest;
use rpc::{Code, Endpoint, Failure, Limits, remote};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// What the peer does with a call that is not about health; it is told which call it is, from 0.
type Conduct = fn(usize, SendResponse<Bytes>);

/// A peer that says it is healthy.
async fn peer(conduct: Conduct) -> (Endpoint, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, respond))) = connection.accept().await {
                    if request.uri().path().starts_with("/grpc.health.v1.Health/") {
                        // A message of two bytes: field 1 (status) is 1 (SERVING).
                        answer(respond, Bytes::from_static(&[0, 0, 0, 0, 2, 8, 1]), true);
                    } else {
                        conduct(counted.fetch_add(1, Ordering::SeqCst), respond);
                        // The rest of the request is let go of, as by a process that knows it will not be needed.
                        drop(request);
                    }
                }
            });
        }
    });
    (endpoint, calls)
}

fn answer(mut respond: SendResponse<Bytes>, message: Bytes, with_status: bool) {
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    if with_status {
        stream.send_data(message, false).unwrap();
        stream.send_trailers(HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from(0))])).unwrap();
    } else {
        stream.send_data(message, true).unwrap();
    }
}

/// A DeleteResponse of seven instances.
const SEVEN: Bytes = Bytes::from_static(&[0, 0, 0, 0, 2, 8, 7]);

fn refuse_the_first(call: usize, mut respond: SendResponse<Bytes>) {
    if call == 0 { respond.send_reset(Reason::REFUSED_STREAM) } else { answer(respond, SEVEN, true) }
}

#[tokio::test]
async fn a_refused_call_is_sent_again() {
    let (endpoint, calls) = peer(refuse_the_first).await;
    let mut client = ingest_client(remote(INGEST, endpoint, &Limits::default()));
    assert_eq!(client.delete(delete("x")).await.unwrap().into_inner().instances, 7);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_stream_is_not_sent_again_once_it_has_begun() {
    let (endpoint, calls) = peer(|_, mut respond| {
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            respond.send_reset(Reason::REFUSED_STREAM);
        });
    })
    .await;
    let mut client = ingest_client(remote(INGEST, endpoint, &Limits::default()));
    let messages = futures::stream::iter([StoreRequest::default()]).chain(futures::stream::pending());
    let status = client.store(messages).await.err().unwrap();
    assert_eq!(Failure::from(&status).code, Code::Unavailable);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_call_that_may_have_begun_is_not_sent_again() {
    for reason in [Reason::CANCEL, Reason::INTERNAL_ERROR, Reason::ENHANCE_YOUR_CALM, Reason::NO_ERROR] {
        let (endpoint, calls) = match reason {
            Reason::CANCEL => peer(|_, mut respond| respond.send_reset(Reason::CANCEL)).await,
            Reason::INTERNAL_ERROR => peer(|_, mut respond| respond.send_reset(Reason::INTERNAL_ERROR)).await,
            Reason::NO_ERROR => peer(|_, mut respond| respond.send_reset(Reason::NO_ERROR)).await,
            _ => peer(|_, mut respond| respond.send_reset(Reason::ENHANCE_YOUR_CALM)).await,
        };
        let mut client = ingest_client(remote(INGEST, endpoint, &Limits::default()));
        let status = client.delete(delete("x")).await.unwrap_err();
        assert_eq!(Failure::from(&status).code, Code::Unavailable, "{reason:?}");
        assert_eq!(calls.load(Ordering::SeqCst), 1, "{reason:?}");
    }
}

/// Answers with two messages and then ends as told, without a status.
async fn ends(conduct: Conduct) -> (usize, Option<Code>) {
    let (endpoint, _calls) = peer(conduct).await;
    let mut client = ingest_client(remote(INGEST, endpoint, &Limits::default()));
    let mut answers = client.store(futures::stream::pending()).await.unwrap().into_inner();
    let mut count = 0;
    loop {
        match answers.message().await {
            Ok(Some(_)) => count += 1,
            Ok(None) => return (count, None),
            Err(status) => return (count, Some(Failure::from(&status).code)),
        }
    }
}

fn begin(mut respond: SendResponse<Bytes>) -> h2::SendStream<Bytes> {
    let head = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    for _ in 0..2 {
        stream.send_data(Bytes::from_static(&[0, 0, 0, 0, 2, 8, 1]), false).unwrap();
    }
    stream
}

fn reset(mut stream: h2::SendStream<Bytes>, reason: Reason) {
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        stream.send_reset(reason);
    });
}

#[tokio::test]
async fn an_answer_without_a_status_was_cut_off() {
    let cut_off = (2, Some(Code::Unavailable));
    assert_eq!(ends(|_, respond| begin(respond).send_data(Bytes::new(), true).unwrap()).await, cut_off);
    assert_eq!(ends(|_, respond| begin(respond).send_trailers(HeaderMap::new()).unwrap()).await, cut_off);
    assert_eq!(ends(|_, respond| reset(begin(respond), Reason::NO_ERROR)).await, cut_off);
    assert_eq!(ends(|_, respond| reset(begin(respond), Reason::CANCEL)).await, cut_off);
    assert_eq!(ends(|_, respond| reset(begin(respond), Reason::INTERNAL_ERROR)).await, cut_off);
}

#[tokio::test]
async fn what_is_no_grpc_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint: Endpoint = listener.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut some = [0; 512];
                let _received = stream.read(&mut some).await;
                stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.ok();
            });
        }
    });
    let mut client = ingest_client(remote(INGEST, endpoint, &Limits::default()));
    let status = client.delete(delete("x")).await.unwrap_err();
    assert_eq!(Failure::from(&status).code, Code::Unavailable);
}
