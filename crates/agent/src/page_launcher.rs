//! Starts `uam dashboard` as a process of its own. It asks the keyholder for the right to read; this process never has
//! the key.

use crate::app_context::AppContext;
use anyhow::Context;
use platform::process::separate_from_terminal;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// Longest line read from the page's program, in bytes.
const MAX_LINE: u64 = 4096;

/// Starts the page and gives its link. The process ends when nobody uses the page any more.
pub(crate) fn start_page(context: &AppContext) -> anyhow::Result<String> {
    let mut child = page_command(context)?
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the page")?;
    let mut link = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out.take(MAX_LINE)).read_line(&mut link)?;
    }
    std::thread::Builder::new()
        .name("uam-page".into())
        .spawn(move || child.wait())?;
    anyhow::ensure!(
        link.starts_with("http://"),
        "the page did not start; `uam dashboard` says why"
    );
    Ok(link.trim().to_owned())
}

/// Opens the page in the browser and waits until it is closed; a sentence when it did not open.
pub(crate) fn open_page_and_wait(context: &AppContext) -> Option<String> {
    let run = || -> anyhow::Result<bool> {
        let mut command = page_command(context)?;
        Ok(command.stdout(Stdio::null()).status()?.success())
    };
    let why = "`uam dashboard` in a terminal says why";
    match run() {
        Ok(true) => None,
        Ok(false) => Some(format!("The page did not open; {why}.")),
        Err(e) => Some(format!("The page did not open ({e}); {why}.")),
    }
}

fn page_command(context: &AppContext) -> anyhow::Result<Command> {
    let mut command = context.self_command()?;
    command.arg("dashboard");
    separate_from_terminal(&mut command);
    command.stdin(Stdio::null()).stderr(Stdio::null());
    Ok(command)
}
