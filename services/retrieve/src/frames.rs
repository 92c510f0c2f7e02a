//! Frames of one instance (PS3.18 10.4.1.1.6): a native frame is one ranged read at an offset known by arithmetic.

use crate::{
    Retrieval,
    accepted::{Accepted, syntax_of_value},
    cells::big_endian_unit,
    error::Error,
    etag,
    grpc::Outlet,
    object::ObjectReader,
    part::{NativeValue, Part},
    stretch::Stretch,
};
use access::Scope;
use bytes::Bytes;
use catalog::{NativePixels, StoredInstance, StoredPixels};
use std::collections::HashSet;
use uid::InstanceRef;

/// Frames whose places are held in memory at a time.
pub(crate) const BATCH: usize = 1024;

/// What is asked.
pub(crate) struct Request {
    pub(crate) scope: Scope,
    pub(crate) instance: InstanceRef,
    pub(crate) frames: Vec<u32>,
    pub(crate) accepted: Accepted,
    pub(crate) describe_only: bool,
    /// The caller reads the archive itself: see [`Stretch`].
    pub(crate) caller_reads: bool,
}

/// What is answered.
pub(crate) enum Message {
    Header(Header),
    Frame { number: u32, length: u64 },
    Chunk(Bytes),
    Stored(Stretch),
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Chunk(bytes)
    }
}

impl From<Stretch> for Message {
    fn from(stretch: Stretch) -> Self {
        Self::Stored(stretch)
    }
}

/// Comes first. Without a transfer syntax none is acceptable, and nothing follows.
pub(crate) struct Header {
    pub(crate) etag: String,
    pub(crate) transfer_syntax: Option<String>,
    pub(crate) available: Vec<String>,
}

impl Retrieval {
    /// Sends frames in the order in which they are listed.
    pub(crate) async fn frames(&self, request: Request, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        check_list(&request.frames, self.config.max_frames)?;
        let stored = self.catalog.instance(&request.scope, &request.instance).await?;
        let pixels = stored.pixels.ok_or(Error::NoPixelData)?;
        if request.frames.iter().any(|number| *number > pixels.frames) {
            return Err(Error::NoSuchFrame { frames: pixels.frames });
        }
        let syntax = syntax_of_value(stored.transfer_syntax.as_str(), pixels.native.is_none());
        let is_accepted = request.accepted.takes(syntax);
        let header = Message::Header(Header {
            etag: etag::of_value(&stored),
            transfer_syntax: is_accepted.then(|| syntax.to_owned()),
            available: vec![syntax.to_owned()],
        });
        if request.describe_only || !is_accepted {
            return outlet.send(header).await;
        }
        let mut header = Some(header);
        let mut reader = ObjectReader::new(&self.archive, &stored, request.caller_reads)?;
        for numbers in request.frames.chunks(BATCH) {
            let parts = self.frame_parts(&stored, &pixels, numbers).await?;
            reader.expect(parts.iter().flat_map(|part| &part.ranges));
            if let Some(header) = header.take() {
                if let Some(first) = parts.first() {
                    first.fetch(&mut reader).await?;
                }
                outlet.send(header).await?;
            }
            for (number, part) in numbers.iter().zip(parts) {
                outlet.send(Message::Frame { number: *number, length: part.length }).await?;
                part.send(&mut reader, outlet).await?;
            }
        }
        Ok(())
    }

    /// Where these frames lie, counted from 1, in this order.
    pub(crate) async fn frame_parts(
        &self,
        stored: &StoredInstance,
        pixels: &StoredPixels,
        numbers: &[u32],
    ) -> Result<Vec<Part>, Error> {
        match &pixels.native {
            Some(native) => numbers
                .iter()
                .map(|number| native_frame(native, pixels, *number).ok_or(Error::NoSuchFrame { frames: pixels.frames }))
                .collect(),
            None => {
                let frames = self.catalog.frames(stored, numbers).await?;
                if frames.len() != numbers.len() {
                    return Err(Error::Damaged);
                }
                Ok(frames.into_iter().map(Part::joined).collect())
            }
        }
    }
}

fn check_list(frames: &[u32], limit: u32) -> Result<(), Error> {
    if frames.is_empty() {
        return Err(Error::NoFrames);
    }
    if frames.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
        return Err(Error::TooManyFrames { limit });
    }
    if frames.contains(&0) {
        return Err(Error::FrameZero);
    }
    let mut seen = HashSet::with_capacity(frames.len());
    if frames.iter().all(|number| seen.insert(*number)) { Ok(()) } else { Err(Error::DuplicateFrame) }
}

/// The frame of this number, counted from 1.
fn native_frame(native: &NativePixels, pixels: &StoredPixels, number: u32) -> Option<Part> {
    let first_bit = u64::from(number.checked_sub(1)?).checked_mul(native.frame_bits)?;
    let bits = first_bit..first_bit.checked_add(native.frame_bits)?;
    native_value(native, pixels).bits(bits)
}

/// The whole value of native Pixel Data.
fn native_value(native: &NativePixels, pixels: &StoredPixels) -> NativeValue {
    let order = if native.big_endian { big_endian_unit(native.vr, Some(pixels.bits_allocated)) } else { None };
    NativeValue { offset: native.offset, length: native.length, order }
}

#[cfg(test)]
mod tests {
    use super::{Error, check_list};

    #[test]
    fn lists_are_checked() {
        assert!(check_list(&[3, 1, 2], 3).is_ok());
        assert!(matches!(check_list(&[], 3), Err(Error::NoFrames)));
        assert!(matches!(check_list(&[1, 0], 3), Err(Error::FrameZero)));
        assert!(matches!(check_list(&[1, 2, 1], 3), Err(Error::DuplicateFrame)));
        assert!(matches!(check_list(&[1, 2, 3, 4], 3), Err(Error::TooManyFrames { limit: 3 })));
    }
}
