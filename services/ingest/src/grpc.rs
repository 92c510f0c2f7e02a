//! Between the wire and the service's own types; decides nothing.

use crate::{
    Clock, Config,
    answer::{Answer, Outcome, Refused, Stored, Warning},
    delete,
    outage::Outage,
    resolve,
    service::Service,
    store::{Input, Store},
    telemetry,
};
use archive::Archive;
use catalog::CatalogWriter;
use futures::StreamExt as _;
use proto::ingest::v1 as wire;
use rpc::{Code, Context, Failure};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;
use wire::{store_request::Message, store_response};

/// Answers that wait for the caller. Past it commits wait, and then the reading of parts.
const ANSWERS: usize = 1024;

/// The ingest service.
pub struct Ingest {
    service: Arc<Service>,
}

impl Ingest {
    pub(crate) fn new(config: &Config, catalog: CatalogWriter, archive: Archive, clock: Clock) -> Self {
        Self { service: Arc::new(Service::new(config, catalog, archive, clock)) }
    }
}

#[tonic::async_trait]
impl wire::ingest_server::Ingest for Ingest {
    type StoreStream = ReceiverStream<Result<wire::StoreResponse, Status>>;

    async fn store(
        &self,
        request: Request<Streaming<wire::StoreRequest>>,
    ) -> Result<Response<Self::StoreStream>, Status> {
        let context = Context::read(&request)?;
        let permission = context.may_store()?;
        let place = self.service.admit().await?;
        let input = request.into_inner().map(to_input);
        let service = Arc::clone(&self.service);
        let span = tracing::info_span!("store", request_id = %context.request_id);
        let answers = rpc::streaming::spawn(ANSWERS, move |sender| {
            let store = async move {
                let ended = Store::new(service, &permission, Answers(sender)).run(input).await;
                drop(place);
                ended.map_err(Status::from)
            };
            store.instrument(span)
        });
        Ok(Response::new(answers))
    }

    async fn delete(&self, request: Request<wire::DeleteRequest>) -> Result<Response<wire::DeleteResponse>, Status> {
        let context = Context::read(&request)?;
        let permission = context.may_delete()?;
        let resource = rpc::resource_from_proto(request.into_inner().resource)?;
        let span = tracing::info_span!("delete", request_id = %context.request_id);
        let instances = delete::delete(&self.service, &permission, &resource).instrument(span).await?;
        Ok(Response::new(wire::DeleteResponse { instances }))
    }

    async fn resolve_disagreement(
        &self,
        request: Request<wire::ResolveDisagreementRequest>,
    ) -> Result<Response<wire::ResolveDisagreementResponse>, Status> {
        let context = Context::read(&request)?;
        let permission = context.may_delete()?;
        let span = tracing::info_span!("resolve", request_id = %context.request_id);
        resolve::resolve(&self.service, &permission, request.into_inner().id).instrument(span).await?;
        Ok(Response::new(wire::ResolveDisagreementResponse {}))
    }
}

/// Where the answers of a request go.
#[derive(Clone)]
pub(crate) struct Answers(mpsc::Sender<Result<wire::StoreResponse, Status>>);

impl Answers {
    /// Sends an answer; waits while the caller is slow. When it is gone, nobody is left to tell.
    pub(crate) async fn send(&self, answer: Answer) {
        telemetry::answered(answer.outcome.label());
        drop(self.0.send(Ok(answer.into())).await);
    }

    /// Comes to an end when the caller is gone.
    pub(crate) async fn abandoned(&self) {
        self.0.closed().await;
    }
}

fn to_input(message: Result<wire::StoreRequest, Status>) -> Result<Input, Failure> {
    // Whatever the transport said, the request has broken off.
    let message = message.map_err(|_status| Failure::new(Code::Unavailable, "the request broke off"))?;
    match message.message {
        Some(Message::Start(start)) => study(&start.study_instance_uid).map(Input::Start),
        Some(Message::PartStart(wire::PartStart {})) => Ok(Input::PartStart),
        Some(Message::Chunk(bytes)) => Ok(Input::Bytes(bytes)),
        Some(Message::PartEnd(wire::PartEnd {})) => Ok(Input::PartEnd),
        None => Err(Failure::new(Code::InvalidRequest, "a message of a store request is empty")),
    }
}

fn study(text: &str) -> Result<Option<uid::StudyInstanceUid>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| Failure::new(Code::InvalidRequest, format!("Study Instance UID: {error}")))
}

impl From<Answer> for wire::StoreResponse {
    fn from(answer: Answer) -> Self {
        let identity = answer.identity;
        let place = identity.place.as_ref();
        Self {
            part: answer.part,
            sop_class_uid: identity.sop_class.map(|uid| uid.to_string()).unwrap_or_default(),
            sop_instance_uid: place
                .map(|place| place.instance.to_string())
                .or_else(|| identity.instance.map(|uid| uid.to_string()))
                .unwrap_or_default(),
            study_instance_uid: place.map(|place| place.study.to_string()).unwrap_or_default(),
            series_instance_uid: place.map(|place| place.series.to_string()).unwrap_or_default(),
            outcome: Some(answer.outcome.into()),
        }
    }
}

impl From<Outcome> for store_response::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Stored(Stored { kind, warnings }) => Self::Stored(wire::Stored {
                already: kind == crate::answer::Kind::Already,
                warnings: warnings.into_iter().map(Into::into).collect(),
            }),
            Outcome::Refused(Refused { reason, detail, outage }) => Self::Refused(wire::Refused {
                reason: reason.into(),
                detail,
                transient: outage.is_some_and(Outage::is_transient),
            }),
        }
    }
}

impl From<Warning> for wire::Warning {
    fn from(warning: Warning) -> Self {
        Self { reason: warning.reason.into(), detail: warning.detail }
    }
}
