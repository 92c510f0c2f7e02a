//! What is in front of the data set: preamble, prefix and File Meta Information (PS3.10 7.1), as far as they are
//! there, and how the data set behind them is encoded.

use std::borrow::Cow;

use uid::{Uid, transfer_syntax};

use super::header::{self, Header};
use super::{Syntax, UNDEFINED};
use crate::findings::{Finding, Findings};
use crate::refusal::{Malformation, Place};
use crate::vr::{self, Surroundings};
use crate::{Refusal, Tag};

/// Preamble and prefix.
const START: usize = 132;
const PREAMBLE: usize = 128;
/// More than this is no File Meta Information; it is held in memory until it is complete.
const META_BYTES: usize = 256 * 1024;
const META_ELEMENTS: usize = 256;
/// Bytes of the data set by which its encoding is recognised.
const PROBE: usize = 8;

/// What must be put in front to make a Part 10 object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Nothing,
    /// The 128 bytes of the preamble.
    Preamble,
    /// Preamble and `DICM`.
    Prefix,
    /// File Meta Information too.
    FileMeta,
}

/// What was found in front of the data set.
#[derive(Debug)]
pub(crate) struct Opened {
    pub missing: Missing,
    /// Bytes received before the data set.
    pub length: usize,
    /// Media Storage SOP Class and Instance UID, if they are there.
    pub sop_class: Option<Uid>,
    pub sop_instance: Option<Uid>,
    /// As named or, if it is not, as recognised.
    pub transfer_syntax: Uid,
    /// Whether the file names its transfer syntax.
    pub named: bool,
    pub syntax: Syntax,
    pub deflated: bool,
    pub findings: Findings,
}

/// Collects what is in front of the data set until its begin is known.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    held: Vec<u8>,
    needed: usize,
}

/// What was found, and the bytes of the data set received so far.
type Found<'a> = (Opened, Cow<'a, [u8]>);

/// More bytes are needed.
struct Needs {
    /// So many in all.
    bytes: usize,
    /// Whether an element has begun.
    within: bool,
}

impl Envelope {
    /// Takes the next bytes. Once the begin of the data set is known: what was found, and the bytes of the data set
    /// received so far.
    pub(crate) fn push<'a>(&mut self, chunk: &'a [u8]) -> Result<Option<Found<'a>>, Refusal> {
        if self.held.is_empty() {
            return match open(chunk, false)? {
                Ok(opened) => {
                    let rest = chunk.get(opened.length..).unwrap_or_default();
                    Ok(Some((opened, Cow::Borrowed(rest))))
                }
                Err(needs) => {
                    self.held.extend_from_slice(chunk);
                    self.needed = needs.bytes;
                    Ok(None)
                }
            };
        }
        self.held.extend_from_slice(chunk);
        if self.held.len() < self.needed { Ok(None) } else { self.try_open(false) }
    }

    /// Ends the input before the begin of the data set was known.
    pub(crate) fn finish(mut self) -> Result<(Opened, Vec<u8>), Refusal> {
        match self.try_open(true)? {
            Some((opened, rest)) => Ok((opened, rest.into_owned())),
            None => Err(Refusal::EndsBefore(Place::FileMeta)),
        }
    }

    fn try_open(&mut self, ended: bool) -> Result<Option<Found<'static>>, Refusal> {
        match open(&self.held, ended)? {
            Ok(opened) => {
                let mut rest = std::mem::take(&mut self.held);
                rest.drain(..opened.length.min(rest.len()));
                Ok(Some((opened, Cow::Owned(rest))))
            }
            Err(needs) => {
                self.needed = needs.bytes;
                Ok(None)
            }
        }
    }
}

/// File Meta Information as it was read.
#[derive(Debug, Default)]
struct FileMeta {
    /// Value of the group length, and where the bytes that it counts begin.
    group_length: Option<(u32, usize)>,
    sop_class: Option<Uid>,
    sop_instance: Option<Uid>,
    transfer_syntax: Option<Uid>,
}

fn open(bytes: &[u8], ended: bool) -> Result<Result<Opened, Needs>, Refusal> {
    if bytes.len() < START && !ended {
        return Ok(Err(Needs { bytes: START, within: false }));
    }
    let (missing, start) = begin(bytes);
    let mut meta = FileMeta::default();
    let mut at = start;
    if missing != Missing::FileMeta {
        at = match meta.read(bytes, start)? {
            Ok(end) => end,
            Err(needs) if !ended => return Ok(Err(needs)),
            Err(Needs { within: true, .. }) => return Err(Refusal::EndsBefore(Place::FileMeta)),
            Err(_) => bytes.len(),
        };
    }
    let data = bytes.get(at..).unwrap_or_default();
    let Some(probe) = data.first_chunk::<PROBE>() else {
        return match (ended, data.is_empty(), missing) {
            (false, ..) => Ok(Err(Needs { bytes: at.saturating_add(PROBE), within: false })),
            (true, _, Missing::FileMeta) => Err(Refusal::NotDicom),
            (true, true, _) => Err(Refusal::NoDataSet),
            (true, false, _) => Err(Refusal::EndsBefore(Place::ElementHeader)),
        };
    };
    meta.opened(*probe, missing, at).map(Ok)
}

fn begin(bytes: &[u8]) -> (Missing, usize) {
    if bytes.get(PREAMBLE..START) == Some(b"DICM") {
        (Missing::Nothing, START)
    } else if bytes.starts_with(b"DICM") {
        (Missing::Preamble, b"DICM".len())
    } else if bytes.starts_with(&[2, 0]) {
        (Missing::Prefix, 0)
    } else {
        (Missing::FileMeta, 0)
    }
}

impl FileMeta {
    /// Reads the elements of group 0002; returns where they end.
    fn read(&mut self, bytes: &[u8], start: usize) -> Result<Result<usize, Needs>, Refusal> {
        let mut at = start;
        for _ in 0..META_ELEMENTS {
            let rest = bytes.get(at..).unwrap_or_default();
            if self.is_over(at) {
                return Ok(Ok(at));
            }
            let header = match header::read(rest, Syntax::EXPLICIT, Surroundings::default()) {
                Ok(header) => header,
                Err(needed) => {
                    let within = !rest.is_empty();
                    return Ok(Err(Needs { bytes: at.saturating_add(needed), within }));
                }
            };
            if header.tag.group() != 2 {
                return Ok(Ok(at));
            }
            let end = at.saturating_add(header.size).saturating_add(header.length as usize);
            if header.length == UNDEFINED || end > start.saturating_add(META_BYTES) {
                return Err(Malformation::FileMeta.into());
            }
            let Some(value) = bytes.get(at.saturating_add(header.size)..end) else {
                return Ok(Err(Needs { bytes: end, within: true }));
            };
            self.take(&header, value, end)?;
            at = end;
        }
        Err(Malformation::FileMeta.into())
    }

    /// Deflated bytes could look like another element of group 0002, so there the group length decides.
    fn is_over(&self, at: usize) -> bool {
        let deflated = self.transfer_syntax.as_ref().is_some_and(|uid| transfer_syntax::is_deflated(uid.as_str()));
        deflated && self.group_length_holds(at)
    }

    fn group_length_holds(&self, end: usize) -> bool {
        self.group_length.is_some_and(|(length, from)| from.saturating_add(length as usize) == end)
    }

    fn take(&mut self, header: &Header, value: &[u8], end: usize) -> Result<(), Refusal> {
        match header.tag {
            Tag(2, 0) => {
                self.group_length = value.first_chunk::<4>().map(|bytes| (u32::from_le_bytes(*bytes), end));
            }
            Tag(2, 2) => self.sop_class = uid_of(value).and_then(Result::ok),
            Tag(2, 3) => self.sop_instance = uid_of(value).and_then(Result::ok),
            Tag(2, 0x10) => {
                self.transfer_syntax = uid_of(value).transpose().map_err(Refusal::InvalidTransferSyntax)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn opened(self, probe: [u8; PROBE], missing: Missing, at: usize) -> Result<Opened, Refusal> {
        let mut findings = Findings::default();
        if missing == Missing::Nothing {
            if !self.group_length_holds(at) {
                findings.note(Finding::FileMetaGroupLength);
            }
        } else {
            findings.note(Finding::GeneratedPrefix);
        }
        let encoding = Encoding::of(self.transfer_syntax.as_ref(), probe, missing)?;
        let named = self.transfer_syntax.is_some();
        if encoding.mismatch {
            findings.note(Finding::TransferSyntaxMismatch);
        } else if !named && missing != Missing::FileMeta {
            findings.note(Finding::MissingTransferSyntax);
        }
        let transfer_syntax = match self.transfer_syntax {
            Some(uid) if !encoding.mismatch || !transfer_syntax::is_native(uid.as_str()) => uid,
            _ => encoding.native_name()?,
        };
        Ok(Opened {
            missing,
            length: at,
            sop_class: self.sop_class,
            sop_instance: self.sop_instance,
            transfer_syntax,
            named,
            syntax: encoding.syntax,
            deflated: encoding.deflated,
            findings,
        })
    }
}

/// How the data set is really encoded.
struct Encoding {
    syntax: Syntax,
    deflated: bool,
    mismatch: bool,
}

impl Encoding {
    fn of(named: Option<&Uid>, probe: [u8; PROBE], missing: Missing) -> Result<Self, Refusal> {
        let (first, recognised) = header::recognise(probe);
        let Some(name) = named.map(Uid::as_str) else {
            if missing == Missing::FileMeta && !begins_data_set(first, recognised, probe) {
                return Err(Refusal::NotDicom);
            }
            return Ok(Self { syntax: recognised, deflated: false, mismatch: false });
        };
        if transfer_syntax::is_deflated(name) {
            let plain = recognised.explicit && (1..=8).contains(&first.group());
            return Ok(Self { syntax: Syntax::EXPLICIT, deflated: !plain, mismatch: plain });
        }
        let expected = Syntax {
            explicit: name != transfer_syntax::IMPLICIT_VR_LITTLE_ENDIAN,
            big_endian: name == transfer_syntax::EXPLICIT_VR_BIG_ENDIAN,
        };
        let [_, _, _, _, a, b, ..] = probe;
        let looks_explicit = a.is_ascii_uppercase() && b.is_ascii_uppercase();
        // A first group beyond 0008 is odd but possible, so that alone does not speak against the byte order.
        let syntax = match (expected.explicit, looks_explicit) {
            (true, false) => Syntax::IMPLICIT,
            (false, true) if vr::is_known([a, b]) => recognised,
            (true, true) if recognised.explicit && first.group() <= 8 => recognised,
            _ => expected,
        };
        Ok(Self { syntax, deflated: false, mismatch: syntax != expected })
    }

    fn native_name(&self) -> Result<Uid, Refusal> {
        let name = match (self.syntax.explicit, self.syntax.big_endian) {
            (false, _) => transfer_syntax::IMPLICIT_VR_LITTLE_ENDIAN,
            (true, false) => transfer_syntax::EXPLICIT_VR_LITTLE_ENDIAN,
            (true, true) => transfer_syntax::EXPLICIT_VR_BIG_ENDIAN,
        };
        name.parse().map_err(Refusal::InvalidTransferSyntax)
    }
}

/// Whether a data set without File Meta Information can begin like this: the identity of an instance is in group
/// 0008, so its first element is in that group or before it.
fn begins_data_set(first: Tag, syntax: Syntax, probe: [u8; PROBE]) -> bool {
    let [.., a, b, c, d] = probe;
    (1..=8).contains(&first.group()) && (syntax.explicit || header::length([a, b, c, d], false) < 0x1_0000)
}

/// A UID value without its padding; `None` when there is nothing else.
pub(crate) fn uid_of(value: &[u8]) -> Option<Result<Uid, uid::InvalidUid>> {
    let is_padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
    let begin = value.iter().position(|byte| !is_padding(byte))?;
    let end = value.iter().rposition(|byte| !is_padding(byte))?;
    let text = std::str::from_utf8(value.get(begin..=end)?);
    Some(text.map_err(|_| uid::InvalidUid::BadCharacter).and_then(str::parse))
}
