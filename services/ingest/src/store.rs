//! One store request (PS3.18 10.5): parts come in, are written while further ones are received, and are committed in
//! chunks; each is answered when its chunk is.
//!
//! **Invariant:** nothing is answered as stored before its bytes are durable in the archive and its chunk is committed.
//! What was received completely is committed however the request ends, also when its caller goes away.

mod chunk;
mod complete;
mod heart;
mod keys;
mod receiving;

use crate::{
    answer::{Answer, Identity, Outcome, Refused},
    grpc::Answers,
    service::Service,
    telemetry,
};
use access::{FacilityId, Storing};
use bytes::Bytes;
use chunk::{OpenChunk, Tally};
use complete::{Complete, weight};
use futures::{Stream, StreamExt as _};
use heart::Heart;
use receiving::{Object, Received, Receiving, Uploading};
use rpc::{Code, Failure};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::Semaphore,
    task::{JoinError, JoinSet},
};
use tracing::Instrument as _;
use uid::StudyInstanceUid;

/// Sealed chunks of one request being committed at once.
const COMMITS: usize = 4;

/// A message of the caller.
#[derive(Debug)]
pub(crate) enum Input {
    /// The request begins; instances must be of this study, if one is named.
    Start(Option<StudyInstanceUid>),
    /// A part begins. One that has not ended yet is dropped.
    PartStart,
    /// Bytes of the part.
    Bytes(Bytes),
    /// The part is complete.
    PartEnd,
}

/// A store request under way.
pub(crate) struct Store {
    service: Arc<Service>,
    facility: FacilityId,
    answers: Answers,
    study: Option<StudyInstanceUid>,
    part: Part,
    /// Number of the next part.
    next: u32,
    heart: Heart,
    chunk: Option<OpenChunk>,
    /// Turns for writing.
    turns: Arc<Semaphore>,
    commits: JoinSet<Result<Tally, JoinError>>,
    tally: Tally,
}

enum Part {
    None,
    Receiving(u32, Box<Receiving>),
    /// Answered already; what still comes of it is dropped.
    Refused,
}

/// How the messages of a request came to their end.
enum End {
    Complete,
    BrokenOff,
    Failed(Failure),
}

impl Store {
    pub(crate) fn new(service: Arc<Service>, permission: &Storing, answers: Answers) -> Self {
        Self {
            facility: permission.facility().clone(),
            answers,
            study: None,
            part: Part::None,
            next: 0,
            heart: Heart::start(&service),
            chunk: None,
            turns: Arc::new(Semaphore::new(service.config.writes_per_request.clamp(1, Semaphore::MAX_PERMITS))),
            commits: JoinSet::new(),
            tally: Tally::default(),
            service,
        }
    }

    /// Serves the request to its end.
    ///
    /// # Errors
    /// When the messages break their order; when a fault of ours kept everything out; and after a defect. What was
    /// answered as stored before stays stored.
    pub(crate) async fn run(mut self, input: impl Stream<Item = Result<Input, Failure>>) -> Result<(), Failure> {
        let end = self.receive(input).await;
        if let Part::Receiving(_, receiving) = std::mem::replace(&mut self.part, Part::None) {
            receiving.give_up().await;
        }
        let mut defect = self.seal().await.err();
        // Also after a defect in one commit the others come to their end.
        while let Some(commit) = self.commits.join_next().await {
            defect = self.count(commit).err().or(defect);
        }
        telemetry::request_ended(end.label());
        match (defect, end, self.tally) {
            (Some(failure), _, _) | (None, End::Failed(failure), _) => Err(failure),
            (None, _, Tally { stored: 0, outage: Some(outage) }) => Err(outage.into()),
            _ => Ok(()),
        }
    }

    async fn receive(&mut self, input: impl Stream<Item = Result<Input, Failure>>) -> End {
        let mut input = pin!(input);
        loop {
            let due = self.chunk.as_ref().and_then(OpenChunk::time_left);
            let step = tokio::select! {
                message = input.next() => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(failure)) if failure.code == Code::InvalidRequest => Err(failure),
                    Some(Err(_)) => return End::BrokenOff,
                    None if matches!(self.part, Part::Receiving(..)) => return End::BrokenOff,
                    None => return End::Complete,
                },
                () = tokio::time::sleep(due.unwrap_or(Duration::MAX)), if due.is_some() => self.seal().await,
                Some(commit) = self.commits.join_next() => self.count(commit),
                () = self.answers.abandoned() => return End::BrokenOff,
            };
            if let Err(failure) = step {
                return End::Failed(failure);
            }
        }
    }

    async fn take(&mut self, message: Input) -> Result<(), Failure> {
        match (message, &mut self.part) {
            (Input::Start(study), Part::None) if self.next == 0 => {
                self.study = study;
                Ok(())
            }
            (Input::Start(_), _) => Err(out_of_order()),
            (Input::PartStart, _) => self.start_part().await,
            (Input::Bytes(_) | Input::PartEnd, Part::None) => Err(out_of_order()),
            (Input::Bytes(_), Part::Refused) => Ok(()),
            (Input::Bytes(bytes), Part::Receiving(number, receiving)) => {
                let number = *number;
                if let Err(refused) = receiving.push(bytes, &self.facility, &self.heart).await {
                    self.refuse_receiving(number, refused).await;
                }
                Ok(())
            }
            (Input::PartEnd, _) => self.end_part().await,
        }
    }

    async fn start_part(&mut self) -> Result<(), Failure> {
        if let Part::Receiving(_, receiving) = std::mem::replace(&mut self.part, Part::None) {
            receiving.give_up().await;
        }
        let number = self.next;
        self.next = number.checked_add(1).ok_or_else(out_of_order)?;
        if let Err(outage) = self.service.space.check().await {
            self.refuse(number, Identity::default(), outage.into()).await;
            self.part = Part::Refused;
            return Ok(());
        }
        self.part = Part::Receiving(number, Box::new(Receiving::new(&self.service)));
        // Its intent becomes durable while the part is received.
        self.open_chunk();
        Ok(())
    }

    async fn end_part(&mut self) -> Result<(), Failure> {
        let Part::Receiving(number, receiving) = std::mem::replace(&mut self.part, Part::None) else { return Ok(()) };
        match receiving.finish().await {
            Ok(received) => self.add(number, received).await,
            Err((refused, identity)) => {
                self.refuse(number, identity, refused).await;
                Ok(())
            }
        }
    }

    /// Hands a complete part to its chunk.
    async fn add(&mut self, part: u32, received: Received) -> Result<(), Failure> {
        telemetry::received(received.length());
        if self.study.as_ref().is_some_and(|study| *study != received.description.instance.study) {
            let identity = Identity::of(&received.description);
            received.give_up().await;
            self.refuse(part, identity, Refused::study_mismatch()).await;
            return Ok(());
        }
        let Received { description, stored_digest, received_digest, object } = received;
        let held = self.hold_metadata(weight(&description)).await?;
        let complete = Complete { part, description, stored_digest, received_digest, held };
        match object {
            Object::Uploaded(object) => {
                let Uploading { upload, key, mut chunk } = *object;
                chunk.finish(complete, key, upload);
                self.commit(chunk).await
            }
            Object::Buffered(pieces, buffer) => {
                let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| defect())?;
                self.open_chunk().put(complete, pieces, buffer, turn);
                match self.chunk.as_ref().is_some_and(OpenChunk::is_full) {
                    true => self.seal().await,
                    false => Ok(()),
                }
            }
        }
    }

    /// Takes a share of the memory for metadata. Before it waits for one, it lets go of its own by a commit, so that
    /// requests never wait for one another.
    async fn hold_metadata(&mut self, bytes: u64) -> Result<crate::budget::Held, Failure> {
        let budget = self.service.metadata.clone();
        if let Some(held) = budget.try_take(bytes) {
            return Ok(held);
        }
        self.seal().await?;
        budget.take(bytes).await.ok_or_else(defect)
    }

    fn open_chunk(&mut self) -> &mut OpenChunk {
        self.chunk.get_or_insert_with(|| OpenChunk::begin(&self.service, &self.facility, &self.heart))
    }

    /// Commits the open chunk in the background.
    async fn seal(&mut self) -> Result<(), Failure> {
        match self.chunk.take() {
            Some(chunk) => self.commit(chunk).await,
            None => Ok(()),
        }
    }

    async fn commit(&mut self, chunk: OpenChunk) -> Result<(), Failure> {
        while self.commits.len() >= COMMITS {
            match self.commits.join_next().await {
                Some(commit) => self.count(commit)?,
                None => break,
            }
        }
        self.commits.spawn(chunk.commit(self.answers.clone()).in_current_span());
        Ok(())
    }

    /// Adds up what a commit came to.
    fn count(&mut self, commit: Result<Result<Tally, JoinError>, JoinError>) -> Result<(), Failure> {
        let tally = commit.and_then(|inner| inner).map_err(|error| {
            tracing::error!(panicked = error.is_panic(), "a commit of a store request ended in a defect");
            defect()
        })?;
        self.tally.stored = self.tally.stored.saturating_add(tally.stored);
        self.tally.outage = tally.outage.or(self.tally.outage);
        Ok(())
    }

    async fn refuse_receiving(&mut self, number: u32, refused: Refused) {
        let Part::Receiving(_, receiving) = std::mem::replace(&mut self.part, Part::Refused) else { return };
        let identity = receiving.identity_so_far();
        receiving.give_up().await;
        self.refuse(number, identity, refused).await;
    }

    async fn refuse(&mut self, part: u32, identity: Identity, refused: Refused) {
        self.tally.outage = refused.outage.or(self.tally.outage);
        self.answers.send(Answer { part, identity, outcome: Outcome::Refused(refused) }).await;
    }
}

impl End {
    fn label(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::BrokenOff => "broken_off",
            Self::Failed(_) => "failed",
        }
    }
}

fn out_of_order() -> Failure {
    Failure::new(Code::InvalidRequest, "the messages of a store request are out of order")
}

fn defect() -> Failure {
    Failure::new(Code::Internal, "the archive failed to carry out the request")
}
