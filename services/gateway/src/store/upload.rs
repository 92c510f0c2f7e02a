//! Reads the body of a store request and forwards it, within bounds of size and time.

use super::content;
use crate::{Problem, StoreLimits};
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use media_type::StoreContent;
use multipart::{Event, Limits, Reader};
use proto::ingest::v1::{PartEnd, PartStart, StoreRequest, store_request::Message};
use tokio::sync::mpsc;

/// How many parts there were.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Forwarded to their end.
    pub forwarded: u32,
    /// Not forwarded since their content type cannot be stored.
    pub unsupported: u32,
}

/// A store request on its way to the ingest service.
pub(super) struct Upload<'a> {
    limits: &'a StoreLimits,
    messages: Option<mpsc::Sender<StoreRequest>>,
    received: u64,
    counts: Counts,
    /// The part under way is not forwarded.
    skipping: bool,
}

/// Why forwarding ends early.
pub(super) enum Stop {
    /// The request is at fault, or its client.
    Refused(Problem),
    /// The service takes no more; its own answer says why.
    ServiceGone,
}

impl From<multipart::Error> for Stop {
    fn from(error: multipart::Error) -> Self {
        let problem = match error {
            multipart::Error::TooManyParts => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
            _ => Problem::bad_request(error.to_string()),
        };
        Self::Refused(problem)
    }
}

impl<'a> Upload<'a> {
    pub fn new(limits: &'a StoreLimits, messages: mpsc::Sender<StoreRequest>) -> Self {
        Self { limits, messages: Some(messages), received: 0, counts: Counts::default(), skipping: false }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Forwards the whole body. At the end, good or bad, the service sees the end of its stream: a part that was not
    /// complete by then has no end and is dropped there.
    pub async fn send(&mut self, start: StoreRequest, content: StoreContent, mut body: Body) -> Result<(), Stop> {
        let sent = match content {
            StoreContent::Multipart { boundary } => self.multipart(start, &boundary, &mut body).await,
            StoreContent::SinglePart => self.single_part(start, &mut body).await,
        };
        self.messages = None;
        sent
    }

    async fn multipart(&mut self, start: StoreRequest, boundary: &str, body: &mut Body) -> Result<(), Stop> {
        let limits = Limits { parts: self.limits.max_parts, ..Limits::default() };
        let mut reader = Reader::new(boundary, limits)?;
        self.forward(start.message).await?;
        while let Some(bytes) = self.next(body).await? {
            reader.push(bytes);
            while let Some(event) = reader.event()? {
                self.event(event).await?;
            }
        }
        Ok(reader.finish()?)
    }

    async fn event(&mut self, event: Event) -> Result<(), Stop> {
        match event {
            Event::PartStart(headers) => {
                self.skipping = !content::is_dicom(&headers);
                if self.skipping {
                    self.counts.unsupported = self.counts.unsupported.saturating_add(1);
                    return Ok(());
                }
                self.forward(Some(Message::PartStart(PartStart {}))).await
            }
            Event::Content(_) | Event::PartEnd if self.skipping => Ok(()),
            Event::Content(bytes) => self.forward(Some(Message::Chunk(bytes))).await,
            Event::PartEnd => self.part_end().await,
        }
    }

    async fn single_part(&mut self, start: StoreRequest, body: &mut Body) -> Result<(), Stop> {
        self.forward(start.message).await?;
        self.forward(Some(Message::PartStart(PartStart {}))).await?;
        while let Some(bytes) = self.next(body).await? {
            self.forward(Some(Message::Chunk(bytes))).await?;
        }
        self.part_end().await
    }

    async fn part_end(&mut self) -> Result<(), Stop> {
        self.counts.forwarded = self.counts.forwarded.saturating_add(1);
        self.forward(Some(Message::PartEnd(PartEnd {}))).await
    }

    /// Waits while the service is behind: so the client is slowed down instead of its bytes being piled up.
    async fn forward(&self, message: Option<Message>) -> Result<(), Stop> {
        let messages = self.messages.as_ref().ok_or(Stop::ServiceGone)?;
        messages.send(StoreRequest { message }).await.map_err(|_| Stop::ServiceGone)
    }

    /// The next bytes of the body, none of them empty; `None` at its end.
    async fn next(&mut self, body: &mut Body) -> Result<Option<Bytes>, Stop> {
        loop {
            let frame = tokio::time::timeout(self.limits.idle(), body.frame()).await.map_err(|_| stalled())?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| broken_off())?;
            let Ok(bytes) = frame.into_data() else { continue };
            self.received = self.received.saturating_add(bytes.len() as u64);
            if self.received > self.limits.max_request_bytes {
                return Err(Stop::Refused(content::too_large(self.limits)));
            }
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
    }
}

fn stalled() -> Stop {
    let detail = "no more bytes of the body came for too long";
    Stop::Refused(Problem::new(StatusCode::REQUEST_TIMEOUT, detail).closing())
}

fn broken_off() -> Stop {
    Stop::Refused(Problem::bad_request("the body was broken off").closing())
}
