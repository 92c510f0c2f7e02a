//! Studies, series and instances as Part 10 objects (PS3.18 10.4.1.1.1).

use super::{
    answer::{Announced, answer},
    body::{Part, Piece, Pieces},
    bulkdata,
    objects::{self, Raw},
    opened,
};
use crate::{
    Problem, State,
    asked::{Asked, accepted},
    named::Target,
    origin::Root,
    principal::Caller,
};
use archive::Archive;
use axum::{extract, response::Response};
use futures::StreamExt;
use media_type::{Category, Items, Payload, Representation};
use proto::retrieve::v1::{
    ByteRange, InstancesHeader, InstancesRequest, InstancesResponse, instances_response::Message,
};
use tonic::{Status, Streaming};
use uid::Resource;

/// `GET` on a study, series or instance.
pub(crate) async fn instances(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, .. }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let items = if matches!(resource, Resource::Instance(_)) { Items::One } else { Items::Many };
    let representation = asked.negotiate(Category::Instances(items))?;
    if representation.payload == Payload::BulkData {
        // PS3.18 Table 10.4.4-1: a resource asked for as octet streams is its bulk data.
        return bulkdata::all(&state, &caller, &root, &resource, &asked, representation).await;
    }
    let call = Call { state: &state, caller: &caller, resource: &resource, representation: &representation };
    let mut range = asked.range(&representation);
    if let (Some(_), Some(condition)) = (&range, asked.range_condition()) {
        let (header, _) = call.open(None, true).await?;
        range = range.filter(|_| condition == format!("\"{}\"", header.etag));
    }
    let (header, stream) = call.open(range, asked.head_only).await?;
    let announced = Announced {
        etag: header.etag,
        parts: header.instances,
        not_acceptable: header.not_acceptable,
        available: header.available_transfer_syntax_uids,
        transfer_syntax: String::new(),
        length: header.length,
        range: header.range_first.zip(header.range_length),
    };
    let range_length = announced.range.map(|(_, length)| length);
    let pieces = pieces(stream, state.archive(), root.clone(), range_length);
    answer(&asked, representation, root.as_str(), announced, pieces).await
}

/// What each call for the same answer says.
struct Call<'a> {
    state: &'a State,
    caller: &'a Caller,
    resource: &'a Resource,
    representation: &'a Representation,
}

impl Call<'_> {
    async fn open(
        &self,
        range: Option<ByteRange>,
        describe_only: bool,
    ) -> Result<(InstancesHeader, Streaming<InstancesResponse>), Problem> {
        let request = InstancesRequest {
            resource: Some(rpc::resource_to_proto(self.resource)),
            accepted: Some(accepted(&self.representation.syntaxes)),
            range,
            describe_only,
            caller_reads: self.state.archive().is_some(),
        };
        let answer = self.state.retrieve().instances(self.caller.call(request)).await;
        opened(answer, |first| match first.message {
            Some(Message::Header(header)) => Some(header),
            _ => None,
        })
        .await
    }
}

fn pieces(
    stream: Streaming<InstancesResponse>,
    archive: Option<&Archive>,
    root: Root,
    range_length: Option<u64>,
) -> Pieces {
    let raw = stream.map(move |response| match response?.message {
        Some(Message::Instance(start)) => {
            let named = start.resource.unwrap_or_default();
            let location =
                root.resource(&named.study_instance_uid, &named.series_instance_uid, &named.sop_instance_uid);
            let length = range_length.or(start.length);
            Ok(Raw::Piece(Piece::Part(Part { transfer_syntax: start.transfer_syntax_uid, location, length })))
        }
        Some(Message::Chunk(chunk)) => Ok(Raw::Piece(Piece::Chunk(chunk))),
        Some(Message::Stored(range)) => Ok(Raw::Named(range)),
        Some(Message::Header(_)) | None => Err(Status::internal("a message out of place")),
    });
    objects::read(raw, archive)
}
