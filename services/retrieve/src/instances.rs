//! Part 10 objects of a study, series or instance (PS3.18 10.4.1.1.1), as stored or rewritten to Explicit VR Little Endian.

mod content;

use crate::{
    Retrieval,
    accepted::{Accepted, Form, available_for_object},
    byte_range::ByteRange,
    error::Error,
    etag,
    grpc::Outlet,
    listing::Listing,
    stretch::Stretch,
};
use access::Scope;
use bytes::Bytes;
use catalog::{Found, StoredInstance};
use content::Content;
use std::{collections::BTreeSet, ops::Range};
use uid::{InstanceRef, Resource, transfer_syntax::EXPLICIT_VR_LITTLE_ENDIAN};

/// What is asked.
pub(crate) struct Request {
    pub(crate) scope: Scope,
    pub(crate) resource: Resource,
    pub(crate) accepted: Accepted,
    /// Only for one instance sent as stored.
    pub(crate) range: Option<ByteRange>,
    pub(crate) describe_only: bool,
    /// The caller reads the archive itself: see [`Stretch`].
    pub(crate) caller_reads: bool,
}

/// What is answered.
pub(crate) enum Message {
    Header(Header),
    Instance(Start),
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
    /// How many will be sent.
    pub(crate) instances: u64,
    /// How many cannot be sent in an accepted form, and what they could be had in.
    pub(crate) not_acceptable: u64,
    pub(crate) available: BTreeSet<String>,
    /// Of the one instance sent as stored.
    pub(crate) length: Option<u64>,
    pub(crate) range: Option<Range<u64>>,
}

/// Comes before the bytes of an instance.
pub(crate) struct Start {
    pub(crate) instance: InstanceRef,
    pub(crate) transfer_syntax: String,
    /// Unknown when it is rewritten on the way.
    pub(crate) length: Option<u64>,
}

/// What is sent of one instance.
enum Body {
    Named(Stretch),
    Sent(Box<Content>),
}

impl Retrieval {
    /// Sends all instances of a resource that can be had in an accepted form.
    pub(crate) async fn instances(&self, request: Request, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        match &request.resource {
            Resource::Instance(instance) => {
                let stored = self.catalog.instance(&request.scope, instance).await?;
                self.one_instance(&request, &stored, outlet).await
            }
            Resource::Study(_) | Resource::Series(_) => {
                let found = self.catalog.find(&request.scope, &request.resource).await?;
                self.all_instances(&request, &found, outlet).await
            }
        }
    }

    async fn one_instance(
        &self,
        request: &Request,
        stored: &StoredInstance,
        outlet: &mut Outlet<Message>,
    ) -> Result<(), Error> {
        let syntax = stored.transfer_syntax.as_str();
        let Some(form) = request.accepted.form(syntax) else {
            let etag = etag::of_object(stored, Form::AsStored);
            let available = available_for_object(syntax).into_iter().collect();
            return outlet
                .send(Message::Header(Header { etag, not_acceptable: 1, available, ..Header::default() }))
                .await;
        };
        let is_whole = form == Form::AsStored;
        let wanted = request.range.filter(|_| is_whole);
        let range = wanted.map(|range| range.within(stored.length)).transpose()?;
        let header = Message::Header(Header {
            etag: etag::of_object(stored, form),
            instances: 1,
            length: is_whole.then_some(stored.length),
            range: range.clone(),
            ..Header::default()
        });
        if request.describe_only {
            return outlet.send(header).await;
        }
        let body = self.body(request, stored, form, range).await?;
        outlet.send(header).await?;
        send(stored, form, body, outlet).await
    }

    async fn all_instances(&self, request: &Request, found: &Found, outlet: &mut Outlet<Message>) -> Result<(), Error> {
        let mut header = Header {
            etag: etag::of_resource(found, "instances", &request.accepted),
            instances: found.instance_count,
            ..Header::default()
        };
        if !request.accepted.takes_all() {
            self.count_acceptable(&request.accepted, found, &mut header).await?;
        }
        let has_none = header.instances == 0;
        let mut header = Some(header);
        if request.describe_only || has_none {
            return send_header(&mut header, outlet).await;
        }
        let mut listing = Listing::of(found);
        while let Some(stored) = listing.next(self).await? {
            let Some(form) = request.accepted.form(stored.transfer_syntax.as_str()) else { continue };
            let body = self.body(request, &stored, form, None).await?;
            send_header(&mut header, outlet).await?;
            send(&stored, form, body, outlet).await?;
        }
        send_header(&mut header, outlet).await
    }

    /// What is sent of an instance. Its begin is read already, unless the caller reads it.
    async fn body(
        &self,
        request: &Request,
        stored: &StoredInstance,
        form: Form,
        range: Option<Range<u64>>,
    ) -> Result<Body, Error> {
        if request.caller_reads && form == Form::AsStored {
            let range = range.clone().unwrap_or(0..stored.length);
            if let Some(stretch) = Stretch::of(stored, range) {
                return Ok(Body::Named(stretch));
            }
        }
        let mut content = Content::open(&self.archive, stored, form, range)?;
        content.fetch().await?;
        Ok(Body::Sent(Box::new(content)))
    }

    /// Looks through all instances before the first is sent: the header tells how many there will be.
    async fn count_acceptable(&self, accepted: &Accepted, found: &Found, header: &mut Header) -> Result<(), Error> {
        header.instances = 0;
        let mut listing = Listing::of(found);
        while let Some(stored) = listing.next(self).await? {
            let syntax = stored.transfer_syntax.as_str();
            if accepted.form(syntax).is_some() {
                header.instances += 1;
            } else {
                header.not_acceptable += 1;
                header.available.extend(available_for_object(syntax));
            }
        }
        Ok(())
    }
}

/// Sends the header, if it was not sent before.
async fn send_header(header: &mut Option<Header>, outlet: &Outlet<Message>) -> Result<(), Error> {
    match header.take() {
        Some(header) => outlet.send(Message::Header(header)).await,
        None => Ok(()),
    }
}

async fn send(stored: &StoredInstance, form: Form, body: Body, outlet: &mut Outlet<Message>) -> Result<(), Error> {
    let (transfer_syntax, length) = match form {
        Form::AsStored => (stored.transfer_syntax.to_string(), Some(stored.length)),
        Form::Rewritten => (EXPLICIT_VR_LITTLE_ENDIAN.to_owned(), None),
    };
    outlet.send(Message::Instance(Start { instance: stored.uids.clone(), transfer_syntax, length })).await?;
    match body {
        Body::Named(stretch) => outlet.send_stretch(stretch).await,
        Body::Sent(mut content) => {
            while let Some(bytes) = content.next().await? {
                outlet.send_bytes(bytes).await?;
            }
            Ok(())
        }
    }
}
