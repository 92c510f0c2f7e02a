//! On whose behalf a request is made: its principal, and the facility that its path names.

use crate::{Problem, State, observe::RequestId};
use access::{FacilityId, Principal, Role, WayIn};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use rpc::{Context, Trace};

/// The context that travels with every call that the request causes, and the trace that the request belongs to.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub Context, Option<Trace>);

impl Caller {
    /// A call with this request's context on it.
    pub(crate) fn call<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        self.0.attach(&mut request);
        if let Some(trace) = &self.1 {
            trace.attach(&mut request);
        }
        request
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let facility = named_facility(parts, state).await?;
        let request_id = parts.extensions.get::<RequestId>().ok_or_else(Problem::internal)?.to_string();
        let config = state.config();
        let principal = Principal::new(
            "trial".to_owned(),
            vec![Role::Administrator],
            config.facilities.clone(),
            config.home_facility.clone(),
            WayIn::Trial,
        );
        let context = Context { request_id, principal, facility };
        context.reaches_facility().map_err(Problem::from)?;
        Ok(Self(context, Trace::of_headers(&parts.headers)))
    }
}

/// The facility in the path; one that cannot be read is as unknown as one that is not there.
async fn named_facility(parts: &mut Parts, state: &State) -> Result<Option<FacilityId>, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
    let named = params.iter().find(|(name, _)| *name == "facility").map(|(_, value)| value.parse());
    named.transpose().map_err(|_| Problem::not_found())
}
