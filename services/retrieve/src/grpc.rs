//! The gRPC face of the service: reads calls, runs each in its own task, writes messages. Decides nothing.

mod outlet;
mod wire;

pub(crate) use outlet::Outlet;

use crate::{Retrieval, error::Error, telemetry};
use futures::{StreamExt, stream::BoxStream};
use proto::retrieve::v1::{
    BulkDataRequest, BulkDataResponse, FramesRequest, FramesResponse, InstancesRequest, InstancesResponse,
    MetadataRequest, MetadataResponse, retrieve_server::Retrieve,
};
use rpc::{Code, Context, streaming};
use std::error::Error as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// The generated server calls this.
pub struct Service {
    retrieval: Retrieval,
}

type Answer<T> = Result<Response<BoxStream<'static, Result<T, Status>>>, Status>;

impl Service {
    pub(crate) fn new(retrieval: Retrieval) -> Self {
        Self { retrieval }
    }
}

#[tonic::async_trait]
impl Retrieve for Service {
    type InstancesStream = BoxStream<'static, Result<InstancesResponse, Status>>;
    type MetadataStream = BoxStream<'static, Result<MetadataResponse, Status>>;
    type FramesStream = BoxStream<'static, Result<FramesResponse, Status>>;
    type BulkDataStream = BoxStream<'static, Result<BulkDataResponse, Status>>;

    async fn instances(&self, request: Request<InstancesRequest>) -> Answer<InstancesResponse> {
        let (call, scope, message) = Call::read(request, "instances")?;
        let request = wire::instances_request(message, scope)?;
        let retrieval = self.retrieval.clone();
        let messages = streaming::spawn(retrieval.config.pieces_ahead, move |sender| async move {
            let mut outlet = Outlet::new(sender, call.resource);
            call.ended(retrieval.instances(request, &mut outlet).await)
        });
        Ok(answer(messages))
    }

    async fn metadata(&self, request: Request<MetadataRequest>) -> Answer<MetadataResponse> {
        let (call, scope, message) = Call::read(request, "metadata")?;
        let request = wire::metadata_request(message, scope)?;
        let retrieval = self.retrieval.clone();
        let messages = streaming::spawn(retrieval.config.pieces_ahead, move |sender| async move {
            let mut outlet = Outlet::new(sender, call.resource);
            call.ended(retrieval.metadata(request, &mut outlet).await)
        });
        Ok(answer(messages))
    }

    async fn frames(&self, request: Request<FramesRequest>) -> Answer<FramesResponse> {
        let (call, scope, message) = Call::read(request, "frames")?;
        let request = wire::frames_request(message, scope)?;
        let retrieval = self.retrieval.clone();
        let messages = streaming::spawn(retrieval.config.pieces_ahead, move |sender| async move {
            let mut outlet = Outlet::new(sender, call.resource);
            call.ended(retrieval.frames(request, &mut outlet).await)
        });
        Ok(answer(messages))
    }

    async fn bulk_data(&self, request: Request<BulkDataRequest>) -> Answer<BulkDataResponse> {
        let (call, scope, message) = Call::read(request, "bulkdata")?;
        let request = wire::bulk_data_request(message, scope)?;
        let retrieval = self.retrieval.clone();
        let messages = streaming::spawn(retrieval.config.pieces_ahead, move |sender| async move {
            let mut outlet = Outlet::new(sender, call.resource);
            call.ended(retrieval.bulk_data(request, &mut outlet).await)
        });
        Ok(answer(messages))
    }
}

/// The messages of a transaction as those of the wire.
fn answer<M, T>(messages: ReceiverStream<Result<M, Status>>) -> Response<BoxStream<'static, Result<T, Status>>>
where
    M: Into<T> + Send + 'static,
    T: 'static,
{
    Response::new(messages.map(|message| message.map(Into::into)).boxed())
}

/// One call, for logs and metrics.
struct Call {
    resource: &'static str,
    request_id: String,
}

impl Call {
    fn read<T>(request: Request<T>, resource: &'static str) -> Result<(Self, access::Scope, T), Status> {
        let context = Context::read(&request)?;
        let scope = context.may_see()?;
        Ok((Self { resource, request_id: context.request_id }, scope, request.into_inner()))
    }

    /// Notes how the call ended, and turns an error into what the caller is told.
    fn ended(self, result: Result<(), Error>) -> Result<(), Status> {
        let outcome = match &result {
            Ok(()) => "complete",
            Err(Error::CallerGone) => "broken_off",
            Err(error) => match error.failure().code {
                Code::Unavailable | Code::Busy => "unavailable",
                Code::Internal => "failed",
                _ => "refused",
            },
        };
        telemetry::ended(self.resource, outcome);
        let Err(error) = result else { return Ok(()) };
        if matches!(outcome, "unavailable" | "failed") {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(request_id = self.request_id, resource = self.resource, %error, cause, "retrieve failed");
        }
        Err(error.failure().into())
    }
}
