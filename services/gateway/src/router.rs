//! All routes, in the order of the standard, and what every request passes on its way to them.

use crate::{
    Config, Operations, Problem, Services, State, cors, delete, disagreements, drain, host, observe, operations,
    retrieve, search, security, store, viewer_files,
};
use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::{Method, StatusCode};
use std::any::Any;
use tower::ServiceBuilder;
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// The whole of HTTP. `viewer` is absent where none is installed.
pub fn router(services: Services, config: Config, operations: Operations, viewer: Option<viewer::Site>) -> Router {
    let state = State::new(services, config, operations, viewer);
    // From the outside in.
    let layers = ServiceBuilder::new()
        // Outermost, so that every answer has an id and is counted.
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(from_fn(security::headers))
        // Outside of what refuses, so that a page elsewhere can read errors too.
        .layer(from_fn_with_state(state.clone(), cors::allow))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), drain::rest))
        .layer(from_fn_with_state(state.clone(), host::check));
    Router::new()
        .nest("/dicom-web", dicomweb())
        .nest("/facilities/{facility}/dicom-web", dicomweb())
        .nest("/disagreements", disagreements())
        .nest("/facilities/{facility}/disagreements", disagreements())
        .merge(pages())
        .fallback(async |_: Method| Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this resource does not know the method; see Allow")
        })
        .layer(layers)
        .with_state(state)
}

/// The DICOMweb services (PS3.18 chapter 10), and deletion, which the standard leaves to servers.
fn dicomweb() -> Router<State> {
    const STUDY: &str = "/studies/{study}";
    const SERIES: &str = "/studies/{study}/series/{series}";
    const INSTANCE: &str = "/studies/{study}/series/{series}/instances/{instance}";
    let below = |resource: &str, rest: &str| format!("{resource}{rest}");
    let retrieve = Router::new()
        .route(STUDY, get(retrieve::instances).delete(delete::delete).post(store::store))
        .route(SERIES, get(retrieve::instances).delete(delete::delete))
        .route(INSTANCE, get(retrieve::instances).delete(delete::delete))
        .route(&below(STUDY, "/metadata"), get(retrieve::metadata))
        .route(&below(SERIES, "/metadata"), get(retrieve::metadata))
        .route(&below(INSTANCE, "/metadata"), get(retrieve::metadata))
        .route(&below(INSTANCE, "/frames/{frames}"), get(retrieve::frames))
        .route(&below(STUDY, "/bulkdata"), get(retrieve::bulk_data))
        .route(&below(SERIES, "/bulkdata"), get(retrieve::bulk_data))
        .route(&below(INSTANCE, "/bulkdata"), get(retrieve::bulk_data))
        .route(&below(INSTANCE, "/bulkdata/{*path}"), get(retrieve::bulk_value))
        .route(&below(STUDY, "/pixeldata"), get(retrieve::pixel_data))
        .route(&below(SERIES, "/pixeldata"), get(retrieve::pixel_data))
        .route(&below(INSTANCE, "/pixeldata"), get(retrieve::pixel_data));
    let search = Router::new()
        .route("/studies", get(search::studies))
        .route("/studies/{study}/series", get(search::series))
        .route("/studies/{study}/instances", get(search::instances))
        .route("/studies/{study}/series/{series}/instances", get(search::instances))
        .route("/series", get(search::series))
        .route("/instances", get(search::instances))
        .layer(CompressionLayer::new().gzip(true).quality(CompressionLevel::Fastest));
    Router::new().route("/studies", post(store::store)).merge(retrieve).merge(search)
}

/// What people have to look at, outside of the standard. It is about patients, so nothing of it is kept on the way.
fn disagreements() -> Router<State> {
    Router::new()
        .route("/", get(disagreements::list))
        .route("/{id}/resolve", post(disagreements::resolve))
        .layer(map_response(disagreements::keep_nowhere))
}

/// What is not DICOMweb: the viewer and what operates the program.
fn pages() -> Router<State> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/viewer/")))
        .route("/viewer", get(async || Redirect::permanent("/viewer/")))
        .route("/viewer/", get(viewer_files::page))
        .route("/viewer/{*path}", get(viewer_files::file))
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
}

/// A defect in a handler costs its own request only.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}
