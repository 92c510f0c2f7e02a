//! Store (PS3.18 10.5): the body is split and forwarded part by part while it arrives; nothing is held whole.

mod answer;
mod content;
mod upload;

use crate::{Problem, State, asked::Asked, named::Named, origin::Root, principal::Caller};
use axum::{body::Body, extract, response::Response};
use futures::TryStreamExt;
use http::HeaderMap;
use proto::ingest::v1::{StoreRequest, StoreResponse, StoreStart, store_request::Message};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use upload::{Stop, Upload};

/// How many messages may wait for the ingest service: past that the client is not read from.
const AHEAD: usize = 4;

/// `POST /studies` and `POST /studies/{study}`.
pub(crate) async fn store(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    named: Named,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = &state.config().store;
    let content = content::of_request(&headers, limits)?;
    let (messages, receiver) = mpsc::channel(AHEAD);
    let study_instance_uid = named.study.map(|study| study.to_string()).unwrap_or_default();
    let start = StoreRequest { message: Some(Message::Start(StoreStart { study_instance_uid })) };

    let mut upload = Upload::new(limits, messages);
    let (sent, outcomes) = {
        let mut sending = std::pin::pin!(upload.send(start, content, body));
        let mut storing = std::pin::pin!(outcomes(&state, &caller, receiver));
        tokio::select! {
            sent = &mut sending => (sent, storing.await?),
            outcomes = &mut storing => (Err(Stop::ServiceGone), outcomes?),
        }
    };
    match sent {
        Ok(()) => answer::respond(&root, &asked, outcomes, upload.counts()),
        Err(Stop::Refused(problem)) => Err(problem.with_detail(&answer::before_the_end(&outcomes))),
        Err(Stop::ServiceGone) => {
            // It may end before the last message only with a failure, and this was none.
            tracing::error!("the ingest service ended a store before all of it was sent");
            Err(Problem::internal())
        }
    }
}

/// The call itself: how each part fared, in the order of the parts.
async fn outcomes(
    state: &State,
    caller: &Caller,
    messages: mpsc::Receiver<StoreRequest>,
) -> Result<Vec<StoreResponse>, Problem> {
    let call = caller.call(ReceiverStream::new(messages));
    let answers = state.ingest().store(call).await?.into_inner();
    let mut outcomes: Vec<StoreResponse> = answers.try_collect().await?;
    outcomes.sort_by_key(|outcome| outcome.part);
    Ok(outcomes)
}
