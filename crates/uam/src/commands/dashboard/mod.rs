//! `uam dashboard`: the page.

use crate::commands::reading::require_journal;
use crate::output;
use crate::sign_in::read_access::open_with_notice;
use agent::AppContext;
use anyhow::Context;
use model::{ErrorKind, NoticeCode, UserError};
use platform::process::browser_command;
use std::io::{BufRead, IsTerminal};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use web::{LinkIssuer, PageEnd, PageLimits, PageServer};

mod backend;
mod verification;

pub(super) fn run(context: &AppContext, port: u16, no_open: bool) -> anyhow::Result<ExitCode> {
    require_journal(context)?;
    // Both factors, or a recent unlock. The page asks the keyholder again for each question.
    drop(open_with_notice(
        context,
        NoticeCode::Access,
        "The page was opened.",
    )?);
    let server = PageServer::bind(port).map_err(|e| {
        let hint = "Leave out --port: any free port will do.";
        UserError::new(ErrorKind::Failed, e.to_string(), hint)
    })?;
    let links = server.link_issuer();
    print_link(&links, no_open)?;
    let is_interactive = std::io::stdin().is_terminal();
    output::print_line(match is_interactive {
        true => {
            "It works once, within a minute. Enter gives a new one; Ctrl-C or `uam lock` ends the page."
        }
        false => "It works once, within a minute. `uam lock` ends the page.",
    });
    if is_interactive {
        renew_links_on_enter(links, no_open)?;
    }
    let end = server
        .serve_until_end(
            Box::new(backend::PageBackend::new(context)),
            Arc::new(backend::RunningAgentMonitor::new(context)),
            PageLimits::default(),
        )
        .context("the page cannot be served")?;
    output::print_line(match end {
        PageEnd::Idle => "Nobody used the page for ten minutes: it was closed.",
        PageEnd::Longest => "The page was closed after eight hours.",
        PageEnd::Locked => "The record is locked: the page was closed.",
    });
    Ok(ExitCode::SUCCESS)
}

/// Prints a new link and opens it in the browser.
fn print_link(links: &LinkIssuer, no_open: bool) -> anyhow::Result<()> {
    let link = links.create_link().context("no link could be made")?;
    output::print_line(&link);
    if let Some(mut browser) = browser_command(&link).filter(|_| !no_open) {
        // A browser that does not start is no failure: the link is printed.
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

/// Prints a new link for each line of standard input: a page that is loaded again has forgotten its token.
fn renew_links_on_enter(links: LinkIssuer, no_open: bool) -> anyhow::Result<()> {
    std::thread::Builder::new()
        .name("uam-links".into())
        .spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_err() || print_link(&links, no_open).is_err() {
                    return;
                }
            }
        })?;
    Ok(())
}
