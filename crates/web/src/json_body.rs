//! The JSON body of a request.

use crate::app_state::AppState;
use crate::response::{HttpResponse, error_response};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::StatusCode;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longest body of a request, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// A body as JSON, complete within the state's time limit and [`MAX_BODY`]. Its bytes are wiped: they may hold factors.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<AppState>> for JsonBody<T> {
    type Rejection = HttpResponse;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, HttpResponse> {
        match read_json_body(request.into_body(), state.body_timeout).await {
            Ok(value) => Ok(Self(value)),
            Err((status, text)) => Err(error_response(status, text)),
        }
    }
}

async fn read_json_body<T: DeserializeOwned>(
    body: Body,
    timeout: Duration,
) -> Result<T, (StatusCode, &'static str)> {
    let body = Limited::new(body, MAX_BODY).collect();
    let body = match tokio::time::timeout(timeout, body).await {
        Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the request came too slowly")),
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "the request is too long"));
        }
        Ok(Err(_)) => return Err((StatusCode::BAD_REQUEST, "the request broke off")),
        Ok(Ok(body)) => Zeroizing::new(body.to_bytes().to_vec()),
    };
    let text = "that is not a valid request";
    serde_json::from_slice(&body).map_err(|_| (StatusCode::BAD_REQUEST, text))
}
