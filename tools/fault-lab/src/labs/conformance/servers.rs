//! S3 servers that others wrote, installed once into the cache and started on loopback.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Pinned packages.
const MOTO: [&str; 4] = [
    "moto[s3]==5.1.22",
    "flask==3.1.3",
    "flask-cors==6.0.5",
    "boto3==1.44.8",
];
const S3RVER: &str = "s3rver@3.7.1";

/// How long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Killed on drop.
pub(super) struct ForeignServer {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

impl Drop for ForeignServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of the cache with an installation in it; an incomplete one is replaced.
fn install_once(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("no home folder")?
            .join(".cache"),
    };
    let dir = cache.join("uam").join("fault-lab").join(name);
    let whole = dir.join("whole");
    if !whole.exists() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir)?;
        make(&dir)?;
        fs::write(&whole, "")?;
    }
    Ok(dir)
}

fn run_installer(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or_default();
    ensure!(output.status.success(), "{name} failed: {last}");
    Ok(())
}

/// Installs moto; returns the folder of its Python environment.
pub(super) fn install_moto() -> Result<PathBuf> {
    install_once("moto-5.1.22", |dir| {
        run_installer(Command::new("python3").args(["-m", "venv"]).arg(dir))?;
        run_installer(
            Command::new(dir.join("bin/pip"))
                .args(["install", "--quiet"])
                .args(MOTO),
        )
    })
}

/// Installs s3rver; returns the folder of its Node modules.
pub(super) fn install_s3rver() -> Result<PathBuf> {
    install_once("s3rver-3.7.1", |dir| {
        run_installer(Command::new("npm").current_dir(dir).args([
            "install",
            "--no-audit",
            "--no-fund",
            "--no-save",
            S3RVER,
        ]))
    })
}

/// Moto without its check of signatures.
const MOTO_MAIN: &str = "\
import sys
from moto.iam.access_control import IAMRequestBase
from moto.server import main
IAMRequestBase.check_signature = lambda self: None
main(sys.argv[1:])
";

/// Starts moto, which enforces policies after the first `free` actions.
pub(super) fn start_moto(dir: &Path, free: u32) -> Result<ForeignServer> {
    start_server(|port| {
        let mut command = Command::new(dir.join("bin/python"));
        command
            .args(["-c", MOTO_MAIN, "-H", "127.0.0.1", "-p", port])
            .env("INITIAL_NO_AUTH_ACTION_COUNT", free.to_string());
        command
    })
}

/// The two keys that the set-up makes, each with its secret.
pub(super) fn set_up_moto(
    dir: &Path,
    server: &ForeignServer,
    policy: &str,
) -> Result<[(String, String); 2]> {
    let output = Command::new(dir.join("bin/python"))
        .args(["-c", include_str!("moto_setup.py")])
        .args([&format!("http://{}", server.address), policy])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "moto could not be set up: {said}");
    let text = String::from_utf8(output.stdout)?;
    let keys: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(key, secret)| (key.to_owned(), secret.to_owned()))
        .collect();
    keys.try_into()
        .map_err(|_| anyhow::anyhow!("moto gave no keys: {text}"))
}

/// Starts s3rver with the bucket `lab` in `data`.
pub(super) fn start_s3rver(dir: &Path, data: &Path) -> Result<ForeignServer> {
    start_server(|port| {
        let mut command = Command::new(dir.join("node_modules/.bin/s3rver"));
        command
            .args([
                "--silent",
                "--no-vhost-buckets",
                "-a",
                "127.0.0.1",
                "-p",
                port,
                "-d",
            ])
            .arg(data)
            .args(["--configure-bucket", "lab"]);
        command
    })
}

/// Starts a server on a free port and waits until it listens.
fn start_server(command: impl FnOnce(&str) -> Command) -> Result<ForeignServer> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let child = command(&address.port().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut server = ForeignServer { child, address };
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        if let Some(status) = server.child.try_wait()? {
            bail!("the server ended with {status}");
        }
        ensure!(begun.elapsed() < PATIENCE, "the server does not listen");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(server)
}

/// Starts a proxy before a server without access control; it refuses unsigned requests. Ends with the process.
pub(super) fn start_gatekeeper(server: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || forward_request(client, server));
        }
    });
    Ok(address)
}

/// Forwards one request; the server is asked to close after it, so that the next one is checked too.
fn forward_request(mut client: TcpStream, server: SocketAddr) -> Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let signed = String::from_utf8_lossy(&head)
        .to_ascii_lowercase()
        .contains("\r\nauthorization:");
    if !signed {
        client.write_all(
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        )?;
        return Ok(());
    }
    let mut server = TcpStream::connect(server)?;
    head.truncate(head.len() - 2);
    head.extend_from_slice(b"connection: close\r\n\r\n");
    server.write_all(&head)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client)?;
    Ok(())
}
