//! The choice of a representation (PS3.18 8.7.8).

use crate::{
    Category, Packaging, Representation, Syntaxes,
    offers::{Offer, offers},
    range::{self, Range, TransferSyntax},
    supported,
    syntaxes::transfer_syntaxes,
};

/// What a request says about the representation that it wants.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is asked for.
    pub category: Category,
    /// The values of the `accept` query parameter, percent-decoded; empty where it is missing.
    pub accept_parameter: &'a [&'a str],
    /// The lines of the `Accept` header; empty where it is missing.
    pub accept: &'a [&'a str],
    /// Whether the request has a `Range`: one that leaves the choice to us then gets the bytes themselves instead of
    /// a multipart body, in which its range would mean nothing.
    pub ranged: bool,
}

/// Why there is no representation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NegotiationError {
    /// Nothing that is acceptable can be answered: 406.
    #[error("none of the acceptable media types is supported for this resource")]
    NotAcceptable {
        /// The media types that are supported, as they are written in `Accept`.
        supported: Vec<String>,
    },
    /// The header or parameter has more bytes than are read: 400.
    #[error("the acceptable media types take more than {limit} bytes")]
    TooLong {
        /// In bytes.
        limit: usize,
    },
    /// More media types, or more parameters of one, than are read: 400.
    #[error("there are more than {limit} acceptable media types, or parameters of one")]
    TooMany {
        /// How many are read.
        limit: usize,
    },
}

/// Chooses how to answer: by the `accept` query parameter, else by the `Accept` header, else, where a wildcard covers
/// it, by the default of the category (PS3.18 8.7.8.1). A request without either takes everything.
///
/// # Errors
/// [`NegotiationError`].
pub fn negotiate(request: &Request<'_>) -> Result<Representation, NegotiationError> {
    let mut offers = offers(request.category);
    if request.ranged {
        // Stable, so that the default stays ahead within each packaging.
        offers.sort_by_key(|offer| offer.packaging == Packaging::Multipart);
    }
    let parameter = parse_parameter(request.accept_parameter)?;
    let named: Vec<&Range> = parameter.iter().filter(|range| !range.is_wildcard()).collect();
    if let Some(chosen) = choose(&offers, &named) {
        return Ok(chosen);
    }
    let header = match request.accept {
        [] => vec![Range::everything()],
        lines => range::parse(lines)?,
    };
    choose(&offers, &header.iter().collect::<Vec<_>>())
        .ok_or_else(|| NegotiationError::NotAcceptable { supported: supported(request.category) })
}

/// Clients forget to encode the `+` of `application/dicom+json` and its like, so that it arrives as a space.
fn parse_parameter(values: &[&str]) -> Result<Vec<Range>, NegotiationError> {
    let values: Vec<String> = values
        .iter()
        .map(|value| value.replace("dicom json", "dicom+json").replace("dicom xml", "dicom+xml"))
        .collect();
    range::parse(&values.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The best wanted of the offers: media types by name in the order of their weights, and then wildcards. Everything
/// else that is acceptable in the same packaging adds to the acceptable transfer syntaxes.
fn choose(offers: &[Offer], ranges: &[&Range]) -> Option<Representation> {
    let offers: Vec<Offer> = offers.iter().copied().filter(|offer| !is_refused(*offer, ranges)).collect();
    let mut by_wish: Vec<&&Range> = ranges.iter().filter(|range| range.quality > 0).collect();
    by_wish.sort_by_key(|range| (range.is_wildcard(), std::cmp::Reverse(range.quality)));

    let mut chosen: Option<Representation> = None;
    for range in by_wish {
        let candidate = if range.is_wildcard() { by_pattern(&offers, range) } else { by_name(&offers, range) };
        match (&mut chosen, candidate) {
            (None, candidate) => chosen = candidate,
            (Some(chosen), Some(candidate)) => extend(chosen, &candidate, range, &offers),
            (Some(_), None) => {}
        }
    }
    chosen
}

/// Named with a weight of zero (RFC 9110 12.4.2).
fn is_refused(offer: Offer, ranges: &[&Range]) -> bool {
    let refuses = |range: &&&Range| {
        range.quality == 0 && !range.is_wildcard() && range.transfer_syntax.is_none() && range.packaging.is_some()
    };
    ranges.iter().filter(refuses).any(|range| range.covers(offer.packaging, offer.media_type))
}

/// The offer that a media type names.
fn by_name(offers: &[Offer], range: &Range) -> Option<Representation> {
    let offer = offers.iter().find(|offer| range.covers(offer.packaging, offer.media_type))?;
    let family = transfer_syntaxes(offer.media_type);
    let syntaxes = match &range.transfer_syntax {
        None | Some(TransferSyntax::Any) if !family.is_empty() => Syntaxes::list(family.iter().copied()),
        None => Syntaxes::default(),
        Some(TransferSyntax::Any) => Syntaxes::any(),
        Some(TransferSyntax::Uid(uid)) if family.is_empty() || family.contains(&uid.as_str()) => {
            Syntaxes::list([uid.as_str()])
        }
        Some(TransferSyntax::Uid(_)) => return None,
    };
    Some(Representation { packaging: offer.packaging, payload: offer.payload, syntaxes })
}

/// The first offer that a wildcard covers. Where it does not cover what the default transfer syntax is sent as, as
/// `image/*`, the syntaxes of all that it covers are acceptable.
fn by_pattern(offers: &[Offer], range: &Range) -> Option<Representation> {
    let mut covered = offers.iter().filter(|offer| range.covers(offer.packaging, offer.media_type));
    let first = covered.next()?;
    if transfer_syntaxes(first.media_type).is_empty() {
        return by_name(&[*first], &Range { media_type: first.media_type.to_owned(), ..range.clone() });
    }
    let mut representation: Option<Representation> = None;
    for offer in std::iter::once(first).chain(covered).filter(|offer| offer.packaging == first.packaging) {
        let named = Range { media_type: offer.media_type.to_owned(), ..range.clone() };
        match (&mut representation, by_name(&[*offer], &named)) {
            (None, other) => representation = other,
            (Some(all), Some(other)) => all.syntaxes.append(&other.syntaxes),
            (Some(_), None) => {}
        }
    }
    representation
}

/// Adds what a less wanted range takes in the same packaging.
fn extend(chosen: &mut Representation, candidate: &Representation, range: &Range, offers: &[Offer]) {
    let same = |offer: &&Offer| offer.packaging == chosen.packaging && offer.payload == chosen.payload;
    let covers_all = offers.iter().filter(same).all(|offer| range.covers(offer.packaging, offer.media_type));
    if range.is_wildcard() && covers_all && range.transfer_syntax.is_none() {
        // It takes whatever there is, so what was asked for by name is a wish and no condition.
        chosen.syntaxes.any |= !chosen.syntaxes.is_default();
    } else if candidate.packaging == chosen.packaging && candidate.payload == chosen.payload {
        chosen.syntaxes.append(&candidate.syntaxes);
    }
}
