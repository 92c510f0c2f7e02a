//! One part while its bytes come in: parsed and hashed in one pass, kept in memory while it is small, else written to the
//! archive as it comes.

use super::{chunk::OpenChunk, heart::Heart};
use crate::{
    answer::{Identity, Refused},
    budget::Held,
    outage::Outage,
    service::Service,
};
use access::FacilityId;
use archive::{Key, Upload};
use bytes::Bytes;
use dataset::{Describer, Description};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// A part of which more may come.
pub(super) struct Receiving {
    service: Arc<Service>,
    describer: Describer,
    /// Of the bytes as received.
    digest: Sha256,
    received: u64,
    body: Body,
}

enum Body {
    Buffered {
        pieces: Vec<Bytes>,
        held: Option<Held>,
    },
    Streamed(Box<Streamed>),
    /// Given up, with nothing left in the archive or the catalog.
    Gone,
}

struct Streamed {
    /// Of the object as stored, where that differs from what is received.
    stored: Option<Sha256>,
    object: Uploading,
}

/// An object that is written as it comes.
pub(super) struct Uploading {
    pub(super) upload: Upload,
    pub(super) key: Key,
    /// A chunk of its own: others do not wait for it, and its intent lives as long as the upload.
    pub(super) chunk: OpenChunk,
}

/// A part received to its end.
pub(super) struct Received {
    pub(super) description: Description,
    pub(super) stored_digest: [u8; 32],
    pub(super) received_digest: [u8; 32],
    pub(super) object: Object,
}

/// Where the bytes of a part are.
pub(super) enum Object {
    /// All in memory, the generated prefix in front.
    Buffered(Vec<Bytes>, Option<Held>),
    /// All given to an upload.
    Uploaded(Box<Uploading>),
}

impl Receiving {
    pub(super) fn new(service: &Arc<Service>) -> Self {
        Self {
            service: Arc::clone(service),
            describer: Describer::new(service.limits.clone()),
            digest: Sha256::new(),
            received: 0,
            body: Body::Buffered { pieces: Vec::new(), held: None },
        }
    }

    /// Whom the part seems to hold, for the answer when it is refused.
    pub(super) fn identity_so_far(&self) -> Identity {
        let (sop_class, instance) = self.describer.identity_so_far();
        Identity { sop_class, instance, place: None }
    }

    /// Takes the next bytes. After an error only [`Self::give_up`] makes sense.
    pub(super) async fn push(&mut self, chunk: Bytes, facility: &FacilityId, heart: &Heart) -> Result<(), Refused> {
        self.received = self.received.saturating_add(length(&chunk));
        if self.received > self.service.config.max_instance_bytes {
            return Err(Refused::too_large(self.service.config.max_instance_bytes));
        }
        self.describer.push(&chunk)?;
        self.digest.update(&chunk);
        if let Body::Streamed(streamed) = &mut self.body {
            self.service.space.check().await?;
            return Ok(streamed.write(chunk).await?);
        }
        if !self.buffer(chunk) {
            self.spill(facility, heart).await?;
        }
        Ok(())
    }

    /// Keeps the bytes; tells whether more may be kept.
    fn buffer(&mut self, chunk: Bytes) -> bool {
        let Body::Buffered { pieces, held } = &mut self.body else { return true };
        let more = self.service.buffers.try_take(length(&chunk));
        pieces.push(chunk);
        let fits = more.is_some() && self.received <= self.service.config.buffered_instance_bytes;
        match (held, more) {
            (Some(held), Some(more)) => held.add(more),
            (held, more) => *held = held.take().or(more),
        }
        fits
    }

    /// Turns to writing the part as it comes.
    async fn spill(&mut self, facility: &FacilityId, heart: &Heart) -> Result<(), Refused> {
        let Some(prefix) = self.describer.prefix().map(<[u8]>::to_vec) else {
            return match self.received > self.service.config.buffered_instance_bytes {
                true => Err(Refused::late_identity()),
                false => Err(Outage::Busy.into()),
            };
        };
        let mut chunk = OpenChunk::begin_single(&self.service, facility, heart);
        let (key, upload) = match chunk.create().await {
            Ok(created) => created,
            Err(outage) => {
                chunk.release().await;
                return Err(outage.into());
            }
        };
        let earlier = std::mem::replace(&mut self.body, Body::Gone);
        let stored = (!prefix.is_empty()).then(Sha256::new);
        let mut streamed = Streamed { stored, object: Uploading { upload, key, chunk } };
        let written = streamed.write_all(prefix, earlier).await;
        self.body = Body::Streamed(Box::new(streamed));
        Ok(written?)
    }

    /// Ends the part.
    pub(super) async fn finish(mut self) -> Result<Received, (Refused, Identity)> {
        let identity = self.identity_so_far();
        let body = std::mem::replace(&mut self.body, Body::Gone);
        let received_digest: [u8; 32] = self.digest.finalize().into();
        let description = match self.describer.finish() {
            Ok(description) => description,
            Err(refusal) => {
                body.give_up().await;
                return Err((refusal.into(), identity));
            }
        };
        let (stored_digest, object) = match body {
            Body::Buffered { pieces, held } => {
                let (stored, pieces) = with_prefix(&description.prefix, pieces);
                (stored, Object::Buffered(pieces, held))
            }
            Body::Streamed(streamed) => {
                let Streamed { stored, object } = *streamed;
                (stored.map(|digest| digest.finalize().into()), Object::Uploaded(Box::new(object)))
            }
            Body::Gone => return Err((Outage::Archive.into(), identity)),
        };
        Ok(Received { description, stored_digest: stored_digest.unwrap_or(received_digest), received_digest, object })
    }

    /// Gives the part up, and removes what was written of it.
    pub(super) async fn give_up(self) {
        self.body.give_up().await;
    }
}

impl Received {
    /// Bytes received, without a generated prefix.
    pub(super) fn length(&self) -> u64 {
        self.description.length.saturating_sub(length(&self.description.prefix))
    }

    /// Gives the part up although it is complete.
    pub(super) async fn give_up(self) {
        self.object.give_up().await;
    }
}

impl Object {
    async fn give_up(self) {
        if let Self::Uploaded(object) = self {
            object.give_up().await;
        }
    }
}

impl Body {
    async fn give_up(self) {
        if let Self::Streamed(streamed) = self {
            streamed.object.give_up().await;
        }
    }
}

impl Uploading {
    /// The object goes at once if that can be; if not, its key is on the removal list when the intent has ended.
    async fn give_up(self) {
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot remove a part that was given up");
        }
        self.chunk.release().await;
    }
}

impl Streamed {
    async fn write_all(&mut self, prefix: Vec<u8>, earlier: Body) -> Result<(), Outage> {
        if !prefix.is_empty() {
            self.write(prefix.into()).await?;
        }
        if let Body::Buffered { pieces, .. } = earlier {
            for piece in pieces {
                self.write(piece).await?;
            }
        }
        Ok(())
    }

    async fn write(&mut self, piece: Bytes) -> Result<(), Outage> {
        if let Some(digest) = &mut self.stored {
            digest.update(&piece);
        }
        self.object.upload.write(piece).await.map_err(|error| Outage::of_archive(&error))
    }
}

/// Puts the prefix in front, and gives the digest of all if that differs from what was received.
fn with_prefix(prefix: &[u8], mut pieces: Vec<Bytes>) -> (Option<[u8; 32]>, Vec<Bytes>) {
    if prefix.is_empty() {
        return (None, pieces);
    }
    pieces.insert(0, Bytes::copy_from_slice(prefix));
    let mut digest = Sha256::new();
    pieces.iter().for_each(|piece| digest.update(piece));
    (Some(digest.finalize().into()), pieces)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
