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
    rewriter: Option<ExplicitRewriter>,
    /// Read, and not yet rewritten or given out.
    read: Bytes,
    /// Rewritten, and not yet given out.
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
        Ok(Self {
            stored: archive.stream(&stored.key.parse()?, range).boxed(),
            // What is stored was parsed once within the limits of the store; here hardly anything is kept.
            rewriter: (form == Form::Rewritten).then(|| ExplicitRewriter::new(Limits::default())),
            read: Bytes::new(),
            rewritten: BytesMut::new(),
        })
    }

    /// Reads the first bytes, so that an object that cannot be read fails the call before its header.
    pub(super) async fn fetch(&mut self) -> Result<(), Error> {
        if self.read.is_empty() {
            self.read = self.stored.next().await.transpose()?.unwrap_or_default();
        }
        Ok(())
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.rewriter.is_none() {
            self.fetch().await?;
            return Ok(Some(std::mem::take(&mut self.read)).filter(|bytes| !bytes.is_empty()));
        }
        while self.rewritten.len() < rpc::CHUNK && self.rewriter.is_some() {
            self.rewrite().await?;
        }
        let length = self.rewritten.len().min(rpc::CHUNK);
        Ok(Some(self.rewritten.split_to(length).freeze()).filter(|bytes| !bytes.is_empty()))
    }

    /// One step on; after the last one there is no rewriter any more.
    async fn rewrite(&mut self) -> Result<(), Error> {
        self.fetch().await?;
        let step = self.read.split_to(STEP.min(self.read.len()));
        let mut out = Vec::new();
        if !step.is_empty() {
            if let Some(rewriter) = &mut self.rewriter {
                rewriter.push(&step, &mut out)?;
            }
        } else if let Some(rewriter) = self.rewriter.take() {
            rewriter.finish(&mut out)?;
        }
        self.rewritten.extend_from_slice(&out);
        Ok(())
    }
}
