//! The bytes of one instance in the form in which it is sent.

use crate::{accepted::Form, error::Error};
use archive::Archive;
use bytes::{Bytes, BytesMut};
use catalog::StoredInstance;
use dataset::{ExplicitRewriter, Limits};
use futures::{StreamExt, stream::BoxStream};
use std::ops::Range;

/// Stored bytes rewritten at a time: a deflated object grows a thousandfold at most, so this gives a few MiB at the worst.
const STEP: usize = 4 * 1024;

/// Bytes of an instance, read and rewritten as they are taken.
pub(super) struct Content {
    stored: BoxStream<'static, Result<Bytes, archive::Error>>,
    /// Read, and not yet rewritten or given out.
    read: Bytes,
    rewriting: Option<Rewriting>,
}

struct Rewriting {
    /// `None` after the end of the object.
    rewriter: Option<ExplicitRewriter>,
    /// Not yet given out.
    rewritten: BytesMut,
}

impl Content {
    /// The object of this instance, or a range of it when it is sent as stored.
    pub(super) fn open(
        archive: &Archive,
        stored: &StoredInstance,
        form: Form,
        range: Option<Range<u64>>,
    ) -> Result<Self, Error> {
        let range = range.unwrap_or(0..stored.length);
        let rewriting = || Rewriting {
            // What is stored was inflated and parsed within the limits of the store; here hardly anything is kept.
            rewriter: Some(ExplicitRewriter::new(Limits { inflated_bytes: u64::MAX, ..Limits::default() })),
            rewritten: BytesMut::new(),
        };
        Ok(Self {
            stored: archive.stream(&stored.key.parse()?, range).boxed(),
            read: Bytes::new(),
            rewriting: (form == Form::Rewritten).then(rewriting),
        })
    }

    /// Reads the next bytes unless there are some, so that an object that cannot be read fails the call before its
    /// header.
    pub(super) async fn fetch(&mut self) -> Result<(), Error> {
        if self.read.is_empty() {
            self.read = self.stored.next().await.transpose()?.unwrap_or_default();
        }
        Ok(())
    }

    /// The next bytes to send; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let bytes = loop {
            match &self.rewriting {
                Some(rewriting) if !rewriting.is_ready() => {}
                _ => break self.take().await?,
            }
            self.fetch().await?;
            let step = self.read.split_to(STEP.min(self.read.len()));
            if let Some(rewriting) = &mut self.rewriting {
                rewriting.rewrite(&step)?;
            }
            // Rewriting is work: others get their turn in between.
            tokio::task::yield_now().await;
        };
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    async fn take(&mut self) -> Result<Bytes, Error> {
        if let Some(Rewriting { rewritten, .. }) = &mut self.rewriting {
            return Ok(rewritten.split_to(rewritten.len().min(rpc::CHUNK)).freeze());
        }
        self.fetch().await?;
        Ok(std::mem::take(&mut self.read))
    }
}

impl Rewriting {
    /// Whether there is enough for a message, or all there will be.
    fn is_ready(&self) -> bool {
        self.rewriter.is_none() || self.rewritten.len() >= rpc::CHUNK
    }

    /// Takes stored bytes; none at the end of the object.
    fn rewrite(&mut self, stored: &[u8]) -> Result<(), Error> {
        let mut out = Vec::new();
        if stored.is_empty() {
            if let Some(rewriter) = self.rewriter.take() {
                rewriter.finish(&mut out)?;
            }
        } else if let Some(rewriter) = &mut self.rewriter {
            rewriter.push(stored, &mut out)?;
        }
        self.rewritten.extend_from_slice(&out);
        Ok(())
    }
}
