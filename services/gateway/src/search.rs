//! Search (PS3.18 10.6): parameters in, one call of the query service, DICOM JSON or XML out.

mod answer;
mod answer_xml;
mod attribute;
mod parameters;

pub(crate) use answer::Roots;

use crate::{Problem, State, asked::Asked, named::Named, origin::Root, principal::Caller};
use answer::Answer;
use axum::{
    extract::{self, FromRequestParts, RawQuery},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, WARNING},
};
use media_type::{Category, Payload, Representation};
use multipart::Writer;
use parameters::{ParameterError, Parameters};
use proto::query::v1::{Level, SearchRequest, SearchResponse};

/// `GET /studies`.
pub(crate) async fn studies(search: Search) -> Result<Response, Problem> {
    search.run(Level::Study).await
}

/// `GET /series` and `GET /studies/{study}/series`.
pub(crate) async fn series(search: Search) -> Result<Response, Problem> {
    search.run(Level::Series).await
}

/// `GET /instances` and those of a study or a series.
pub(crate) async fn instances(search: Search) -> Result<Response, Problem> {
    search.run(Level::Instance).await
}

/// What a request to one of the six resources of PS3.18 10.6.1 says.
#[derive(FromRequestParts)]
#[from_request(state(State))]
pub(crate) struct Search {
    #[from_request(via(extract::State))]
    state: State,
    caller: Caller,
    root: Root,
    named: Named,
    asked: Asked,
    headers: HeaderMap,
    query: RawQuery,
}

impl Search {
    async fn run(self, level: Level) -> Result<Response, Problem> {
        let RawQuery(query) = &self.query;
        let parameters = Parameters::parse(query.as_deref().unwrap_or_default())?;
        let representation = self.asked.negotiate(Category::SearchResults)?;
        let strict = wants_strict_handling(&self.headers);
        if strict {
            refuse_ignored(&parameters.unknown)?;
        }
        let request = self.request(level, &parameters);
        let mut found = self.state.query().search(self.caller.call(request)).await?.into_inner();
        if parameters.limit == Some(0) {
            leave_out_all(&mut found);
        }
        let roots = Roots::new(&self.root, &self.caller);
        let answer = Answer { parameters: &parameters, found: &found, roots: &roots };
        if strict {
            refuse_ignored(&answer.ignored())?;
        }
        Ok(respond(&answer, &representation, strict))
    }

    fn request(&self, level: Level, parameters: &Parameters) -> SearchRequest {
        SearchRequest {
            level: level.into(),
            study_instance_uid: self.named.study.as_ref().map(ToString::to_string).unwrap_or_default(),
            series_instance_uid: self.named.series.as_ref().map(ToString::to_string).unwrap_or_default(),
            keys: parameters.keys.clone(),
            fuzzy_matching: parameters.fuzzy_matching,
            empty_value_matching: parameters.empty_value_matching,
            multiple_value_matching: parameters.multiple_value_matching,
            order_by: parameters.order_by.clone(),
            include_all: parameters.include_all,
            include: parameters.include.iter().map(|field| field.tag).collect(),
            // Zero means "as many as possible" there; a client that asks for nothing wants the count.
            limit: parameters.limit.map_or(0, |limit| limit.max(1)),
            offset: parameters.offset,
        }
    }
}

/// What a request with `limit=0` gets: only the number of matches.
fn leave_out_all(found: &mut SearchResponse) {
    let left_out = u64::try_from(found.matches.len()).unwrap_or(u64::MAX);
    found.remaining = found.remaining.saturating_add(left_out);
    found.matches.clear();
}

fn respond(answer: &Answer<'_>, representation: &Representation, strict: bool) -> Response {
    let (content_type, mut response) = if representation.payload == Payload::DicomXml {
        let writer = Writer::new();
        let content_type = representation.multipart_content_type("", writer.boundary());
        (content_type, answer_xml::body(answer, writer).into_response())
    } else {
        (representation.content_type(""), answer.json().into_response())
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(content_type) = HeaderValue::try_from(content_type) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    if let Some(total) = answer.total() {
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
    }
    for warning in answer.warnings() {
        // A warning that cannot stand in a header holds a name that nobody could have meant.
        if let Ok(value) = HeaderValue::try_from(warning) {
            headers.append(WARNING, value);
        }
    }
    if strict {
        headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("handling=strict"));
    }
    response
}

/// How many matches there are on all pages. Not of the standard; a custom of many services.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// `Prefer: handling=strict` (RFC 7240 4.4): nothing of the request may be ignored.
fn wants_strict_handling(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split([',', ';'])).any(|preference| {
        preference.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("handling")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("strict")
        })
    })
}

fn refuse_ignored(names: &[String]) -> Result<(), Problem> {
    if names.is_empty() {
        return Ok(());
    }
    Err(Problem::bad_request(format!("these parameters are not supported: {}", answer::list(names))))
}

impl From<ParameterError> for Problem {
    fn from(error: ParameterError) -> Self {
        let status = match error {
            ParameterError::TooLong { .. } => StatusCode::URI_TOO_LONG,
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.to_string())
    }
}
