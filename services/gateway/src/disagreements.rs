//! Disagreements between studies and their instances about the patient, for people to look at and to resolve. Outside of
//! the standard. The values are patient data: they go into the answer and nowhere else.

use crate::{Problem, State, cors, origin::Root, principal::Caller, search::Roots};
use axum::{
    Json,
    extract::{self, FromRequestParts, Query, RawPathParams},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header::CACHE_CONTROL, request::Parts};
use proto::{
    ingest::v1::ResolveDisagreementRequest,
    query::v1::{Disagreement, ListDisagreementsRequest},
};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The most entries that can be asked for at once.
const MAX_LIMIT: u32 = 1000;

/// `GET /disagreements`: those that nobody has resolved, in the order in which they were noted.
pub(crate) async fn list(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    page: Page,
) -> Result<Json<Vec<Entry>>, Problem> {
    let request = ListDisagreementsRequest { after: page.after, limit: page.limit };
    let listed = state.query().list_disagreements(caller.call(request)).await?.into_inner();
    let roots = Roots::new(&root, &caller);
    let entries = listed.disagreements.into_iter().map(|noted| Entry::new(noted, &roots));
    entries.collect::<Result<_, _>>().map(Json)
}

/// `POST /disagreements/{id}/resolve`: 204 once it is listed no more; 404 where there is none, or not any more.
pub(crate) async fn resolve(
    extract::State(state): extract::State<State>,
    caller: Caller,
    root: Root,
    Named(id): Named,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    if cors::is_foreign(&headers, &root, state.config()) {
        let detail = "a page of another origin may not do this; see public_url and allowed_origins";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    state.ingest().resolve_disagreement(caller.call(ResolveDisagreementRequest { id })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Marks an answer as one that neither browsers nor proxies may keep.
pub(crate) async fn keep_nowhere(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One disagreement as it is shown. No `Debug`: it holds patient data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    id: i64,
    facility: String,
    #[serde(rename = "studyInstanceUID")]
    study_instance_uid: String,
    #[serde(rename = "retrieveURL")]
    retrieve_url: String,
    attribute: String,
    study_value: String,
    instance_value: String,
    instances: u64,
    noted_at: String,
}

impl Entry {
    fn new(noted: Disagreement, roots: &Roots) -> Result<Self, Problem> {
        let retrieve_url = format!("{}/studies/{}", roots.of(&noted.facility), noted.study_instance_uid);
        Ok(Self {
            id: noted.id,
            facility: noted.facility,
            study_instance_uid: noted.study_instance_uid,
            retrieve_url,
            attribute: noted.attribute,
            study_value: noted.study_value,
            instance_value: noted.instance_value,
            instances: noted.instances,
            noted_at: rfc3339(noted.noted_at).ok_or_else(Problem::internal)?,
        })
    }
}

/// `None` for years that RFC 3339 cannot write.
fn rfc3339(unix_millis: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_millis) * 1_000_000).ok()?;
    time.format(&Rfc3339).ok()
}

/// Which part of the list is asked for.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Page {
    after: i64,
    limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: 0, limit: 100 }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let page = Query::<Self>::try_from_uri(&parts.uri).ok().map(|Query(page)| page);
        page.filter(|page| page.after >= 0 && (1..=MAX_LIMIT).contains(&page.limit)).ok_or_else(|| {
            Problem::bad_request(format!("after must be an id and limit from 1 to {MAX_LIMIT}; nothing else is known"))
        })
    }
}

/// The disagreement in the path.
pub(crate) struct Named(i64);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let id = params.iter().find(|(name, _)| *name == "id").and_then(|(_, value)| value.parse().ok());
        let id = id.filter(|id: &i64| *id >= 0).map(Self);
        id.ok_or_else(|| Problem::bad_request("the id of a disagreement is a whole number"))
    }
}
