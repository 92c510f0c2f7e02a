//! Metadata in XML (PS3.18 8.7.3.2): one part for each instance, converted from its prepared JSON while it is sent. At a
//! time there are one batch of the service, the JSON of one instance and a piece of its document.

use super::{
    answer::{content, describe, insert},
    body::Broken,
};
use crate::{asked::Asked, origin::Root};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use dataset::{
    CorruptPiece,
    native_model::NativeModel,
    prepared::{PreparedPiece, decode, inflate_piece},
};
use futures::{Stream, stream};
use http::{StatusCode, header::CONTENT_TYPE};
use media_type::{DICOM_XML, Representation};
use multipart::Writer;
use proto::retrieve::v1::{MetadataHeader, MetadataResponse, metadata_response::Message};
use tonic::{Status, Streaming};

/// The answer to a request for metadata of which there is some.
pub(super) fn answer(
    asked: &Asked,
    representation: &Representation,
    root: Root,
    header: &MetadataHeader,
    stream: Streaming<MetadataResponse>,
) -> Response {
    // The links in the text begin with the root, so under another root it is another text.
    let etag = format!("\"{}-{:08x}-xml\"", header.etag, crc32fast::hash(root.as_str().as_bytes()));
    let mut response = if asked.matches(&etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let parts = Parts::new(stream, root, header.instances);
        let content_type = representation.multipart_content_type("", parts.writer.boundary());
        let mut response = content(asked.head_only, parts.bytes()).into_response();
        insert(response.headers_mut(), CONTENT_TYPE, &content_type);
        response
    };
    describe(response.headers_mut(), &etag);
    response
}

/// The body as it is written.
struct Parts {
    stream: Streaming<MetadataResponse>,
    /// Instances that have come and are not converted yet.
    batch: std::vec::IntoIter<Bytes>,
    /// The instance under way.
    document: Option<NativeModel>,
    writer: Writer,
    root: Root,
    /// Instances that are announced and have not come.
    missing: u64,
    ended: bool,
}

impl Parts {
    fn new(stream: Streaming<MetadataResponse>, root: Root, announced: u64) -> Self {
        let (batch, document, writer) = (Vec::new().into_iter(), None, Writer::new());
        Self { stream, batch, document, writer, root, missing: announced, ended: false }
    }

    fn bytes(self) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static {
        stream::try_unfold(self, async |mut parts| {
            let next = parts.next().await?;
            Ok(next.map(|bytes| (bytes, parts)))
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        while !self.ended {
            if let Some(document) = &mut self.document {
                match document.next() {
                    Some(piece) => return Ok(Some(piece?.into())),
                    None => self.document = None,
                }
            } else if let Some(prepared) = self.batch.next() {
                self.missing = self.missing.checked_sub(1).ok_or(Broken::Announced("more instances"))?;
                self.document = Some(NativeModel::new(json(&prepared, &self.root)?));
                return Ok(Some(self.writer.part([("Content-Type", DICOM_XML)])));
            } else {
                match self.stream.message().await?.map(|message| message.message) {
                    Some(Some(Message::Batch(batch))) => self.batch = batch.prepared.into_iter(),
                    Some(_) => return Err(Status::internal("a message out of place").into()),
                    None if self.missing > 0 => return Err(Broken::Announced("fewer instances")),
                    None => {
                        self.ended = true;
                        return Ok(Some(self.writer.end()));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The prepared text with the root in its gaps.
fn json(prepared: &[u8], root: &Root) -> Result<String, CorruptPiece> {
    let mut text = Vec::new();
    for piece in decode(prepared)? {
        match piece {
            PreparedPiece::Base => text.extend_from_slice(root.as_str().as_bytes()),
            PreparedPiece::Deflated { .. } => text.extend_from_slice(&inflate_piece(&piece)?),
        }
    }
    String::from_utf8(text).map_err(|_| CorruptPiece)
}
