//! What operates the program rather than the archive: liveness, readiness and metrics.

use crate::State;
use axum::{
    Json, Router,
    extract::{self, FromRef},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, join_all};
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Map, Value};
use std::{sync::Arc, time::Duration};
use tower::BoxError;

const CHECK_DEADLINE: Duration = Duration::from_secs(2);

/// Asks one dependency whether it works.
pub type Check = Arc<dyn Fn() -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// What the wiring knows and the gateway shows.
#[derive(Clone)]
pub struct Operations {
    /// Each dependency by name, with its check, for `/readyz`.
    pub checks: Vec<(&'static str, Check)>,
    /// The text of `/metrics`.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Default for Operations {
    /// No dependency and no metrics.
    fn default() -> Self {
        Self { checks: Vec::new(), metrics: Arc::new(String::new) }
    }
}

impl FromRef<State> for Operations {
    fn from_ref(state: &State) -> Self {
        state.operations().clone()
    }
}

/// The pages of a process that has no gateway: liveness, readiness and metrics, and nothing else.
pub fn operations_router(operations: Operations) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(operations)
}

/// `/healthz`: the process answers.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// `/readyz`: each dependency by name; 503 while one of them fails.
pub(crate) async fn ready(extract::State(operations): extract::State<Operations>) -> Response {
    let checks = &operations.checks;
    let results = join_all(checks.iter().map(|(name, check)| async move { (*name, works(name, check).await) })).await;
    let ready = results.iter().all(|(_, works)| *works);
    let word = |works: bool| Value::from(if works { "ok" } else { "unavailable" });
    let dependencies: Map<_, _> = results.into_iter().map(|(name, works)| (name.to_owned(), word(works))).collect();
    let mut body = Map::new();
    body.insert("status".to_owned(), Value::from(if ready { "ready" } else { "not ready" }));
    body.insert("dependencies".to_owned(), Value::Object(dependencies));
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Value::Object(body))).into_response()
}

async fn works(name: &str, check: &Check) -> bool {
    match tokio::time::timeout(CHECK_DEADLINE, check()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(dependency = name, %error, "a dependency is not ready");
            false
        }
        Err(_) => {
            tracing::warn!(dependency = name, "a dependency did not answer in time");
            false
        }
    }
}

/// `/metrics` in the Prometheus text format.
pub(crate) async fn metrics(extract::State(operations): extract::State<Operations>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], (operations.metrics)())
}
