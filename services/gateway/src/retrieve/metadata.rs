//! Metadata of a study, series or instance (PS3.18 10.4.1.1.2): prepared pieces, joined without looking into them, or
//! converted to XML.

use super::{
    answer::{content, describe, insert},
    body::Broken,
    metadata_xml, opened, settled,
};
use crate::{Problem, State, asked::Asked, named::Target, origin::Root, principal::Caller};
use axum::{
    extract,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dataset::prepared::{GzipJoiner, PreparedPiece, decode, inflate_piece};
use futures::{Stream, StreamExt, stream};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use media_type::{Category, Payload};
use proto::retrieve::v1::{MetadataHeader, MetadataRequest, MetadataResponse, metadata_response::Message};
use tonic::{Status, Streaming};
use uid::Resource;

/// `GET …/metadata`: one JSON array, whatever the resource (PS3.18 F.2), or one XML document for each instance.
pub(crate) async fn metadata(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Target { resource, .. }: Target,
    asked: Asked,
) -> Result<Response, Problem> {
    let representation = asked.negotiate(Category::Metadata)?;
    if representation.payload == Payload::DicomXml {
        let (header, stream) = open(&state, &caller, &resource, asked.head_only).await?;
        return Ok(metadata_xml::answer(&asked, &representation, root, &header, stream));
    }
    let gzip = asked.accepts_gzip();
    if gzip && !asked.head_only {
        let settled = settled::answer(&state, &caller, &root, &resource, &asked, &representation).await?;
        if let Some(response) = settled {
            return Ok(response);
        }
    }
    let (header, stream) = open(&state, &caller, &resource, asked.head_only).await?;
    let etag = etag(&header.etag, &root, gzip);
    let mut response = if asked.matches(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let array = Array::new(root, gzip, header.instances);
        let mut response = content(asked.head_only, bytes(stream, array)).into_response();
        insert(response.headers_mut(), CONTENT_TYPE, &representation.content_type(""));
        if gzip {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    describe(response.headers_mut(), &etag);
    Ok(response)
}

/// Asks the service for the metadata, or for its header alone.
///
/// # Errors
/// Those of the service, and 404 where there is no instance.
pub(super) async fn open(
    state: &State,
    caller: &Caller,
    resource: &Resource,
    describe_only: bool,
) -> Result<(MetadataHeader, Streaming<MetadataResponse>), Problem> {
    let request = MetadataRequest { resource: Some(rpc::resource_to_proto(resource)), describe_only };
    let answer = state.retrieve().metadata(caller.call(request)).await;
    let (header, stream) = opened(answer, |first| match first.message {
        Some(Message::Header(header)) => Some(header),
        _ => None,
    })
    .await?;
    if header.instances == 0 {
        return Err(Problem::not_found());
    }
    Ok((header, stream))
}

/// The links in the text begin with the root, so under another root it is another text.
pub(super) fn etag(tag: &str, root: &Root, gzip: bool) -> String {
    let coding = if gzip { "-gzip" } else { "" };
    format!("\"{tag}-{:08x}{coding}\"", crc32fast::hash(root.as_str().as_bytes()))
}

fn bytes(
    stream: Streaming<MetadataResponse>,
    mut array: Array,
) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static {
    let opening = array.open();
    let batches = stream.map(Some).chain(stream::once(async { None })).map(move |message| match message {
        Some(message) => match message?.message {
            Some(Message::Batch(batch)) => array.push(&batch.prepared),
            Some(Message::Header(_)) | None => Err(Status::internal("a message out of place").into()),
        },
        None => array.close(),
    });
    stream::once(async { Ok(opening) }).chain(batches)
}

/// The array as it is written, compressed or not.
struct Array {
    root: Root,
    /// Absent where the client does not take gzip.
    joiner: Option<GzipJoiner>,
    written: u64,
    announced: u64,
}

impl Array {
    fn new(root: Root, gzip: bool, announced: u64) -> Self {
        Self { root, joiner: gzip.then(GzipJoiner::new), written: 0, announced }
    }

    fn open(&mut self) -> Bytes {
        let mut out = if self.joiner.is_some() { GzipJoiner::header().to_vec() } else { Vec::new() };
        self.plain(b"[", &mut out);
        out.into()
    }

    fn push(&mut self, prepared: &[Bytes]) -> Result<Bytes, Broken> {
        let mut out = Vec::with_capacity(prepared.iter().map(|one| one.len().saturating_add(256)).sum());
        for instance in prepared {
            if self.written > 0 {
                self.plain(b",", &mut out);
            }
            for piece in decode(instance)? {
                self.piece(&piece, &mut out)?;
            }
            self.written = self.written.saturating_add(1);
        }
        Ok(out.into())
    }

    fn close(&mut self) -> Result<Bytes, Broken> {
        if self.written != self.announced {
            return Err(Broken::Announced("more or fewer instances"));
        }
        let mut out = Vec::new();
        self.plain(b"]", &mut out);
        if let Some(joiner) = self.joiner.take() {
            joiner.finish(&mut out);
        }
        Ok(out.into())
    }

    fn piece(&mut self, piece: &PreparedPiece<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
        match (piece, &mut self.joiner) {
            (PreparedPiece::Deflated { bytes, crc, raw_length }, Some(joiner)) => {
                joiner.push_deflated(bytes, *crc, *raw_length, out);
            }
            (PreparedPiece::Base, Some(joiner)) => joiner.push_plain(self.root.as_str().as_bytes(), out),
            (PreparedPiece::Deflated { .. }, None) => out.extend_from_slice(&inflate_piece(piece)?),
            (PreparedPiece::Base, None) => out.extend_from_slice(self.root.as_str().as_bytes()),
        }
        Ok(())
    }

    fn plain(&mut self, text: &[u8], out: &mut Vec<u8>) {
        match &mut self.joiner {
            Some(joiner) => joiner.push_plain(text, out),
            None => out.extend_from_slice(text),
        }
    }
}
