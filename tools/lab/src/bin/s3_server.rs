//! `lab-s3`: serves a directory as an S3 bucket on loopback until it is interrupted.

use anyhow::{Result, bail, ensure};
use lab::s3::{S3Server, S3ServerOptions};
use std::io::Write;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
usage: lab-s3 --dir DIR

Serves DIR/lab as the S3 bucket `lab` on a free port of 127.0.0.1.
Prints one NAME=VALUE line per setting a client needs, then serves until Ctrl-C or SIGTERM.
";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [option, dir] = &args[..] else {
        bail!(USAGE)
    };
    ensure!(option == "--dir", USAGE);
    // Installed before the first line is printed: a reader of that line may stop the server at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let server = S3Server::start(S3ServerOptions::new(dir))?;
    let mut out = std::io::stdout().lock();
    for (name, value) in server.env() {
        writeln!(out, "{name}={value}")?;
    }
    out.flush()?;
    runtime.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    });
    Ok(())
}
