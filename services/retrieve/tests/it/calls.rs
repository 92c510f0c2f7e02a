//! Calls of the service whose streams are taken to their end.

use crate::place::Place;
use proto::retrieve::v1::{
    Accepted, BulkDataHeader, BulkDataRequest, BulkDataStart, ByteRange, FramesHeader, FramesRequest, InstanceStart,
    InstancesHeader, InstancesRequest, bulk_data_response, frames_response, instances_response,
};
use rpc::{Failure, resource_to_proto};
use uid::{InstanceRef, Resource, SeriesRef};

/// What a call gave: its header, and the parts with their bytes.
#[derive(Debug)]
pub struct Answer<H, S> {
    pub header: H,
    pub parts: Vec<(S, Vec<u8>)>,
}

impl<H, S> Answer<H, S> {
    pub fn bytes(&self) -> Vec<&[u8]> {
        self.parts.iter().map(|(_, bytes)| bytes.as_slice()).collect()
    }

    /// The bytes of the only part.
    pub fn only(&self) -> &[u8] {
        assert_eq!(self.parts.len(), 1);
        &self.parts[0].1
    }
}

pub fn any() -> Accepted {
    Accepted { any: true, transfer_syntax_uids: Vec::new() }
}

pub fn listed(uids: &[&str]) -> Accepted {
    Accepted { any: false, transfer_syntax_uids: uids.iter().map(ToString::to_string).collect() }
}

pub fn span(first: u64, last: Option<u64>) -> ByteRange {
    ByteRange { first: Some(first), last, suffix: None }
}

pub fn instance(instance: &InstanceRef) -> Resource {
    Resource::Instance(instance.clone())
}

pub fn series(instance: &InstanceRef) -> Resource {
    Resource::Series(SeriesRef { study: instance.study.clone(), series: instance.series.clone() })
}

pub fn study(instance: &InstanceRef) -> Resource {
    Resource::Study(instance.study.clone())
}

pub fn failed<T: std::fmt::Debug>(result: Result<T, Failure>) -> rpc::Code {
    result.unwrap_err().code
}

/// Makes a call and takes its stream of header, starts and bytes, in this order, to its end; once as a caller that is
/// sent all bytes, and once as one that reads the archive itself. Both come to the same.
macro_rules! take_to_the_end {
    ($place:expr, $method:ident, $request:expr, $response:ident, $start:ident) => {{
        let mut request = $request;
        request.caller_reads = false;
        let sent = taken!($place, $method, request.clone(), $response, $start);
        request.caller_reads = true;
        let read = taken!($place, $method, request, $response, $start);
        match (&sent, &read) {
            (Ok(sent), Ok(read)) => assert!(sent.header == read.header && sent.parts == read.parts),
            (sent, read) => assert_eq!(sent.as_ref().err(), read.as_ref().err()),
        }
        sent
    }};
}

macro_rules! taken {
    ($place:expr, $method:ident, $request:expr, $response:ident, $start:ident) => {
        async {
            let mut client = $place.client.clone();
            let call = client.$method($place.call($request)).await;
            let mut stream = call.map_err(|status| Failure::from(&status))?.into_inner();
            let (mut header, mut parts) = (None, Vec::new());
            while let Some(response) = stream.message().await.map_err(|status| Failure::from(&status))? {
                match response.message.expect("a message") {
                    $response::Message::Header(first) => assert!(header.replace(first).is_none() && parts.is_empty()),
                    $response::Message::$start(start) => parts.push((start, Vec::new())),
                    $response::Message::Chunk(bytes) => {
                        assert!(!bytes.is_empty() && bytes.len() <= 2 * rpc::CHUNK);
                        parts.last_mut().expect("a start before its bytes").1.extend_from_slice(&bytes);
                    }
                    $response::Message::Stored(range) => {
                        let bytes = $place.read(&range).await?;
                        parts.last_mut().expect("a start before its bytes").1.extend_from_slice(&bytes);
                    }
                }
            }
            Ok::<_, Failure>(Answer { header: header.expect("a header"), parts })
        }
        .await
    };
}

pub async fn frames(
    place: &Place,
    of: &InstanceRef,
    frames: &[u32],
    accepted: Accepted,
) -> Result<Answer<FramesHeader, proto::retrieve::v1::FrameStart>, Failure> {
    let request = FramesRequest {
        resource: Some(resource_to_proto(&instance(of))),
        frames: frames.to_vec(),
        accepted: Some(accepted),
        describe_only: false,
        caller_reads: false,
    };
    let answer: Result<Answer<FramesHeader, proto::retrieve::v1::FrameStart>, Failure> =
        take_to_the_end!(place, frames, request, frames_response, Frame);
    let answer = answer?;
    for (start, bytes) in &answer.parts {
        assert_eq!(start.length, bytes.len() as u64);
    }
    Ok(answer)
}

pub fn instances_request(resource: &Resource, accepted: Accepted) -> InstancesRequest {
    InstancesRequest { resource: Some(resource_to_proto(resource)), accepted: Some(accepted), ..Default::default() }
}

pub async fn instances(
    place: &Place,
    request: InstancesRequest,
) -> Result<Answer<InstancesHeader, InstanceStart>, Failure> {
    take_to_the_end!(place, instances, request, instances_response, Instance)
}

pub fn bulk_data_request(resource: &Resource, path: &str, accepted: Accepted) -> BulkDataRequest {
    BulkDataRequest {
        resource: Some(resource_to_proto(resource)),
        path: path.to_owned(),
        accepted: Some(accepted),
        ..Default::default()
    }
}

pub async fn bulk_data(
    place: &Place,
    request: BulkDataRequest,
) -> Result<Answer<BulkDataHeader, BulkDataStart>, Failure> {
    let has_range = request.range.is_some();
    let answer: Result<Answer<BulkDataHeader, BulkDataStart>, Failure> =
        take_to_the_end!(place, bulk_data, request, bulk_data_response, Value);
    let answer = answer?;
    for (start, bytes) in &answer.parts {
        assert!(has_range || start.length == bytes.len() as u64);
    }
    Ok(answer)
}
