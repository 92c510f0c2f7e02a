//! What a request names in its path: studies, series and instances.

use crate::Problem;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use std::str::FromStr;
use uid::{InstanceRef, InvalidUid, Resource, SeriesInstanceUid, SeriesRef, SopInstanceUid, StudyInstanceUid};

/// The UIDs in the path, as far as it names any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Named {
    /// From `/studies/{study}`.
    pub study: Option<StudyInstanceUid>,
    /// From `/series/{series}`.
    pub series: Option<SeriesInstanceUid>,
    /// From `/instances/{instance}`.
    pub instance: Option<SopInstanceUid>,
    /// From `/frames/{frames}` or `/bulkdata/{*path}`, percent-decoded.
    pub rest: String,
}

/// The study, series or instance that a request is about.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub resource: Resource,
    /// What of it: a frame list, or the path of a bulk value; else empty.
    pub rest: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        let mut named = Self::default();
        for (name, value) in &params {
            match name {
                "study" => named.study = Some(uid(value, "Study Instance UID")?),
                "series" => named.series = Some(uid(value, "Series Instance UID")?),
                "instance" => named.instance = Some(uid(value, "SOP Instance UID")?),
                "frames" | "path" => value.clone_into(&mut named.rest),
                _ => {}
            }
        }
        Ok(named)
    }
}

fn uid<T: FromStr<Err = InvalidUid>>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::bad_request(format!("the {what} in the path is not valid: {error}")))
}

impl<S: Send + Sync> FromRequestParts<S> for Target {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Named { study, series, instance, rest } = Named::from_request_parts(parts, state).await?;
        let study = study.ok_or_else(Problem::not_found)?;
        let resource = match (series, instance) {
            (Some(series), Some(instance)) => Resource::Instance(InstanceRef { study, series, instance }),
            (Some(series), None) => Resource::Series(SeriesRef { study, series }),
            (None, _) => Resource::Study(study),
        };
        Ok(Self { resource, rest })
    }
}
