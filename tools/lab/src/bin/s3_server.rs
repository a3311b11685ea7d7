//! `lab-s3`: serves a directory as an S3 bucket on loopback until it is interrupted.

use anyhow::{Context, Result, bail};
use lab::s3::{S3Server, S3ServerOptions};
use std::io::Write;

const USAGE: &str = "\
usage: lab-s3 --dir DIR [--port PORT] [--bucket NAME] [--access-key ID] [--secret-key KEY]

Serves DIR/NAME as the S3 bucket NAME on http://127.0.0.1:PORT (0, the default, takes a free port).
Prints one NAME=VALUE line per setting a client needs, then serves until Ctrl-C or SIGTERM.
";

fn main() -> Result<()> {
    let mut options = None;
    let mut rest = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        if name == "--help" || name == "-h" {
            std::io::stdout().write_all(USAGE.as_bytes())?;
            return Ok(());
        }
        let value = args
            .next()
            .with_context(|| format!("{name} needs a value\n{USAGE}"))?;
        if name == "--dir" {
            options = Some(S3ServerOptions::new(value));
        } else {
            rest.push((name, value));
        }
    }
    let mut options = options.with_context(|| format!("--dir is missing\n{USAGE}"))?;
    for (name, value) in rest {
        match name.as_str() {
            "--port" => {
                options.port = value
                    .parse()
                    .with_context(|| format!("--port {value}: give a number from 0 to 65535"))?;
            }
            "--bucket" => options.bucket = value,
            "--access-key" => options.access_key = value,
            "--secret-key" => options.secret_key = value,
            _ => bail!("unknown option {name}\n{USAGE}"),
        }
    }
    // Installed before the first line is printed: a reader of that line may stop the server at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (mut interrupt, mut terminate) = {
        use tokio::signal::unix::{SignalKind, signal};
        let _inside = runtime.enter();
        (
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        )
    };
    let server = S3Server::start(options)?;
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
