//! Connections and requests of a server.

use super::fault_plan::{Fault, Seen};
use super::faulty_answer::{Answer, answer_with_fault};
use super::spoiled_stream::{Both, Spoil, Spoilt};
use super::state::{Entry, MAX_LOG, Shared, lock};
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
pub(super) async fn accept_connections(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        if shared.open.load(Ordering::SeqCst) >= MAX_CONNECTIONS {
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
        shared.open.fetch_add(1, Ordering::SeqCst);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            serve_connection(&shared, socket).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve_connection(shared: &Arc<Shared>, socket: TcpStream) {
    let inner: Box<dyn Both> = match &shared.tls {
        None => Box::new(socket),
        Some(tls) => match tls.accept(socket).await {
            Ok(secured) => Box::new(secured),
            // A client that does not trust us.
            Err(_) => return,
        },
    };
    let how = Spoil::new();
    let spoil = how.clone();
    let io = TokioIo::new(Spoilt { inner, how });
    let shared = Arc::clone(shared);
    let service = hyper::service::service_fn(move |request| {
        let (shared, spoil) = (Arc::clone(&shared), spoil.clone());
        async move { answer_request(&shared, &spoil, request).await }
    });
    // An error here is a fault we injected or a client that left.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

async fn answer_request(shared: &Shared, spoil: &Spoil, request: Request<Incoming>) -> Answer {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().trim_start_matches('/');
    let key = path
        .strip_prefix(&shared.bucket)
        .map_or(path, |rest| rest.trim_start_matches('/'))
        .to_owned();
    let number = shared.requests.fetch_add(1, Ordering::SeqCst) + 1;
    // Parts of one object are told apart by their query.
    let name = request
        .uri()
        .path_and_query()
        .map_or_else(|| path.to_owned(), ToString::to_string);
    // A client that puts an acknowledged object again gains nothing by it; a plan that counts puts does not see it.
    let again = lock(&shared.acknowledged).contains(&name);
    let put = if request.method() == Method::PUT && !again {
        shared.puts.fetch_add(1, Ordering::SeqCst) + 1
    } else {
        0
    };
    let fault = (lock(&shared.faults).0)(&Seen {
        method: &method,
        key: &key,
        request: number,
        put,
        conditional: request.headers().contains_key(IF_NONE_MATCH),
    });
    if fault != Fault::None {
        shared.faulty.fetch_add(1, Ordering::SeqCst);
    }
    let spoilt = matches!(fault, Fault::Garbage | Fault::CutAnswer(_));
    let answer = answer_with_fault(shared, spoil, &fault, request).await;
    let stored = answer.as_ref().is_ok_and(|a| a.status().is_success());
    if method == "PUT" && stored && !spoilt && !matches!(fault, Fault::Portal { .. }) {
        let mut acknowledged = lock(&shared.acknowledged);
        if acknowledged.len() < MAX_ACKNOWLEDGED {
            acknowledged.insert(name);
        }
    }
    let mut log = lock(&shared.log);
    if log.len() == MAX_LOG {
        log.pop_front();
    }
    log.push_back(Entry {
        method,
        key,
        fault,
        status: answer.as_ref().map_or(0, |a| a.status().as_u16()),
    });
    answer
}
