//! One function for each path: read the request, ask the backend, answer.

use crate::api::{day, days, export, screenshots, search, uploads};
use crate::app_state::AppState;
use crate::backend::{Backend, BackendError, TypedFactors};
use crate::json_body::JsonBody;
use crate::query_params::QueryParams;
use crate::response::{
    HttpResponse, backend_error_response, bad_request_response, busy_response, bytes_response,
    download_response, error_response, json_response, streaming_response,
};
use crate::session::{TokenError, lock_session};
use crate::text::printable_text;
use axum::extract::State;
use hyper::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;
use zeroize::Zeroizing;

/// Longest search words, in bytes.
const MAX_SEARCH_WORDS: usize = 200;

/// Longest outcome of a deletion, in characters.
const MAX_OUTCOME: usize = 600;

/// Extracts the state that all requests share.
type StateExtractor = State<Arc<AppState>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionRequest {
    link: String,
}

#[derive(Serialize)]
struct SessionResponse {
    token: String,
    version: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteRequest {
    seq: u64,
    code: String,
    #[serde(default)]
    passphrase: Option<String>,
}

#[derive(Serialize)]
struct DeletedJson {
    done: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorsRequest {
    code: String,
    #[serde(default)]
    passphrase: Option<String>,
}

#[derive(Serialize)]
struct FactorsJson {
    /// True when a passphrase is needed besides the code.
    passphrase: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerificationRequest {
    /// Classifier and sizes only.
    quick: bool,
}

fn to_factors(code: String, passphrase: Option<String>) -> TypedFactors {
    TypedFactors {
        code: Zeroizing::new(code),
        passphrase: passphrase.map(Zeroizing::new),
    }
}

pub(crate) fn token_error_response(error: TokenError) -> HttpResponse {
    match error {
        TokenError::Wrong => error_response(StatusCode::UNAUTHORIZED, "not unlocked"),
        TokenError::RateLimited => error_response(
            StatusCode::TOO_MANY_REQUESTS,
            "too many wrong tokens; wait a minute",
        ),
        TokenError::NoRandomness => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the operating system gave no random bytes",
        ),
    }
}

/// Asks the backend and answers with JSON.
async fn ask_and_answer<T: Serialize + Send + 'static>(
    state: &AppState,
    question: impl FnOnce(&mut dyn Backend) -> Result<T, BackendError> + Send + 'static,
) -> HttpResponse {
    match state.queue.ask_backend(question).await {
        Err(_) => busy_response(),
        Ok(Err(error)) => backend_error_response(&error),
        Ok(Ok(answer)) => json_response(StatusCode::OK, &answer),
    }
}

/// Exchanges a link for a session, which ends the former one.
pub(crate) async fn post_session(
    State(state): StateExtractor,
    JsonBody(request): JsonBody<SessionRequest>,
) -> HttpResponse {
    let link = Zeroizing::new(request.link);
    let opened = lock_session(&state.session).open_session(&link, Instant::now());
    match opened {
        Err(error) => token_error_response(error),
        Ok(token) => {
            state.mark_used();
            state.live.end_all("The page was opened again elsewhere.");
            let response = SessionResponse {
                token,
                version: env!("CARGO_PKG_VERSION"),
            };
            json_response(StatusCode::OK, &response)
        }
    }
}

/// The live status as an event stream.
pub(crate) async fn get_live(State(state): StateExtractor) -> HttpResponse {
    let (response, sender) = streaming_response("text/event-stream");
    let live = state.live.clone();
    tokio::spawn(async move { live.stream_to(sender).await });
    response
}

pub(crate) async fn get_day(State(state): StateExtractor, params: QueryParams) -> HttpResponse {
    match (params.date_param("day"), params.merge_seconds(1)) {
        (Ok(day), Ok(merge_s)) => {
            ask_and_answer(&state, move |backend| day::read_day(backend, day, merge_s)).await
        }
        (Err(text), _) | (_, Err(text)) => bad_request_response(text),
    }
}

/// The days asked for, and up to which length visits are merged, in seconds.
fn parse_period(params: &QueryParams) -> Result<(RangeInclusive<Date>, u64), &'static str> {
    let days = params.day_range("first", "last")?;
    let length = days.start().until(*days.end());
    let merge_s = params.merge_seconds(length.map_or(i32::MAX, |span| span.get_days() + 1))?;
    Ok((days, merge_s))
}

pub(crate) async fn get_days(State(state): StateExtractor, params: QueryParams) -> HttpResponse {
    let group_by = days::parse_group_by(params.raw_param("by"));
    match (parse_period(&params), group_by) {
        (Ok((range, merge_s)), Some(group_by)) => {
            let question = move |backend: &mut dyn Backend| {
                days::read_period(backend, range, group_by, merge_s)
            };
            ask_and_answer(&state, question).await
        }
        (Err(text), _) => bad_request_response(text),
        (_, None) => bad_request_response("days are grouped by app, category or project"),
    }
}

pub(crate) async fn get_gallery(State(state): StateExtractor, params: QueryParams) -> HttpResponse {
    let (day, before) = match (params.date_param("day"), params.number_param("before")) {
        (Ok(day), Ok(before)) => (day, before),
        (Err(text), _) | (_, Err(text)) => return bad_request_response(text),
    };
    let words = params.raw_param("q").map(str::to_owned);
    if words
        .as_ref()
        .is_some_and(|words| words.len() > MAX_SEARCH_WORDS)
    {
        return bad_request_response("search for 200 letters at most");
    }
    let filter = screenshots::ScreenshotFilter {
        day,
        app: params.raw_param("app").map(str::to_owned),
        words,
        before,
    };
    ask_and_answer(&state, move |backend| {
        screenshots::read_gallery(backend, &filter)
    })
    .await
}

pub(crate) async fn get_screenshot(
    State(state): StateExtractor,
    params: QueryParams,
) -> HttpResponse {
    let seq = match params.number_param("seq") {
        Ok(Some(seq)) => seq,
        Ok(None) => return bad_request_response("which screenshot?"),
        Err(text) => return bad_request_response(text),
    };
    let question = move |backend: &mut dyn Backend| screenshots::read_screenshot(backend, seq);
    match state.queue.ask_backend(question).await {
        Err(_) => busy_response(),
        Ok(Err(error)) => backend_error_response(&error),
        Ok(Ok((bytes, media))) => bytes_response(StatusCode::OK, media, bytes),
    }
}

/// Searches day by day; each day is a line of JSON, sent as soon as it is known.
pub(crate) async fn get_search(State(state): StateExtractor, params: QueryParams) -> HttpResponse {
    let days = match params.day_range("first", "last") {
        Err(text) => return bad_request_response(text),
        Ok(days) => days,
    };
    let words = params.raw_param("q").unwrap_or_default().trim().to_owned();
    if words.is_empty() || words.len() > MAX_SEARCH_WORDS {
        return bad_request_response("search for one or more words, 200 letters at most");
    }
    let (response, lines) = streaming_response("application/x-ndjson");
    let posted = state
        .queue
        .post_job(move |backend| search::search_days(backend, &days, &words, &lines));
    match posted {
        Ok(()) => response,
        Err(_) => busy_response(),
    }
}

pub(crate) async fn get_uploads(State(state): StateExtractor) -> HttpResponse {
    ask_and_answer(&state, uploads::read_uploads).await
}

pub(crate) async fn get_settings(State(state): StateExtractor) -> HttpResponse {
    ask_and_answer(&state, |backend| backend.list_settings()).await
}

/// Which factors an export or a deletion asks for.
pub(crate) async fn get_factors(State(state): StateExtractor) -> HttpResponse {
    ask_and_answer(&state, |backend| {
        Ok(FactorsJson {
            passphrase: backend.needs_passphrase(),
        })
    })
    .await
}

pub(crate) async fn get_verification(State(state): StateExtractor) -> HttpResponse {
    json_response(StatusCode::OK, &state.verification.current_json())
}

/// Starts a verification unless one runs; answers with its progress either way.
pub(crate) async fn post_verification(
    State(state): StateExtractor,
    JsonBody(request): JsonBody<VerificationRequest>,
) -> HttpResponse {
    let slot = state.verification.clone();
    ask_and_answer(&state, move |backend| {
        if let Some(running) = slot.start_new() {
            backend.start_verification(request.quick, running)?;
        }
        Ok(slot.current_json())
    })
    .await
}

/// Days as a file. Asks for both factors: nothing protects the copy any more.
pub(crate) async fn post_export(
    State(state): StateExtractor,
    params: QueryParams,
    JsonBody(request): JsonBody<FactorsRequest>,
) -> HttpResponse {
    let format = params.raw_param("as").and_then(|word| word.parse().ok());
    let (days, merge_s, format) = match (parse_period(&params), format) {
        (Ok((days, merge_s)), Some(format)) => (days, merge_s, format),
        (Err(text), _) => return bad_request_response(text),
        (_, None) => return bad_request_response("a file is csv, json, html, pdf or ics"),
    };
    let factors = to_factors(request.code, request.passphrase);
    let question = move |backend: &mut dyn Backend| {
        backend.verify_factors(&factors)?;
        export::export_days(backend, &days, format, merge_s)
    };
    match state.queue.ask_backend(question).await {
        Err(_) => busy_response(),
        Ok(Err(error)) => backend_error_response(&error),
        Ok(Ok(file)) => download_response(&file.name, file.media, file.bytes),
    }
}

pub(crate) async fn post_deletion(
    State(state): StateExtractor,
    JsonBody(request): JsonBody<DeleteRequest>,
) -> HttpResponse {
    let factors = to_factors(request.code, request.passphrase);
    ask_and_answer(&state, move |backend| {
        let outcome = backend.delete_screenshot(request.seq, &factors)?;
        Ok(DeletedJson {
            done: printable_text(&outcome, MAX_OUTCOME),
        })
    })
    .await
}
