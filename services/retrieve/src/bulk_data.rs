//! Bulk data (PS3.18 10.4.1.1.5): one value by its path, or all values of a resource.

mod fragments;
mod values;

use crate::{
    Retrieval, accepted::Accepted, byte_range::ByteRange, error::Error, etag, frames::BATCH, grpc::Outlet,
    listing::Listing, object::ObjectReader, part::Part, stretch::Stretch,
};
use access::Scope;
use bytes::Bytes;
use catalog::{Found, StoredInstance};
use std::{collections::BTreeSet, ops::Range};
use uid::{InstanceRef, Resource};
use values::{Value, Values};

/// What is asked.
pub(crate) struct Request {
    pub(crate) scope: Scope,
    pub(crate) resource: Resource,
    pub(crate) which: Which,
    pub(crate) accepted: Accepted,
    /// Only for one value.
    pub(crate) range: Option<ByteRange>,
    pub(crate) describe_only: bool,
    /// The caller reads the archive itself: see [`Stretch`].
    pub(crate) caller_reads: bool,
}

/// Which values of the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    /// Pixel Data, Float Pixel Data and Double Float Pixel Data of the data sets themselves.
    PixelData,
    /// The one at this path.
    Path(String),
}

/// What is answered.
pub(crate) enum Message {
    Header(Header),
    Value(Start),
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

/// Comes first.
#[derive(Default)]
pub(crate) struct Header {
    pub(crate) etag: String,
    /// How many will be sent: one for each value, or for each frame of encapsulated Pixel Data.
    pub(crate) parts: u64,
    /// How many cannot be sent in an accepted transfer syntax, and the ones in which they could.
    pub(crate) not_acceptable: u64,
    pub(crate) available: BTreeSet<String>,
    /// Of the one part, when there is one.
    pub(crate) length: Option<u64>,
    pub(crate) range: Option<Range<u64>>,
}

/// Comes before the bytes of a part.
pub(crate) struct Start {
    pub(crate) instance: InstanceRef,
    pub(crate) path: String,
    /// From 1; 0 when the part is a whole value.
    pub(crate) frame: u32,
    pub(crate) transfer_syntax: String,
    pub(crate) length: u64,
}

impl Retrieval {
    /// Sends bulk data of a resource.
    pub(crate) async fn bulk_data(&self, request: Request, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        match &request.resource {
            Resource::Instance(instance) => {
                let stored = self.catalog.instance(&request.scope, instance).await?;
                self.values_of_one(&request, &stored, outlet).await
            }
            Resource::Study(_) | Resource::Series(_) => {
                let found = self.catalog.find(&request.scope, &request.resource).await?;
                self.values_of_all(&request, &found, outlet).await
            }
        }
    }

    async fn values_of_one(
        &self,
        request: &Request,
        stored: &StoredInstance,
        outlet: &mut Outlet<Message>,
    ) -> Result<(), Error> {
        let values = self.values(request, stored).await?;
        let mut header = Header { etag: etag::of_value(stored), ..Header::default() };
        values.count(&mut header);
        if header.parts + header.not_acceptable == 0 {
            return Err(Error::NoBulkData);
        }
        let mut reader = ObjectReader::new(&self.archive, stored, request.caller_reads)?;
        if let ([value], 1) = (values.accepted.as_slice(), header.parts) {
            let part = self.single_part(stored, value, &mut reader).await?;
            header.length = Some(part.length);
            header.range = request.range.map(|range| range.within(part.length)).transpose()?;
            let wanted = header.range.clone();
            if !request.describe_only {
                let part = match wanted {
                    Some(range) => value.stretch(part, range).ok_or(Error::Damaged)?,
                    None => part,
                };
                reader.expect(part.ranges.iter());
                part.fetch(&mut reader).await?;
                outlet.send(Message::Header(header)).await?;
                let frame = u32::from(value.frames > 0);
                return send_part(stored, value, frame, part, &mut reader, outlet).await;
            }
        }
        outlet.send(Message::Header(header)).await?;
        if request.describe_only {
            return Ok(());
        }
        self.send_values(stored, &values, &mut reader, outlet).await
    }

    async fn values_of_all(&self, request: &Request, found: &Found, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        let mut header = Header { etag: etag::of_resource(found, "bulk data", &request.accepted), ..Header::default() };
        let mut listing = Listing::of(found);
        while let Some(stored) = listing.next(self).await? {
            self.values(request, &stored).await?.count(&mut header);
        }
        if header.parts + header.not_acceptable == 0 {
            return Err(Error::NoBulkData);
        }
        outlet.send(Message::Header(header)).await?;
        if request.describe_only {
            return Ok(());
        }
        let mut listing = Listing::of(found);
        while let Some(stored) = listing.next(self).await? {
            let values = self.values(request, &stored).await?;
            let mut reader = ObjectReader::new(&self.archive, &stored, request.caller_reads)?;
            self.send_values(&stored, &values, &mut reader, outlet).await?;
        }
        Ok(())
    }

    async fn values(&self, request: &Request, stored: &StoredInstance) -> Result<Values, Error> {
        let bulk = self.catalog.bulk(stored).await?;
        Ok(Values::new(bulk, stored, &request.which, &request.accepted))
    }

    /// The only part of a value.
    async fn single_part(
        &self,
        stored: &StoredInstance,
        value: &Value,
        reader: &mut ObjectReader,
    ) -> Result<Part, Error> {
        match (&stored.pixels, value.frames) {
            (Some(pixels), 1..) => {
                let parts = self.frame_parts(stored, pixels, &[1]).await?;
                parts.into_iter().next().ok_or(Error::Damaged)
            }
            _ if value.encapsulated => Ok(Part::joined(fragments::find(reader, value.range.clone()).await?)),
            _ => value.native().ok_or(Error::Damaged),
        }
    }

    async fn send_values(
        &self,
        stored: &StoredInstance,
        values: &Values,
        reader: &mut ObjectReader,
        outlet: &mut Outlet<Message>,
    ) -> Result<(), Error> {
        for value in &values.accepted {
            if value.frames == 0 {
                let part = self.single_part(stored, value, reader).await?;
                reader.expect(part.ranges.iter());
                send_part(stored, value, 0, part, reader, outlet).await?;
                continue;
            }
            let pixels = stored.pixels.as_ref().ok_or(Error::Damaged)?;
            let numbers: Vec<u32> = (1..=value.frames).collect();
            for numbers in numbers.chunks(BATCH) {
                let parts = self.frame_parts(stored, pixels, numbers).await?;
                reader.expect(parts.iter().flat_map(|part| &part.ranges));
                for (number, part) in numbers.iter().zip(parts) {
                    send_part(stored, value, *number, part, reader, outlet).await?;
                }
            }
        }
        Ok(())
    }
}

async fn send_part(
    stored: &StoredInstance,
    value: &Value,
    frame: u32,
    part: Part,
    reader: &mut ObjectReader,
    outlet: &mut Outlet<Message>,
) -> Result<(), Error> {
    let start = Start {
        instance: stored.uids.clone(),
        path: value.path.clone(),
        frame,
        transfer_syntax: value.syntax(stored).to_owned(),
        length: part.length,
    };
    outlet.send(Message::Value(start)).await?;
    part.send(reader, outlet).await
}
