//! Frames of one instance (PS3.18 10.4.1.1.6).

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
use http::StatusCode;
use media_type::{Category, Items};
use proto::retrieve::v1::{FramesHeader, FramesRequest, FramesResponse, frames_response::Message};
use std::collections::HashSet;
use tonic::{Status, Streaming};

/// `GET …/frames/{frames}`.
pub(crate) async fn frames(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, rest }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let frames = frame_list(&rest, state.config().retrieve.max_frames)?;
    let items = if frames.len() == 1 { Items::One } else { Items::Many };
    let representation = asked.negotiate(Category::Frames(items))?;
    let request = FramesRequest {
        resource: Some(rpc::resource_to_proto(&resource)),
        frames: frames.clone(),
        accepted: Some(accepted(&representation.syntaxes)),
        describe_only: asked.head_only,
        caller_reads: state.archive().is_some(),
    };
    let answered = state.retrieve().frames(caller.call(request)).await;
    let (header, stream) = opened(answered, |first| match first.message {
        Some(Message::Header(header)) => Some(header),
        _ => None,
    })
    .await?;
    let address = root.resource(
        resource.study().as_str(),
        resource.series().map_or("", |series| series.as_str()),
        resource.instance().map_or("", |instance| instance.as_str()),
    );
    let pieces = pieces(stream, state.archive(), address, header.transfer_syntax_uid.clone());
    answer(&asked, representation, root.as_str(), announced(header, &frames), pieces).await
}

fn announced(header: FramesHeader, frames: &[u32]) -> Announced {
    let count = frames.len() as u64;
    let acceptable = !header.transfer_syntax_uid.is_empty();
    // The tag of the service is that of the instance; a list of other frames is another resource with another address.
    Announced {
        etag: header.etag,
        parts: if acceptable { count } else { 0 },
        not_acceptable: if acceptable { 0 } else { count },
        available: header.available_transfer_syntax_uids,
        transfer_syntax: header.transfer_syntax_uid,
        ..Announced::default()
    }
}

fn pieces(
    stream: Streaming<FramesResponse>,
    archive: Option<&Archive>,
    address: String,
    transfer_syntax: String,
) -> Pieces {
    let raw = stream.map(move |response| match response?.message {
        Some(Message::Frame(start)) => Ok(Raw::Piece(Piece::Part(Part {
            transfer_syntax: transfer_syntax.clone(),
            location: format!("{address}/frames/{}", start.number),
            length: Some(start.length),
        }))),
        Some(Message::Chunk(chunk)) => Ok(Raw::Piece(Piece::Chunk(chunk))),
        Some(Message::Stored(range)) => Ok(Raw::Named(range)),
        Some(Message::Header(_)) | None => Err(Status::internal("a message out of place")),
    });
    objects::read(raw, archive)
}

/// Numbers from 1, separated by commas, none of them twice (PS3.18 10.4.1.1.6).
fn frame_list(text: &str, most: usize) -> Result<Vec<u32>, Problem> {
    let mut seen = HashSet::new();
    let mut frames = Vec::new();
    for number in text.split(',') {
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let frame = number.parse::<u32>().ok().filter(|frame| digits && *frame > 0).ok_or_else(|| {
            Problem::bad_request("the frame list is not valid: it holds numbers from 1, separated by commas")
        })?;
        if !seen.insert(frame) {
            return Err(Problem::bad_request("the frame list names a frame twice"));
        }
        if frames.len() >= most {
            let detail = format!("the frame list names more than {most} frames");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        frames.push(frame);
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::frame_list;

    #[test]
    fn lists_keep_their_order() {
        assert_eq!(frame_list("3,1,2", 3).ok(), Some(vec![3, 1, 2]));
        assert_eq!(frame_list("4294967295", 3).ok(), Some(vec![u32::MAX]));
    }

    #[test]
    fn malformed_lists_are_refused() {
        for text in ["", "0", "1,", ",1", "1,1", "+1", "-1", " 1", "1;2", "a", "4294967296", "1.5"] {
            assert_eq!(frame_list(text, 3).err().map(|problem| problem.status().as_u16()), Some(400), "{text}");
        }
        assert_eq!(frame_list("1,2,3,4", 3).err().map(|problem| problem.status().as_u16()), Some(413));
    }
}
