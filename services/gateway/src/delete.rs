//! Deletes a study, series or instance: `DELETE` on its resource, which the standard leaves to servers.

use crate::{Problem, State, named::Target, principal::Caller};
use axum::extract;
use http::StatusCode;
use proto::ingest::v1::DeleteRequest;

/// 204 once it can no longer be found; 404 where there is nothing of that name.
pub(crate) async fn delete(
    extract::State(state): extract::State<State>,
    caller: Caller,
    target: Target,
) -> Result<StatusCode, Problem> {
    let request = DeleteRequest { resource: Some(rpc::resource_to_proto(&target.resource)) };
    state.ingest().delete(caller.call(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}
