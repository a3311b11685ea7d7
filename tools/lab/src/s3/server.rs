//! The server: starting, stopping, its log and its objects.

use super::access::{BUCKET, OneBucket};
use super::fault_plan::FaultPlan;
use super::options::S3ServerOptions;
use super::serve::accept_connections;
use super::state::{RequestLogEntry, RequestTotals, ServerState, lock};
use super::tls;
use anyhow::{Context, Result};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The key that a client must use and sign with.
const ACCESS_KEY: &str = "lab-access";
const SECRET_KEY: &str = "lab-secret";

/// The server of the bucket [`BUCKET`] on a free port of 127.0.0.1. Stops when dropped.
pub struct S3Server {
    state: Arc<ServerState>,
    runtime: Option<Runtime>,
    address: SocketAddr,
    dir: PathBuf,
}

impl S3Server {
    /// Makes the bucket and starts to serve it.
    ///
    /// # Errors
    /// When the directory cannot be made or the port is taken.
    pub fn start(options: S3ServerOptions) -> Result<Self> {
        let S3ServerOptions {
            dir,
            faults,
            access,
            tls,
        } = options;
        fs::create_dir_all(dir.join(BUCKET))
            .with_context(|| format!("cannot make the bucket's directory in {}", dir.display()))?;
        let store = s3s_fs::FileSystem::new(&dir)
            .map_err(|e| anyhow::anyhow!("cannot serve {}: {e:?}", dir.display()))?;
        let mut builder = S3ServiceBuilder::new(store);
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        builder.set_access(OneBucket(access));
        let state = Arc::new(ServerState {
            service: builder.build(),
            faults: Mutex::new(faults),
            log: Mutex::new(VecDeque::new()),
            acknowledged: Mutex::default(),
            tls: tls.then(tls::make_acceptor).transpose()?,
            requests: AtomicU64::new(0),
            puts: AtomicU64::new(0),
            faulty: AtomicU64::new(0),
            open: AtomicUsize::new(0),
        });
        let mut server = Self {
            state,
            runtime: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dir,
        };
        server.restart()?;
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = self.state.tls.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The environment a client needs to use this server, as `(name, value)`.
    #[must_use]
    pub fn env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("S3_BUCKET_NAME", BUCKET.into()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.into()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.into()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ENDPOINT_URL", self.url()),
        ]
    }

    /// Stops the server: drops every connection and releases the port. Does nothing when it is stopped.
    pub fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    /// Starts the server again on the same port. Does nothing when it is running.
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
        self.state.open.store(0, Ordering::SeqCst);
        let state = Arc::clone(&self.state);
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(accept_connections(listener, state));
        self.runtime = Some(runtime);
        Ok(())
    }

    /// Replaces the fault plan.
    pub fn set_faults(&self, faults: FaultPlan) {
        *lock(&self.state.faults) = faults;
    }

    /// Numbers of requests since the first start.
    #[must_use]
    pub fn totals(&self) -> RequestTotals {
        RequestTotals {
            requests: self.state.requests.load(Ordering::SeqCst),
            puts: self.state.puts.load(Ordering::SeqCst),
            faults: self.state.faulty.load(Ordering::SeqCst),
        }
    }

    /// The last [`super::MAX_LOG`] requests in the order they ended.
    #[must_use]
    pub fn log(&self) -> Vec<RequestLogEntry> {
        lock(&self.state.log).iter().cloned().collect()
    }

    /// Everything in the bucket, read straight from the server's directory: key to bytes.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn objects(&self) -> Result<BTreeMap<String, Vec<u8>>> {
        read_objects(&self.dir.join(BUCKET))
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Every file below `root`, by its path from there with `/` between the folders.
///
/// # Errors
/// When a folder or a file cannot be read.
pub fn read_objects(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let parts = path.strip_prefix(root)?.iter();
                let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
                found.insert(parts.join("/"), fs::read(&path)?);
            }
        }
    }
    Ok(found)
}
