//! A collector of traces as real ones are: OTLP over gRPC, on a free port.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message as _;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What arrives takes at most this long: processes gather spans for a second.
const ARRIVAL: Duration = Duration::from_secs(20);

/// A collector that keeps what it receives, until it is dropped.
pub struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    serving: JoinHandle<()>,
}

/// One span, and the process that sent it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub service: String,
    pub span: Span,
}

struct Receiver(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener)
    }

    /// On a port that was taken before.
    pub fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        let received = Arc::default();
        let server =
            tonic::transport::Server::builder().add_service(TraceServiceServer::new(Receiver(Arc::clone(&received))));
        let serving =
            tokio::spawn(async move { server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap() });
        Self { address, received, serving }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every byte that came, as it came but for framing.
    pub fn bytes(&self) -> Vec<u8> {
        self.received.lock().unwrap().iter().flat_map(|request| request.encode_to_vec()).collect()
    }

    pub fn spans(&self) -> Vec<Seen> {
        let received = self.received.lock().unwrap();
        let mut spans = Vec::new();
        for resource in received.iter().flat_map(|request| &request.resource_spans) {
            let attributes =
                resource.resource.as_ref().map(|resource| resource.attributes.as_slice()).unwrap_or_default();
            let service = text(attributes, "service.name").unwrap_or_default();
            for span in resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                spans.push(Seen { service: service.clone(), span: span.clone() });
            }
        }
        spans
    }

    /// The trace whose request has this name, once all of what is named is in it.
    pub async fn trace(&self, request: &str, complete: &[&str]) -> Vec<Seen> {
        let until = Instant::now() + ARRIVAL;
        loop {
            let spans = self.spans();
            let root = spans.iter().find(|seen| seen.span.name == request).map(|seen| seen.span.trace_id.clone());
            let of_trace: Vec<Seen> =
                spans.iter().filter(|seen| Some(&seen.span.trace_id) == root.as_ref()).cloned().collect();
            if root.is_some() && complete.iter().all(|name| of_trace.iter().any(|seen| seen.span.name == **name)) {
                return of_trace;
            }
            let names: Vec<&str> = spans.iter().map(|seen| seen.span.name.as_str()).collect();
            assert!(Instant::now() < until, "no {request} with {complete:?} among {names:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// An attribute that is a text.
pub fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    match value(attributes, key)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{key} is {other:?}"),
    }
}

/// An attribute that is a number.
pub fn number(attributes: &[KeyValue], key: &str) -> Option<i64> {
    match value(attributes, key)? {
        Value::IntValue(number) => Some(number),
        other => panic!("{key} is {other:?}"),
    }
}

fn value(attributes: &[KeyValue], key: &str) -> Option<Value> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.clone()?.value
}
