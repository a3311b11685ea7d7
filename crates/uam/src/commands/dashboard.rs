//! `uam dashboard`: the page.

use super::Home;
use crate::access;
use crate::failure::{Exit, Failure};
use crate::output;
use anyhow::Context;
use model::NoticeCode;
use platform::process::browser_command;
use std::io::{BufRead, IsTerminal};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use web::{Ended, Limits, Links, Server};

mod check;
mod desk;

pub(super) fn run(home: &Home, port: u16, no_open: bool) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    // Both factors, or a recent unlock. The page asks the keyholder again at each look.
    drop(access::open_as(
        home,
        NoticeCode::Access,
        "The page was opened.",
    )?);
    let server = Server::bind(port).map_err(|e| {
        let hint = "Leave --port away: any free port will do.";
        Failure::with_exit(Exit::Failed, e.to_string(), hint)
    })?;
    let links = server.links();
    show(&links, no_open)?;
    let more = std::io::stdin().is_terminal();
    output::line(match more {
        true => {
            "It works once, within a minute. Enter gives a new one; Ctrl-C or `uam lock` ends the page."
        }
        false => "It works once, within a minute. `uam lock` ends the page.",
    });
    if more {
        again(links, no_open)?;
    }
    let watch = desk::Lookout::new(home);
    let ended = server
        .run(
            Box::new(desk::Page::new(home)),
            Arc::new(watch),
            Limits::default(),
        )
        .context("the page cannot be served")?;
    output::line(match ended {
        Ended::Idle => "Nobody looked for ten minutes: the page was closed.",
        Ended::Longest => "The page was closed after eight hours.",
        Ended::Locked => "The record is locked: the page was closed.",
    });
    Ok(ExitCode::SUCCESS)
}

fn show(links: &Links, no_open: bool) -> anyhow::Result<()> {
    let link = links.fresh().context("no link could be made")?;
    output::line(&link);
    if let Some(mut browser) = browser_command(&link).filter(|_| !no_open) {
        // The link stands above; a browser that does not start is no failure.
        let started = browser
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        if let Ok(mut child) = started {
            std::thread::Builder::new()
                .name("uam-browser".into())
                .spawn(move || child.wait())?;
        }
    }
    Ok(())
}

/// A new link for each line on standard input: a page that was reloaded has forgotten its token.
fn again(links: Links, no_open: bool) -> anyhow::Result<()> {
    std::thread::Builder::new()
        .name("uam-links".into())
        .spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_err() || show(&links, no_open).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}
