//! Media ranges: the entries of `Accept` and of the `accept` query parameter (PS3.18 8.3.3.1, 8.7.7).

use crate::{
    NegotiationError, Packaging,
    header::{media_type, parameter, split},
};

/// The longest `Accept` that is read, all its lines together, in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// The most media ranges that are read.
const MAX_RANGES: usize = 64;
/// The most parameters of one media range that are read.
const MAX_PARAMETERS: usize = 16;

/// One acceptable media type, or a pattern of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// `None` for `*/*`, which takes both.
    pub packaging: Option<Packaging>,
    /// In lower case; of the parts where the packaging is multipart. May be `*/*` or `type/*`.
    pub media_type: String,
    pub transfer_syntax: Option<TransferSyntax>,
    /// In thousandths.
    pub quality: u16,
}

/// The `transfer-syntax` parameter (PS3.18 8.7.3.5.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransferSyntax {
    Any,
    Uid(String),
}

impl Range {
    /// What a request without `Accept` takes.
    pub(crate) fn everything() -> Self {
        Self { packaging: None, media_type: "*/*".to_owned(), transfer_syntax: None, quality: 1000 }
    }

    /// Whether it names a group of media types instead of one.
    pub(crate) fn is_wildcard(&self) -> bool {
        self.media_type.ends_with("/*")
    }

    /// Whether it names this media type in this packaging, by name or by pattern.
    pub(crate) fn covers(&self, packaging: Packaging, media_type: &str) -> bool {
        if self.packaging.is_some_and(|wanted| wanted != packaging) {
            return false;
        }
        match self.media_type.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) => media_type.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind)),
            None => self.media_type.eq_ignore_ascii_case(media_type),
        }
    }
}

/// The ranges of the lines of a header; those that are not valid are left out (PS3.18 8.7.7).
///
/// # Errors
/// [`NegotiationError::TooLong`] and [`NegotiationError::TooMany`].
pub(crate) fn parse(lines: &[&str]) -> Result<Vec<Range>, NegotiationError> {
    let length = lines.iter().fold(0_usize, |sum, line| sum.saturating_add(line.len()));
    if length > MAX_LENGTH {
        return Err(NegotiationError::TooLong { limit: MAX_LENGTH });
    }
    let mut ranges = Vec::new();
    for text in lines.iter().flat_map(|line| split(line, b',')).filter(|text| !text.trim().is_empty()) {
        if ranges.len() >= MAX_RANGES {
            return Err(NegotiationError::TooMany { limit: MAX_RANGES });
        }
        ranges.push(range(text)?);
    }
    Ok(ranges.into_iter().flatten().collect())
}

/// `None` when it is not valid.
fn range(text: &str) -> Result<Option<Range>, NegotiationError> {
    let mut pieces = split(text, b';');
    let Some(outer) = pieces.next().and_then(media_type) else { return Ok(None) };
    let mut parameters = Parameters::default();
    for piece in pieces {
        parameters.take(piece)?;
    }
    Ok(parameters.range(&outer))
}

/// What the parameters of a media range say; the first of each name counts.
#[derive(Default)]
struct Parameters {
    count: usize,
    type_of_parts: Option<String>,
    transfer_syntax: Option<String>,
    quality: Option<String>,
}

impl Parameters {
    fn take(&mut self, text: &str) -> Result<(), NegotiationError> {
        self.count = self.count.saturating_add(1);
        if self.count > MAX_PARAMETERS {
            return Err(NegotiationError::TooMany { limit: MAX_PARAMETERS });
        }
        let Some((name, value)) = parameter(text) else { return Ok(()) };
        match name.as_str() {
            "type" if self.type_of_parts.is_none() => self.take_type(&value)?,
            "transfer-syntax" if self.transfer_syntax.is_none() => self.transfer_syntax = Some(value),
            "q" if self.quality.is_none() => self.quality = Some(value),
            _ => {}
        }
        Ok(())
    }

    /// The type of the parts may carry parameters of its own within its quotation marks.
    fn take_type(&mut self, value: &str) -> Result<(), NegotiationError> {
        let mut pieces = split(value, b';');
        self.type_of_parts = Some(pieces.next().unwrap_or_default().to_owned());
        pieces.try_for_each(|piece| self.take(piece))
    }

    fn range(self, outer: &str) -> Option<Range> {
        let quality = self.quality.map_or(Some(1000), |text| quality(&text))?;
        let transfer_syntax = match self.transfer_syntax.as_deref().map(str::trim) {
            None | Some("") => None,
            Some("*") => Some(TransferSyntax::Any),
            Some(uid) => Some(TransferSyntax::Uid(is_uid(uid).then(|| uid.to_owned())?)),
        };
        let (packaging, media_type) = match outer {
            "*/*" => (None, outer.to_owned()),
            "multipart/related" | "multipart/*" => {
                let parts = self.type_of_parts.map_or_else(|| Some("*/*".to_owned()), |text| media_type(&text))?;
                (Some(Packaging::Multipart), parts)
            }
            single => (Some(Packaging::SinglePart), single.to_owned()),
        };
        Some(Range { packaging, media_type, transfer_syntax, quality })
    }
}

/// A weight of RFC 9110 12.4.2 in thousandths; more digits than the three allowed do no harm.
fn quality(text: &str) -> Option<u16> {
    let weight: f32 = text.trim().parse().ok()?;
    // The range check keeps the product between 0 and 1000, and leaves out what is not a number.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=1.0).contains(&weight).then(|| (weight * 1000.0).round() as u16)
}

/// PS3.5 9.1, as far as it matters here.
pub(crate) fn is_uid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
