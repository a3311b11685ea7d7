//! A real S3 server on loopback, with faults on demand.
//!
//! [`S3Server`] serves one directory as one bucket through `s3s` and `s3s-fs`: it checks signatures (a wrong key gets
//! 403), checksums and `If-None-Match`. A [`Faults`] plan decides, per request, what goes wrong. The server can be away
//! for a while ([`S3Server::stop`], [`S3Server::restart`]): the port stays the same, nothing listens on it.
//!
//! Always true:
//! * It listens on 127.0.0.1 only, and has let go of its port when [`S3Server::stop`] returns or the value is dropped.
//! * Everything is bounded: connections ([`MAX_CONNECTIONS`]; more wait to be accepted), the request log
//!   ([`MAX_LOG`]; the oldest entry goes first) and a stall ([`MAX_STALL`]).

mod access;
mod fault;
mod spoil;
mod tls;

pub use access::Access;
pub use tls::AUTHORITY;

pub use fault::{Fault, Faults, Seen};

use access::OneBucket;
use anyhow::{Context, Result};
use fault::with_fault;
use hyper::body::Incoming;
use hyper::header::IF_NONE_MATCH;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use spoil::{Both, Spoil, Spoilt};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Connections served at once; further ones wait in the kernel's queue.
pub const MAX_CONNECTIONS: usize = 64;
/// Requests remembered by [`S3Server::log`]; when full, the oldest is forgotten.
pub const MAX_LOG: usize = 20_000;
/// Acknowledged keys remembered; when full, further ones are not, and a put of theirs counts again.
const MAX_ACKNOWLEDGED: usize = 200_000;
/// A stalled request is dropped after this long, so that a test without timeouts still ends.
pub const MAX_STALL: Duration = Duration::from_secs(60);

/// How to start a server.
pub struct Options {
    /// Directory that holds the bucket's directory; made when missing.
    pub dir: PathBuf,
    /// Name of the bucket; made when missing.
    pub bucket: String,
    /// Access key id the client must use.
    pub access_key: String,
    /// Secret key the client must sign with.
    pub secret_key: String,
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// What goes wrong.
    pub faults: Faults,
    /// What is allowed.
    pub access: Access,
    /// Speak TLS, with a certificate of [`AUTHORITY`].
    pub tls: bool,
}

impl Options {
    /// Bucket `lab`, keys `lab-access` and `lab-secret`, a free port, no faults.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            bucket: "lab".into(),
            access_key: "lab-access".into(),
            secret_key: "lab-secret".into(),
            port: 0,
            faults: Faults::none(),
            access: Access::Whole,
            tls: false,
        }
    }
}

/// One request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// HTTP method.
    pub method: String,
    /// Path after the bucket, still percent-encoded.
    pub key: String,
    /// The fault it got.
    pub fault: Fault,
    /// Status the client was sent; 0 when it got no answer.
    pub status: u16,
}

/// How many requests came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All requests.
    pub requests: u64,
    /// PUT requests, but for those of objects whose put was acknowledged before.
    pub puts: u64,
    /// Requests that got a fault.
    pub faults: u64,
}

struct Shared {
    service: S3Service,
    bucket: String,
    faults: Mutex<Faults>,
    log: Mutex<VecDeque<Entry>>,
    acknowledged: Mutex<BTreeSet<String>>,
    tls: Option<TlsAcceptor>,
    requests: AtomicU64,
    puts: AtomicU64,
    faulty: AtomicU64,
    open: AtomicUsize,
}

/// A poisoned lock only means that a test failed elsewhere; its data is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server. Stops when dropped.
pub struct S3Server {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
    address: SocketAddr,
    dir: PathBuf,
    access_key: String,
    secret_key: String,
}

impl S3Server {
    /// Makes the bucket and starts to serve it.
    ///
    /// # Errors
    /// When the directory cannot be made or the port is taken.
    pub fn start(options: Options) -> Result<Self> {
        let Options {
            dir,
            bucket,
            access_key,
            secret_key,
            port,
            faults,
            access,
            tls,
        } = options;
        fs::create_dir_all(dir.join(&bucket))
            .with_context(|| format!("cannot make the bucket's directory in {}", dir.display()))?;
        let store = s3s_fs::FileSystem::new(&dir)
            .map_err(|e| anyhow::anyhow!("cannot serve {}: {e:?}", dir.display()))?;
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(
            access_key.clone(),
            secret_key.clone(),
        ));
        builder.set_access(OneBucket {
            name: bucket.clone(),
            access,
        });
        let shared = Arc::new(Shared {
            service: builder.build(),
            bucket,
            faults: Mutex::new(faults),
            log: Mutex::new(VecDeque::new()),
            acknowledged: Mutex::default(),
            tls: tls.then(tls::acceptor).transpose()?,
            requests: AtomicU64::new(0),
            puts: AtomicU64::new(0),
            faulty: AtomicU64::new(0),
            open: AtomicUsize::new(0),
        });
        let mut server = Self {
            shared,
            runtime: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            dir,
            access_key,
            secret_key,
        };
        server.restart()?;
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Name of the bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.shared.bucket
    }

    /// The environment a client needs to use this server, as `(name, value)`.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("S3_BUCKET_NAME", self.shared.bucket.clone()),
            ("AWS_ACCESS_KEY_ID", self.access_key.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_key.clone()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ENDPOINT_URL", self.url()),
        ]
    }

    /// Goes away: drops every connection and lets go of the port. Nothing when already away.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    /// Comes back on the same port. Nothing when already there.
    ///
    /// # Errors
    /// When the port is taken or no thread can be started.
    pub fn restart(&mut self) -> Result<()> {
        if self.runtime.is_some() {
            return Ok(());
        }
        let listener = StdListener::bind(self.address)
            .with_context(|| format!("cannot listen on {}", self.address))?;
        listener.set_nonblocking(true)?;
        self.address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("lab-s3")
            .enable_all()
            .build()
            .context("cannot start the server's thread")?;
        self.shared.open.store(0, Ordering::SeqCst);
        let shared = Arc::clone(&self.shared);
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(accept(listener, shared));
        self.runtime = Some(runtime);
        Ok(())
    }

    /// From now on these faults.
    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// How many requests came in since the first start.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals {
            requests: self.shared.requests.load(Ordering::SeqCst),
            puts: self.shared.puts.load(Ordering::SeqCst),
            faults: self.shared.faulty.load(Ordering::SeqCst),
        }
    }

    /// The last [`MAX_LOG`] requests in the order they ended.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Everything in the bucket, read straight from the server's directory: key to bytes.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn objects(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        let root = self.dir.join(&self.shared.bucket);
        let mut found = BTreeMap::new();
        walk(&root, &root, &mut found)?;
        Ok(found)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, found)?;
        } else {
            let parts: Vec<_> = path
                .strip_prefix(root)?
                .iter()
                .map(|part| part.to_string_lossy())
                .collect();
            found.insert(parts.join("/"), fs::read(&path)?);
        }
    }
    Ok(())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
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
            serve(&shared, socket).await;
            shared.open.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve(shared: &Arc<Shared>, socket: TcpStream) {
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
        async move { answer(&shared, &spoil, request).await }
    });
    // An error here is a fault we injected or a client that left.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(io, service)
        .await;
}

/// Returned to hyper to make it drop the connection.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection dropped by the fault plan")
    }
}

impl std::error::Error for Dropped {}

type Answer = Result<Response<s3s::Body>, Dropped>;

async fn answer(shared: &Shared, spoil: &Spoil, request: Request<Incoming>) -> Answer {
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
    // Whoever puts again what was acknowledged has nothing to gain by it; a plan that counts puts shall not see it.
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
    let answer = with_fault(shared, spoil, &fault, request).await;
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
