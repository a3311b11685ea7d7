//! An unlock: a small process that holds the viewer's identity in memory until nobody has asked for ten minutes.
//!
//! Always true: the identity is in no file; it goes to processes of the same user alone, through a socket only they can
//! open; it is wiped when the time is over, at `uam lock`, when the desktop is locked, and after eight hours whatever
//! happens.

use crate::commands::Home;
use crate::control;
use crate::paths::Paths;
use anyhow::Context;
use platform::endpoint::EndpointListener;
use platform::process::separate_from_terminal;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read, Write};
use std::process::{ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use vault::Identity;
use zeroize::{Zeroize, Zeroizing};

/// The longest an unlock lasts.
const LONGEST: Duration = Duration::from_secs(8 * 3600);

/// Longest first line, in bytes.
const MAX_LINE: u64 = 4096;

/// What can be asked of a keyholder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
enum Wish {
    /// The identity.
    Key,
    /// Whether there is one. It prolongs nothing.
    There,
    /// Wipe it.
    Lock,
}

/// The answer.
#[derive(Default, Serialize, Deserialize)]
struct Given {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Drop for Given {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// What the keyholder is told at its start.
#[derive(Serialize, Deserialize)]
struct Orders {
    key: String,
    idle_s: u64,
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// The identity, if one is unlocked.
pub(crate) fn ask(paths: &Paths) -> anyhow::Result<Option<Identity>> {
    let Some(given) = control::call_at::<_, Given>(&paths.unlock_socket(), &Wish::Key)? else {
        return Ok(None);
    };
    given
        .key
        .as_deref()
        .map(str::parse)
        .transpose()
        .context("the unlocked key is none")
}

/// Is one unlocked? Asking prolongs nothing.
pub(crate) fn is_there(paths: &Paths) -> bool {
    matches!(
        control::call_at::<_, Given>(&paths.unlock_socket(), &Wish::There),
        Ok(Some(_))
    )
}

/// Ends an unlock; true when there was one.
pub(crate) fn lock(paths: &Paths) -> anyhow::Result<bool> {
    Ok(control::call_at::<_, Given>(&paths.unlock_socket(), &Wish::Lock)?.is_some())
}

/// Ends an unlock on a thread of its own.
pub(crate) fn lock_soon(paths: &Paths) {
    let paths = paths.clone();
    // Without a thread the unlock ends by its own time.
    let _ = std::thread::Builder::new()
        .name("uam-lock".into())
        .spawn(move || lock(&paths));
}

/// Starts a keyholder; one that runs already ends.
pub(crate) fn start(home: &Home, identity: &Identity, idle: Duration) -> anyhow::Result<()> {
    home.paths.create()?;
    lock(&home.paths)?;
    let mut command = home.uam()?;
    command.arg("keyholder");
    separate_from_terminal(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot start the process that holds the key")?;
    let orders = Orders {
        key: identity.reveal().to_string(),
        idle_s: idle.as_secs(),
    };
    let mut line = Zeroizing::new(serde_json::to_vec(&orders)?);
    line.push(b'\n');
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(&line)
            .context("the key could not be handed over")?;
    }
    // It answers once it can be asked.
    let mut ready = String::new();
    if let Some(out) = child.stdout.take() {
        std::io::BufReader::new(out.take(MAX_LINE)).read_line(&mut ready)?;
    }
    anyhow::ensure!(
        ready.trim() == READY,
        "the process that holds the key did not start"
    );
    Ok(())
}

const READY: &str = "ready";

/// `uam keyholder`.
pub(crate) fn run(home: &Home) -> anyhow::Result<ExitCode> {
    let mut line = Zeroizing::new(String::new());
    std::io::BufReader::new(std::io::stdin().take(MAX_LINE)).read_line(&mut line)?;
    let orders: Orders = serde_json::from_str(&line)
        .context("the keyholder is started by `uam unlock`, never by hand")?;
    drop(line);
    let idle = Duration::from_secs(orders.idle_s).min(LONGEST);
    let listener = EndpointListener::bind(&home.paths.unlock_socket())
        .with_context(|| format!("cannot listen at {}", home.paths.unlock_socket().display()))?;
    let (tx, rx) = sync_channel(4);
    std::thread::Builder::new()
        .name("uam-keyholder".into())
        .spawn(move || {
            while let Ok(stream) = listener.accept() {
                if tx.send(stream).is_err() {
                    return;
                }
            }
        })?;
    crate::output::line(READY);
    let begun = Instant::now();
    let mut looked = begun;
    loop {
        let (last, all) = (looked.elapsed(), begun.elapsed());
        let left = idle.saturating_sub(last).min(LONGEST.saturating_sub(all));
        match rx.recv_timeout(left) {
            Ok(stream) => {
                let mut locked = false;
                control::serve_at(stream, |wish| match wish {
                    Ok(Wish::Key) => {
                        looked = Instant::now();
                        Given {
                            key: Some(orders.key.clone()),
                        }
                    }
                    Ok(Wish::There) => Given::default(),
                    Ok(Wish::Lock) => {
                        locked = true;
                        Given::default()
                    }
                    Err(_) => Given::default(),
                });
                if locked {
                    break;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    let _ = std::fs::remove_file(home.paths.unlock_socket());
    Ok(ExitCode::SUCCESS)
}
