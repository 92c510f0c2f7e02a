//! Between the messages of `retrieve.proto` and the types of the transactions.

use crate::{
    accepted::Accepted, bulk_data, byte_range::ByteRange, error::Error, frames, instances, metadata, stretch::Stretch,
};
use access::Scope;
use proto::retrieve::v1::{
    self as wire, BulkDataHeader, BulkDataRequest, BulkDataResponse, BulkDataStart, FrameStart, FramesHeader,
    FramesRequest, FramesResponse, InstanceStart, InstancesHeader, InstancesRequest, InstancesResponse, MetadataBatch,
    MetadataHeader, MetadataRequest, MetadataResponse, StoredRange, bulk_data_response, frames_response,
    instances_response, metadata_response,
};
use rpc::{Code, Failure, resource_from_proto, resource_to_proto};
use std::ops::Range;
use uid::Resource;

pub(super) fn instances_request(message: InstancesRequest, scope: Scope) -> Result<instances::Request, Failure> {
    Ok(instances::Request {
        scope,
        resource: resource_from_proto(message.resource)?,
        accepted: accepted(message.accepted),
        range: byte_range(message.range)?,
        describe_only: message.describe_only,
        caller_reads: message.caller_reads,
    })
}

pub(super) fn metadata_request(message: MetadataRequest, scope: Scope) -> Result<metadata::Request, Failure> {
    Ok(metadata::Request {
        scope,
        resource: resource_from_proto(message.resource)?,
        describe_only: message.describe_only,
    })
}

pub(super) fn frames_request(message: FramesRequest, scope: Scope) -> Result<frames::Request, Failure> {
    let Resource::Instance(instance) = resource_from_proto(message.resource)? else {
        return Err(Failure::new(Code::InvalidRequest, "frames are asked of one instance"));
    };
    Ok(frames::Request {
        scope,
        instance,
        frames: message.frames,
        accepted: accepted(message.accepted),
        describe_only: message.describe_only,
        caller_reads: message.caller_reads,
    })
}

pub(super) fn bulk_data_request(message: BulkDataRequest, scope: Scope) -> Result<bulk_data::Request, Failure> {
    let which = match (message.path, message.pixel_data_only) {
        (path, _) if !path.is_empty() => bulk_data::Which::Path(path),
        (_, true) => bulk_data::Which::PixelData,
        (_, false) => bulk_data::Which::All,
    };
    Ok(bulk_data::Request {
        scope,
        resource: resource_from_proto(message.resource)?,
        which,
        accepted: accepted(message.accepted),
        range: byte_range(message.range)?,
        describe_only: message.describe_only,
        caller_reads: message.caller_reads,
    })
}

fn accepted(message: Option<wire::Accepted>) -> Accepted {
    let message = message.unwrap_or_default();
    Accepted { any: message.any, transfer_syntaxes: message.transfer_syntax_uids }
}

fn byte_range(message: Option<wire::ByteRange>) -> Result<Option<ByteRange>, Failure> {
    let Some(message) = message else { return Ok(None) };
    match (message.first, message.last, message.suffix) {
        (Some(first), last, None) if last.is_none_or(|last| last >= first) => Ok(Some(ByteRange::Span { first, last })),
        (None, None, Some(count)) => Ok(Some(ByteRange::Suffix(count))),
        _ => Err(Error::InvalidRange.failure()),
    }
}

fn length_of(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

impl From<Stretch> for StoredRange {
    fn from(stretch: Stretch) -> Self {
        Self { key: stretch.key, offset: stretch.range.start, length: length_of(&stretch.range) }
    }
}

impl From<instances::Message> for InstancesResponse {
    fn from(message: instances::Message) -> Self {
        use instances_response::Message;
        let message = match message {
            instances::Message::Header(header) => Message::Header(InstancesHeader {
                etag: header.etag,
                instances: header.instances,
                not_acceptable: header.not_acceptable,
                available_transfer_syntax_uids: header.available.into_iter().collect(),
                length: header.length,
                range_first: header.range.as_ref().map(|range| range.start),
                range_length: header.range.as_ref().map(length_of),
            }),
            instances::Message::Instance(start) => Message::Instance(InstanceStart {
                resource: Some(resource_to_proto(&Resource::Instance(start.instance))),
                transfer_syntax_uid: start.transfer_syntax,
                length: start.length,
            }),
            instances::Message::Chunk(bytes) => Message::Chunk(bytes),
            instances::Message::Stored(stretch) => Message::Stored(stretch.into()),
        };
        Self { message: Some(message) }
    }
}

impl From<metadata::Message> for MetadataResponse {
    fn from(message: metadata::Message) -> Self {
        use metadata_response::Message;
        let message = match message {
            metadata::Message::Header { etag, instances } => Message::Header(MetadataHeader { etag, instances }),
            metadata::Message::Batch(prepared) => Message::Batch(MetadataBatch { prepared }),
        };
        Self { message: Some(message) }
    }
}

impl From<frames::Message> for FramesResponse {
    fn from(message: frames::Message) -> Self {
        use frames_response::Message;
        let message = match message {
            frames::Message::Header(header) => Message::Header(FramesHeader {
                etag: header.etag,
                transfer_syntax_uid: header.transfer_syntax.unwrap_or_default(),
                available_transfer_syntax_uids: header.available,
            }),
            frames::Message::Frame { number, length } => Message::Frame(FrameStart { number, length }),
            frames::Message::Chunk(bytes) => Message::Chunk(bytes),
            frames::Message::Stored(stretch) => Message::Stored(stretch.into()),
        };
        Self { message: Some(message) }
    }
}

impl From<bulk_data::Message> for BulkDataResponse {
    fn from(message: bulk_data::Message) -> Self {
        use bulk_data_response::Message;
        let message = match message {
            bulk_data::Message::Header(header) => Message::Header(BulkDataHeader {
                etag: header.etag,
                parts: header.parts,
                not_acceptable: header.not_acceptable,
                available_transfer_syntax_uids: header.available.into_iter().collect(),
                length: header.length,
                range_first: header.range.as_ref().map(|range| range.start),
                range_length: header.range.as_ref().map(length_of),
            }),
            bulk_data::Message::Value(start) => Message::Value(BulkDataStart {
                resource: Some(resource_to_proto(&Resource::Instance(start.instance))),
                path: start.path,
                frame: start.frame,
                transfer_syntax_uid: start.transfer_syntax,
                length: start.length,
            }),
            bulk_data::Message::Chunk(bytes) => Message::Chunk(bytes),
            bulk_data::Message::Stored(stretch) => Message::Stored(stretch.into()),
        };
        Self { message: Some(message) }
    }
}
