//! Between the wire and the types of this crate; no decisions.

use crate::{
    Config, disagreements,
    error::Error,
    matching::Asked,
    search::{Outcome, Request as SearchFor, search},
};
use catalog::{CatalogReader, NotedDisagreement, Remaining, Row};
use dataset::{Level, Tag};
use proto::query::v1 as wire;
use rpc::{Code, Context, Failure};
use tonic::{Request, Response, Status};
use uid::InvalidUid;

/// The query service as gRPC has it.
#[derive(Clone)]
pub struct Query {
    config: Config,
    catalog: CatalogReader,
}

impl Query {
    pub(crate) fn new(config: Config, catalog: CatalogReader) -> Self {
        Self { config, catalog }
    }
}

#[tonic::async_trait]
impl wire::query_server::Query for Query {
    async fn search(&self, request: Request<wire::SearchRequest>) -> Result<Response<wire::SearchResponse>, Status> {
        let context = Context::read(&request)?;
        let wanted = read(request.into_inner())?;
        let outcome = search(&self.catalog, &self.config, &context, wanted).await?;
        Ok(Response::new(write(outcome)))
    }

    async fn list_disagreements(
        &self,
        request: Request<wire::ListDisagreementsRequest>,
    ) -> Result<Response<wire::ListDisagreementsResponse>, Status> {
        let context = Context::read(&request)?;
        let wire::ListDisagreementsRequest { after, limit } = request.into_inner();
        let listed = disagreements::list(&self.catalog, &context, after, limit).await?;
        let disagreements = listed.into_iter().map(write_disagreement).collect();
        Ok(Response::new(wire::ListDisagreementsResponse { disagreements }))
    }
}

fn read(request: wire::SearchRequest) -> Result<SearchFor, Error> {
    let level = match request.level() {
        wire::Level::Unspecified => return Err(Error::Resource),
        wire::Level::Study => Level::Study,
        wire::Level::Series => Level::Series,
        wire::Level::Instance => Level::Instance,
    };
    Ok(SearchFor {
        level,
        study: uid(&request.study_instance_uid)?,
        series: uid(&request.series_instance_uid)?,
        keys: request.keys,
        fuzzy: request.fuzzy_matching,
        kinds: Asked { empty: request.empty_value_matching, multiple: request.multiple_value_matching },
        order: request.order_by,
        include_all: request.include_all,
        include: request.include.into_iter().map(tag).collect(),
        limit: request.limit,
        offset: request.offset,
    })
}

fn uid<T: std::str::FromStr<Err = InvalidUid>>(text: &str) -> Result<Option<T>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let invalid = |error: InvalidUid| Failure::new(Code::InvalidRequest, format!("a UID in the path: {error}"));
    Ok(Some(text.parse().map_err(invalid)?))
}

/// The group is in the upper 16 bits.
pub(crate) fn tag(number: u32) -> Tag {
    let [group_high, group_low, element_high, element_low] = number.to_be_bytes();
    Tag(u16::from_be_bytes([group_high, group_low]), u16::from_be_bytes([element_high, element_low]))
}

fn number(tag: Tag) -> u32 {
    u32::from(tag.0) << 16 | u32::from(tag.1)
}

fn write(outcome: Outcome) -> wire::SearchResponse {
    let (remaining, more_than) = match outcome.remaining {
        Remaining::Exact(remaining) => (remaining, false),
        Remaining::MoreThan(remaining) => (remaining, true),
    };
    wire::SearchResponse {
        matches: outcome.rows.into_iter().map(write_row).collect(),
        remaining,
        more_than,
        ignored_keys: outcome.ignored_keys,
        ignored_fields: outcome.ignored_fields.into_iter().map(number).collect(),
    }
}

fn write_row(row: Row) -> wire::Match {
    let attributes = row.attributes.into_iter();
    wire::Match {
        facility: row.facility.to_string(),
        study_instance_uid: row.study.to_string(),
        series_instance_uid: row.series.map(|uid| uid.to_string()).unwrap_or_default(),
        sop_instance_uid: row.instance.map(|uid| uid.to_string()).unwrap_or_default(),
        attributes: attributes.map(|(tag, json)| wire::Attribute { tag: number(tag), json }).collect(),
    }
}

fn write_disagreement(noted: NotedDisagreement) -> wire::Disagreement {
    wire::Disagreement {
        id: noted.id,
        facility: noted.facility.to_string(),
        study_instance_uid: noted.study.to_string(),
        attribute: noted.attribute.keyword().to_owned(),
        study_value: noted.study_value,
        instance_value: noted.instance_value,
        instances: noted.instances,
        noted_at: noted.noted_at.0,
    }
}
