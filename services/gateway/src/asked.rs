//! How a request wants its answer: media types, range, validators, or the head alone.

use crate::{Problem, conditional};
use axum::extract::{FromRequestParts, Query};
use http::{
    HeaderMap, Method,
    header::{ACCEPT, RANGE},
    request::Parts,
};
use media_type::{Category, NegotiationError, Packaging, Representation, Request, Syntaxes, negotiate};
use proto::retrieve::v1::{Accepted, ByteRange};

/// What a retrieve request says besides which resource it is about.
#[derive(Debug)]
pub(crate) struct Asked {
    accept_parameter: Vec<String>,
    headers: HeaderMap,
    /// `HEAD`: no body is made, and nothing is read for it.
    pub head_only: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::bad_request("the query string cannot be read"))?;
        let accept = parameters.into_iter().filter(|(name, _)| name == "accept").map(|(_, value)| value);
        Ok(Self {
            accept_parameter: accept.collect(),
            headers: parts.headers.clone(),
            head_only: parts.method == Method::HEAD,
        })
    }
}

impl Asked {
    /// The representation to answer with (PS3.18 8.7.8).
    pub(crate) fn negotiate(&self, category: Category) -> Result<Representation, Problem> {
        let accept_parameter: Vec<&str> = self.accept_parameter.iter().map(String::as_str).collect();
        let accept: Vec<&str> = self.headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok()).collect();
        let ranged = self.headers.contains_key(RANGE);
        let request = Request { category, accept_parameter: &accept_parameter, accept: &accept, ranged };
        negotiate(&request).map_err(refused)
    }

    /// The range that is asked for, where the answer is a single part: in a multipart body it would mean nothing.
    pub(crate) fn range(&self, representation: &Representation) -> Option<ByteRange> {
        let applies = representation.packaging == Packaging::SinglePart && !self.head_only;
        if applies { conditional::range(&self.headers) } else { None }
    }

    /// The tag that a range is bound to (`If-Range`), where there is a range.
    pub(crate) fn range_condition(&self) -> Option<&str> {
        conditional::range_condition(&self.headers)
    }

    pub(crate) fn matches(&self, etag: &str) -> bool {
        conditional::matches(&self.headers, etag)
    }

    pub(crate) fn accepts_gzip(&self) -> bool {
        conditional::accepts_gzip(&self.headers)
    }
}

fn refused(error: NegotiationError) -> Problem {
    let detail = error.to_string();
    match error {
        NegotiationError::NotAcceptable { supported } => Problem::not_acceptable(detail, supported),
        NegotiationError::TooLong { .. } | NegotiationError::TooMany { .. } => Problem::bad_request(detail),
    }
}

/// The transfer syntaxes that the client takes, as the retrieve service reads them.
pub(crate) fn accepted(syntaxes: &Syntaxes) -> Accepted {
    Accepted { any: syntaxes.any, transfer_syntax_uids: syntaxes.listed.clone() }
}
