//! The server: one thread for connections, one for the desk, one that watches.

use crate::verification::Checks;
use crate::backend::{Desk, Queue, Watch};
use crate::session::{Door, Links};
use crate::guard::Names;
use crate::live::{Live, Now};
use crate::{peer, routes};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore};

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Most header lines of a request.
const MAX_HEADERS: usize = 64;

/// How long pages have to hear that it is over.
const FAREWELL: Duration = Duration::from_millis(200);

/// How long things may last, and how many there may be.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The page ends when nobody has asked for this long.
    pub idle: Duration,
    /// It ends after this long whatever happens.
    pub longest: Duration,
    /// The head of a request must be here within this time of its beginning, and the next request on a connection too.
    pub head: Duration,
    /// The body of a request must be here within this time.
    pub body: Duration,
    /// Connections at once.
    pub connections: usize,
    /// How often the running instance and the unlock are looked at.
    pub watch: Duration,
}

impl Default for Limits {
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
pub enum Ended {
    /// Nobody asked for [`Limits::idle`].
    Idle,
    /// [`Limits::longest`] is over.
    Longest,
    /// The record was locked.
    Locked,
}

impl Ended {
    /// In words for whoever looks at the page.
    fn why(self) -> &'static str {
        match self {
            Self::Idle => "Nobody looked for a while.",
            Self::Longest => "The page was open for as long as it may be.",
            Self::Locked => "The record was locked.",
        }
    }
}

/// The page could not be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// No port.
    #[error("cannot listen on 127.0.0.1, port {port}: {source}")]
    Bind {
        /// The port asked for; 0 means any.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// No thread, or no clockwork.
    #[error("the page could not be started: {0}")]
    Start(#[from] std::io::Error),
}

/// A page that listens but does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    links: Links,
}

/// What every request is answered with.
pub(crate) struct House {
    pub(crate) names: Names,
    pub(crate) door: Arc<Mutex<Door>>,
    pub(crate) queue: Queue,
    pub(crate) live: Live,
    pub(crate) checks: Checks,
    pub(crate) limits: Limits,
    /// When somebody last asked.
    asked: Mutex<Instant>,
}

impl House {
    pub(crate) fn touch(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed()
    }
}

impl Server {
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
        let links = Links {
            door: Arc::default(),
            port,
        };
        Ok(Self { listener, links })
    }

    /// Makes links to this page.
    #[must_use]
    pub fn links(&self) -> Links {
        self.links.clone()
    }

    /// Answers until it ends.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn run(
        self,
        desk: Box<dyn Desk>,
        watch: Arc<dyn Watch>,
        limits: Limits,
    ) -> Result<Ended, WebError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let locked = Arc::new(Notify::new());
        let live = Live::default();
        let house = Arc::new(House {
            names: Names::new(self.links.port),
            door: self.links.door,
            queue: Queue::start(desk)?,
            live: live.clone(),
            checks: Checks::default(),
            limits: limits.clone(),
            asked: Mutex::new(Instant::now()),
        });
        look_out(watch, live, Arc::clone(&locked), limits.watch)?;
        let listener = self.listener;
        let ended = runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let ended = tokio::select! {
                () = accept(&listener, &house) => Ended::Idle,
                ended = end(&house) => ended,
                () = locked.notified() => Ended::Locked,
            };
            drop(listener);
            house.live.end(ended.why());
            house.checks.end();
            // Long enough for a page to hear it and empty itself.
            tokio::time::sleep(FAREWELL).await;
            Ok(ended)
        });
        // What is still being answered is not waited for: it is over.
        runtime.shutdown_background();
        ended.map_err(WebError::Start)
    }
}

async fn end(house: &House) -> Ended {
    let begun = Instant::now();
    loop {
        let (idle, old) = (house.idle(), begun.elapsed());
        if old >= house.limits.longest {
            return Ended::Longest;
        }
        if idle >= house.limits.idle {
            return Ended::Idle;
        }
        let left = (house.limits.idle - idle).min(house.limits.longest - old);
        tokio::time::sleep(left).await;
    }
}

/// Looks at the running instance and the unlock on a thread of its own: both answer through sockets that block.
fn look_out(
    watch: Arc<dyn Watch>,
    live: Live,
    locked: Arc<Notify>,
    every: Duration,
) -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("uam-page-watch".into())
        .spawn(move || {
            loop {
                if !watch.is_unlocked() {
                    locked.notify_one();
                    return;
                }
                // Nobody is asked while nobody looks.
                if live.is_watched() {
                    live.tell(&Now::of(watch.status()));
                }
                std::thread::sleep(every);
            }
        })
        .map(drop)
}

async fn accept(listener: &tokio::net::TcpListener, house: &Arc<House>) {
    let places = Arc::new(Semaphore::new(house.limits.connections));
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of files, or a connection that broke at once: neither is helped by trying without a pause.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        if !stream.local_addr().is_ok_and(|own| welcome(own, peer)) {
            continue;
        }
        let _ = stream.set_nodelay(true);
        let house = Arc::clone(house);
        tokio::spawn(async move {
            let head = house.limits.head;
            let service = service_fn(move |request: hyper::Request<Incoming>| {
                let house = Arc::clone(&house);
                async move { Ok::<_, Infallible>(routes::answer(&house, request).await) }
            });
            // A connection that fails concerns its browser alone.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(head)
                .max_buf_size(MAX_HEAD)
                .max_headers(MAX_HEADERS)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(place);
        });
    }
}

fn welcome(own: SocketAddr, peer: SocketAddr) -> bool {
    peer.ip().is_loopback() && peer::is_ours(own, peer)
}
