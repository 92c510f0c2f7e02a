//! Storing straight into a data folder that no server has open: the same ingest service, without HTTP.

use super::{Outcome, files::Candidate};
use crate::{config::Config, wiring::Process};
use access::{FacilityId, Principal, Role, WayIn};
use anyhow::Context as _;
use bytes::BytesMut;
use proto::ingest::v1::{PartEnd, PartStart, StoreRequest, StoreStart, store_request::Message, store_response};
use rpc::Failure;
use tokio::{fs::File, io::AsyncReadExt as _, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;

/// The services of this process, and on whose behalf they are called.
pub(super) struct Direct {
    archive: Process,
    context: rpc::Context,
}

impl Direct {
    /// Stores into `archive` as the person at the command line.
    pub(super) fn new(archive: Process, config: &Config, facility: Option<FacilityId>) -> Self {
        let facilities = config.gateway.facilities.clone();
        let principal = Principal::new(
            "command-line".to_owned(),
            vec![Role::Administrator],
            facilities,
            config.gateway.home_facility.clone(),
            WayIn::CommandLine,
        );
        Self { archive, context: rpc::Context { request_id: "import".to_owned(), principal, facility } }
    }

    /// Stores one file.
    ///
    /// # Errors
    /// The file cannot be read, or the archive not be written.
    pub(super) async fn store(&self, file: &Candidate) -> anyhow::Result<Outcome> {
        let mut content = File::open(&file.path).await.context("cannot be read")?;
        let (messages, stream) = mpsc::channel(4);
        let mut request = Request::new(ReceiverStream::new(stream));
        self.context.attach(&mut request);
        let mut client = self.archive.ingest();
        let (sent, answered) = tokio::join!(send(&mut content, messages), async {
            let mut answers = client.store(request).await?.into_inner();
            let answer = answers.message().await?;
            while answers.message().await?.is_some() {}
            Ok::<_, tonic::Status>(answer)
        });
        sent?;
        let answer = answered.map_err(|status| Failure::from(&status))?;
        outcome(answer.and_then(|answer| answer.outcome).context("the archive did not answer")?)
    }

    /// Ends the services in order.
    pub(super) async fn close(self) {
        self.archive.close().await;
    }
}

async fn send(content: &mut File, messages: mpsc::Sender<StoreRequest>) -> anyhow::Result<()> {
    let message = |message| StoreRequest { message: Some(message) };
    let start = [Message::Start(StoreStart::default()), Message::PartStart(PartStart {})];
    for start in start {
        messages.send(message(start)).await.ok();
    }
    loop {
        let mut chunk = BytesMut::with_capacity(rpc::CHUNK);
        if content.read_buf(&mut chunk).await.context("cannot be read")? == 0 {
            break;
        }
        // The service stops listening once it has refused a file: its answer says so.
        if messages.send(message(Message::Chunk(chunk.freeze()))).await.is_err() {
            return Ok(());
        }
    }
    messages.send(message(Message::PartEnd(PartEnd {}))).await.ok();
    Ok(())
}

fn outcome(outcome: store_response::Outcome) -> anyhow::Result<Outcome> {
    Ok(match outcome {
        store_response::Outcome::Stored(stored) if stored.already => Outcome::AlreadyThere,
        store_response::Outcome::Stored(stored) => {
            Outcome::Stored { warnings: stored.warnings.into_iter().map(|warning| warning.detail).collect() }
        }
        store_response::Outcome::Refused(refused) => {
            let why = format!("{} (0x{:04X})", refused.detail, refused.reason);
            if refused.transient { Outcome::Failed { why } } else { Outcome::Refused { why } }
        }
    })
}
