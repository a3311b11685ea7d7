//! The server: one thread for connections, one for the backend, one that watches the agent and the unlock.

use crate::app_state::AppState;
use crate::backend::{AgentMonitor, Backend};
use crate::backend_queue::BackendQueue;
use crate::guard::ServerNames;
use crate::live::{LiveChannel, NowJson};
use crate::peer::is_same_user;
use crate::routes::build_router;
use crate::session::LinkIssuer;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Most header lines of a request.
const MAX_HEADERS: usize = 64;

/// How long open pages have to receive the end and empty themselves.
const FAREWELL_TIME: Duration = Duration::from_millis(200);

/// Time limits, and the number of connections.
#[derive(Clone, Debug)]
pub struct PageLimits {
    /// The page ends when nobody has used it for this long.
    pub idle: Duration,
    /// It ends after this time even when it is used.
    pub longest: Duration,
    /// The head of a request must arrive within this time, and so must the next request on a connection.
    pub head: Duration,
    /// The body of a request must arrive within this time.
    pub body: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Interval at which the agent and the unlock are checked.
    pub watch: Duration,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(600),
            longest: Duration::from_secs(8 * 3600),
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            connections: 32,
            watch: Duration::from_secs(2),
        }
    }
}

/// Why the page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageEnd {
    /// Nobody used it for [`PageLimits::idle`].
    Idle,
    /// [`PageLimits::longest`] has passed.
    Longest,
    /// The record was locked.
    Locked,
}

impl PageEnd {
    /// The reason, for the user.
    fn describe_end(self) -> &'static str {
        match self {
            Self::Idle => "Nobody used the page for a while.",
            Self::Longest => "The page has reached its time limit.",
            Self::Locked => "The record was locked.",
        }
    }
}

/// The page could not be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The port cannot be used.
    #[error("cannot listen on 127.0.0.1, port {port}: {source}")]
    Bind {
        /// The port asked for; 0 means any.
        port: u16,
        /// The system's error.
        source: std::io::Error,
    },
    /// No thread, or no event loop.
    #[error("the page could not be started: {0}")]
    Start(#[from] std::io::Error),
}

/// A page that listens and does not answer yet.
#[derive(Debug)]
pub struct PageServer {
    listener: TcpListener,
    links: LinkIssuer,
}

impl PageServer {
    /// Listens on 127.0.0.1; `port` 0 takes any free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn bind(port: u16) -> Result<Self, WebError> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let port = listener.local_addr()?.port();
            Ok((listener, port))
        });
        let (listener, port) = bound.map_err(|source| WebError::Bind { port, source })?;
        let links = LinkIssuer {
            session: Arc::default(),
            port,
        };
        Ok(Self { listener, links })
    }

    /// Makes links to this page.
    #[must_use]
    pub fn link_issuer(&self) -> LinkIssuer {
        self.links.clone()
    }

    /// Answers until the page ends.
    ///
    /// # Errors
    /// When a thread or the event loop cannot be started.
    pub fn serve_until_end(
        self,
        backend: Box<dyn Backend>,
        monitor: Arc<dyn AgentMonitor>,
        limits: PageLimits,
    ) -> Result<PageEnd, WebError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let state = Arc::new(AppState::new(
            ServerNames::new(self.links.port),
            self.links.session,
            BackendQueue::start(backend)?,
            limits.body,
        ));
        let locked = Arc::new(Notify::new());
        watch_agent(
            monitor,
            state.live.clone(),
            Arc::clone(&locked),
            limits.watch,
        )?;
        let listener = self.listener;
        let end = runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let router = build_router(&state);
            let end = tokio::select! {
                () = accept_connections(&listener, &router, &limits) => PageEnd::Idle,
                end = wait_for_end(&state, &limits) => end,
                () = locked.notified() => PageEnd::Locked,
            };
            drop(listener);
            state.live.end_all(end.describe_end());
            state.verification.cancel_running();
            tokio::time::sleep(FAREWELL_TIME).await;
            Ok(end)
        });
        // Does not wait for answers under way.
        runtime.shutdown_background();
        end.map_err(WebError::Start)
    }
}

async fn wait_for_end(state: &AppState, limits: &PageLimits) -> PageEnd {
    let started = Instant::now();
    loop {
        let (idle, age) = (state.idle_time(), started.elapsed());
        if age >= limits.longest {
            return PageEnd::Longest;
        }
        if idle >= limits.idle {
            return PageEnd::Idle;
        }
        let left = (limits.idle - idle).min(limits.longest - age);
        tokio::time::sleep(left).await;
    }
}

/// Watches the agent and the unlock on a thread of its own: both answer through sockets that block.
fn watch_agent(
    monitor: Arc<dyn AgentMonitor>,
    live: LiveChannel,
    locked: Arc<Notify>,
    interval: Duration,
) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("uam-page-watch".into())
        .spawn(move || {
            loop {
                if !monitor.is_unlocked() {
                    locked.notify_one();
                    return;
                }
                // The agent is asked only while somebody listens.
                if live.has_listeners() {
                    live.publish_now(&NowJson::from_status(monitor.agent_status()));
                }
                std::thread::sleep(interval);
            }
        })
        .map(drop)
}

async fn accept_connections(
    listener: &tokio::net::TcpListener,
    router: &Router,
    limits: &PageLimits,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file handles, or a connection that broke at once: trying again without a pause helps neither.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            continue;
        };
        if !stream
            .local_addr()
            .is_ok_and(|own| is_own_connection(own, peer))
        {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A connection that fails concerns only its browser.
            let _ = connection.await;
            drop(permit);
        });
    }
}

fn is_own_connection(own: SocketAddr, peer: SocketAddr) -> bool {
    peer.ip().is_loopback() && is_same_user(own, peer)
}
