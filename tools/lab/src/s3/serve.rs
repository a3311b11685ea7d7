//! Connections and requests of a server.

use super::access::BUCKET;
use super::fault_plan::{S3Fault, SeenRequest};
use super::faulty_answer::{HandlerResult, answer_with_fault};
use super::spoiled_stream::{AsyncStream, SpoilSwitch, SpoiledStream};
use super::state::{MAX_LOG, RequestLogEntry, ServerState, lock};
use hyper::body::Incoming;
use hyper::header::IF_NONE_MATCH;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// Connections served at once; further ones wait in the kernel's queue.
pub const MAX_CONNECTIONS: usize = 64;
/// Acknowledged keys remembered; when full, further ones are not, and a put of theirs counts again.
const MAX_ACKNOWLEDGED: usize = 200_000;

/// Accepts connections until the task is dropped.
pub(super) async fn accept_connections(listener: TcpListener, state: Arc<ServerState>) {
    loop {
        if state.open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        }
        let Ok((socket, _)) = listener.accept().await else {
            // Out of file descriptors, or the client left before it was accepted: neither ends the server.
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        // Small answers must not wait for the client's delayed acknowledgement.
        let _ = socket.set_nodelay(true);
        state.open.fetch_add(1, Ordering::SeqCst);
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            serve_connection(&state, socket).await;
            state.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve_connection(state: &Arc<ServerState>, socket: TcpStream) {
    let inner: Box<dyn AsyncStream> = match &state.tls {
        None => Box::new(socket),
        Some(tls) => match tls.accept(socket).await {
            Ok(secured) => Box::new(secured),
            // A client that does not trust us.
            Err(_) => return,
        },
    };
    let how = SpoilSwitch::new();
    let spoil = how.clone();
    let io = TokioIo::new(SpoiledStream { inner, how });
    let state = Arc::clone(state);
    let service = hyper::service::service_fn(move |request| {
        let (state, spoil) = (Arc::clone(&state), spoil.clone());
        async move { answer_request(&state, &spoil, request).await }
    });
    // An error here is a fault we injected or a client that left.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

async fn answer_request(
    state: &ServerState,
    spoil: &SpoilSwitch,
    request: Request<Incoming>,
) -> HandlerResult {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().trim_start_matches('/');
    let key = path
        .strip_prefix(BUCKET)
        .map_or(path, |rest| rest.trim_start_matches('/'))
        .to_owned();
    let number = state.requests.fetch_add(1, Ordering::SeqCst) + 1;
    // Parts of one object are told apart by their query.
    let name = request
        .uri()
        .path_and_query()
        .map_or_else(|| path.to_owned(), ToString::to_string);
    // A client that puts an acknowledged object again gains nothing by it; a plan that counts puts does not see it.
    let again = lock(&state.acknowledged).contains(&name);
    let put = if request.method() == Method::PUT && !again {
        state.puts.fetch_add(1, Ordering::SeqCst) + 1
    } else {
        0
    };
    let fault = (lock(&state.faults).0)(&SeenRequest {
        method: &method,
        key: &key,
        request: number,
        put,
        conditional: request.headers().contains_key(IF_NONE_MATCH),
    });
    if fault != S3Fault::None {
        state.faulty.fetch_add(1, Ordering::SeqCst);
    }
    let spoilt = matches!(fault, S3Fault::Garbage | S3Fault::CutAnswer(_));
    let answer = answer_with_fault(state, spoil, &fault, request).await;
    let stored = answer.as_ref().is_ok_and(|a| a.status().is_success());
    if method == "PUT" && stored && !spoilt && !matches!(fault, S3Fault::Portal { .. }) {
        let mut acknowledged = lock(&state.acknowledged);
        if acknowledged.len() < MAX_ACKNOWLEDGED {
            acknowledged.insert(name);
        }
    }
    let mut log = lock(&state.log);
    if log.len() == MAX_LOG {
        log.pop_front();
    }
    log.push_back(RequestLogEntry {
        method,
        key,
        fault,
        status: answer.as_ref().map_or(0, |a| a.status().as_u16()),
    });
    answer
}
