//! The routes: authentication first, then path to handler.
//!
//! Always true, in this order: the guard checks every request; the page's own files and the exchange of a link are open;
//! everything else needs the session's token before its path is looked at. So without the token a path that exists
//! cannot be told from one that does not.

use crate::app_state::AppState;
use crate::assets::FILES;
use crate::response::{
    HttpResponse, accepts_gzip, bytes_response, compress_response, error_response,
};
use crate::session::lock_session;
use crate::{guard, handlers};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::routing::{get, post};
use hyper::{Method, StatusCode};
use std::sync::Arc;
use std::time::Instant;

/// A page left open asks for these by itself: they do not count as use.
const BACKGROUND_PATHS: [&str; 2] = ["/api/live", "/api/check"];

/// The service for every connection. Each layer is around a router of its own, because axum applies a router's layers
/// after it has matched the path and the method.
pub(crate) fn build_router(state: &Arc<AppState>) -> Router {
    let state = Arc::clone(state);
    let behind_token = Router::new()
        .fallback_service(api_router().with_state(Arc::clone(&state)))
        .layer(from_fn_with_state(Arc::clone(&state), require_token));
    let enter = post(handlers::post_session).fallback_service(behind_token.clone());
    let mut open = Router::new().route("/api/enter", enter);
    for (path, media, text) in FILES {
        let file = move || async move { bytes_response(StatusCode::OK, media, text.as_bytes()) };
        open = open.route(path, get(file).fallback_service(behind_token.clone()));
    }
    let site = open
        .fallback_service(behind_token)
        .with_state(Arc::clone(&state));
    Router::new()
        .fallback_service(site)
        .layer(from_fn_with_state(state, check_request))
        .layer(from_fn(compress))
}

fn api_router() -> Router<Arc<AppState>> {
    let verification = get(handlers::get_verification).post(handlers::post_verification);
    Router::new()
        .route("/api/live", get(handlers::get_live))
        .route("/api/day", get(handlers::get_day))
        .route("/api/days", get(handlers::get_days))
        .route("/api/shots", get(handlers::get_gallery))
        .route("/api/picture", get(handlers::get_screenshot))
        .route("/api/search", get(handlers::get_search))
        .route("/api/sent", get(handlers::get_uploads))
        .route("/api/check", verification)
        .route("/api/settings", get(handlers::get_settings))
        .route("/api/factors", get(handlers::get_factors))
        .route("/api/export", post(handlers::post_export))
        .route("/api/delete", post(handlers::post_deletion))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
}

async fn not_found() -> HttpResponse {
    error_response(StatusCode::NOT_FOUND, "there is no such page")
}

async fn compress(request: Request, next: Next) -> HttpResponse {
    let accepts = accepts_gzip(request.headers());
    let response = next.run(request).await;
    match accepts {
        true => compress_response(response).await,
        false => response,
    }
}

async fn check_request(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> HttpResponse {
    match state.names.check_request(&request) {
        Ok(()) => next.run(request).await,
        Err((status, text)) => error_response(status, text),
    }
}

async fn require_token(
    State(state): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> HttpResponse {
    let token = guard::bearer_token(request.headers());
    let checked = lock_session(&state.session).check_token(token, Instant::now());
    if let Err(error) = checked {
        return handlers::token_error_response(error);
    }
    let is_background =
        request.method() == Method::GET && BACKGROUND_PATHS.contains(&request.uri().path());
    if !is_background {
        state.mark_used();
    }
    next.run(request).await
}
