//! Ranges of the data set of a deflated object (PS3.5 A.5). It can only be read from its begin on, so this is the
//! exception to "a frame is one ranged read".

use super::{InHand, stored::next};
use crate::error::Error;
use archive::{Archive, Key};
use bytes::Bytes;
use dataset::Inflater;
use futures::{StreamExt, stream::BoxStream};
use std::ops::Range;

/// Compressed bytes inflated at a time: deflate grows a thousandfold at most, so this gives a few MiB at the worst.
const STEP: usize = 4 * 1024;
/// How often one request may begin anew because it asks for something that has passed.
const PASSES: u32 = 8;

/// Reads ranges of an inflated data set.
pub(crate) struct InflatedReader {
    archive: Archive,
    key: Key,
    /// The deflate stream in the object.
    deflated: Range<u64>,
    passes: u32,
    pass: Option<Pass>,
}

struct Pass {
    stream: BoxStream<'static, Result<Bytes, archive::Error>>,
    compressed: Bytes,
    inflater: Inflater,
    in_hand: InHand,
}

impl InflatedReader {
    pub(super) fn new(archive: Archive, key: Key, deflated: Range<u64>) -> Self {
        Self { archive, key, deflated, passes: 0, pass: None }
    }

    pub(super) async fn fetch(&mut self, position: u64) -> Result<(), Error> {
        self.pass_before(position)?.fill(position).await
    }

    pub(super) async fn piece(&mut self, rest: &mut Range<u64>) -> Result<Bytes, Error> {
        let pass = self.pass_before(rest.start)?;
        pass.fill(rest.start).await?;
        Ok(pass.in_hand.take(rest))
    }

    /// A pass that has not gone beyond this position.
    fn pass_before(&mut self, position: u64) -> Result<&mut Pass, Error> {
        let usable = self.pass.take().filter(|pass| pass.in_hand.at <= position);
        let pass = match usable {
            Some(pass) => pass,
            None if self.passes == PASSES => return Err(Error::TooManyPasses),
            None => {
                self.passes += 1;
                Pass {
                    stream: self.archive.stream(&self.key, self.deflated.clone()).boxed(),
                    compressed: Bytes::new(),
                    // What is stored was inflated once within the limits of the store; here it is not kept.
                    inflater: Inflater::new(u64::MAX),
                    in_hand: InHand::default(),
                }
            }
        };
        Ok(self.pass.insert(pass))
    }
}

impl Pass {
    async fn fill(&mut self, position: u64) -> Result<(), Error> {
        loop {
            self.in_hand.skip_to(position);
            if !self.in_hand.bytes.is_empty() {
                return Ok(());
            }
            if self.compressed.is_empty() {
                self.compressed = next(&mut self.stream).await?;
            }
            let step = self.compressed.split_to(STEP.min(self.compressed.len()));
            let mut inflated = Vec::new();
            self.inflater.push(&step, &mut inflated)?;
            self.in_hand.bytes = inflated.into();
            // Inflating is work: others get their turn in between.
            tokio::task::yield_now().await;
        }
    }
}
