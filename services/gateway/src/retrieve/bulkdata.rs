//! Bulk data and pixel data of a resource, and single bulk values (PS3.18 10.4.1.1.5).

use super::{
    answer::{Announced, answer},
    body::{Part, Piece, Pieces},
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
use media_type::{Category, Items, Representation};
use proto::retrieve::v1::{
    BulkDataHeader, BulkDataRequest, BulkDataResponse, BulkDataStart, ByteRange, bulk_data_response::Message,
};
use tonic::{Status, Streaming};
use uid::Resource;

/// `GET …/bulkdata`: all bulk data of a study, series or instance.
pub(crate) async fn bulk_data(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, .. }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let representation = asked.negotiate(Category::BulkData(Items::Many))?;
    all(&state, &caller, &root, &resource, &asked, representation).await
}

/// `GET …/pixeldata`: the pixel data of a study, series or instance.
pub(crate) async fn pixel_data(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, .. }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let representation = asked.negotiate(Category::BulkData(Items::Many))?;
    let request = BulkDataRequest { pixel_data_only: true, ..request(&resource, &representation) };
    respond(&state, &caller, &root, &asked, representation, request).await
}

/// `GET …/instances/{instance}/bulkdata/{path}`: one value.
pub(crate) async fn bulk_value(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, rest: path }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let representation = asked.negotiate(Category::BulkData(Items::One))?;
    let range = asked.range(&representation);
    let request = BulkDataRequest { path, range, ..request(&resource, &representation) };
    respond(&state, &caller, &root, &asked, representation, request).await
}

/// All bulk data of a resource in a representation that is settled.
pub(super) async fn all(
    state: &State,
    caller: &Caller,
    root: &Root,
    resource: &Resource,
    asked: &Asked,
    representation: Representation,
) -> Result<Response, Problem> {
    let request = request(resource, &representation);
    respond(state, caller, root, asked, representation, request).await
}

fn request(resource: &Resource, representation: &Representation) -> BulkDataRequest {
    BulkDataRequest {
        resource: Some(rpc::resource_to_proto(resource)),
        accepted: Some(accepted(&representation.syntaxes)),
        ..BulkDataRequest::default()
    }
}

async fn respond(
    state: &State,
    caller: &Caller,
    root: &Root,
    asked: &Asked,
    representation: Representation,
    mut request: BulkDataRequest,
) -> Result<Response, Problem> {
    if let (Some(_), Some(condition)) = (&request.range, asked.range_condition()) {
        let described = BulkDataRequest { describe_only: true, range: None, ..request.clone() };
        let (header, _) = open(state, caller, described).await?;
        request.range = request.range.filter(|_: &ByteRange| condition == format!("\"{}\"", header.etag));
    }
    request.describe_only = asked.head_only;
    request.caller_reads = state.archive().is_some();
    let (header, stream) = open(state, caller, request).await?;
    let announced = Announced {
        etag: header.etag,
        parts: header.parts,
        not_acceptable: header.not_acceptable,
        available: header.available_transfer_syntax_uids,
        transfer_syntax: String::new(),
        length: header.length,
        range: header.range_first.zip(header.range_length),
    };
    let range_length = announced.range.map(|(_, length)| length);
    let pieces = pieces(stream, state.archive(), root.clone(), range_length);
    answer(asked, representation, root.as_str(), announced, pieces).await
}

async fn open(
    state: &State,
    caller: &Caller,
    request: BulkDataRequest,
) -> Result<(BulkDataHeader, Streaming<BulkDataResponse>), Problem> {
    let answer = state.retrieve().bulk_data(caller.call(request)).await;
    opened(answer, |first| match first.message {
        Some(Message::Header(header)) => Some(header),
        _ => None,
    })
    .await
}

fn pieces(
    stream: Streaming<BulkDataResponse>,
    archive: Option<&Archive>,
    root: Root,
    range_length: Option<u64>,
) -> Pieces {
    let raw = stream.map(move |response| match response?.message {
        Some(Message::Value(start)) => Ok(Raw::Piece(Piece::Part(part(start, &root, range_length)))),
        Some(Message::Chunk(chunk)) => Ok(Raw::Piece(Piece::Chunk(chunk))),
        Some(Message::Stored(range)) => Ok(Raw::Named(range)),
        Some(Message::Header(_)) | None => Err(Status::internal("a message out of place")),
    });
    objects::read(raw, archive)
}

fn part(start: BulkDataStart, root: &Root, range_length: Option<u64>) -> Part {
    let named = start.resource.unwrap_or_default();
    let instance = root.resource(&named.study_instance_uid, &named.series_instance_uid, &named.sop_instance_uid);
    let location = match start.frame {
        0 => format!("{instance}/bulkdata/{}", start.path),
        frame => format!("{instance}/frames/{frame}"),
    };
    let length = Some(range_length.unwrap_or(start.length));
    Part { transfer_syntax: start.transfer_syntax_uid, location, length }
}
