//! `uam run --background`: signs in on the terminal, then another supervisor takes over and needs no terminal.
//!
//! Always true: it runs only where the desktop shows it; the lease passes from one supervisor to the other through a pipe
//! and is in no file; the terminal is released once the running uam answers, or with the reason why it does not. Messages
//! of the supervisor are in `<data>/background.log`, which holds nothing of the record.

use super::worker::worker_arguments;
use crate::cli::RunArgs;
use crate::{output, sign_in};
use agent::{AppContext, Handover, SupervisorSetup, call_running_agent, run_supervisor};
use anyhow::Context;
use model::{ErrorKind, SensorSupport, UserError};
use platform::endpoint::remove_endpoint;
use platform::instance_lock::InstanceLock;
use platform::process::{detach_from_terminal, hide_console};
use protocol::Request;
use settings::Settings;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How long the start may take: repairing a journal takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two checks whether it has started.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Most of the log that is shown when it did not, in bytes.
const MOST_LOG: u64 = 4096;

/// A run in the background must be seen: without a terminal the desktop has to show that it records.
///
/// # Errors
/// When it has neither a tray nor notifications, or both are switched off.
pub(super) fn require_visibility(config: &Settings) -> anyhow::Result<()> {
    let standing = indicator::probe_desktop(&agent::indicator_options(
        settings::VisibilityPolicy::from(&config.indicator),
    ));
    let (SensorSupport::Unsupported(tray), SensorSupport::Unsupported(bubbles)) =
        (&standing.tray, &standing.notifications)
    else {
        return Ok(());
    };
    Err(UserError::usage(
        format!(
            "nothing on this desktop can show that uam records: no tray ({}), no notifications ({})",
            tray.reason, bubbles.reason
        ),
        "Keep a terminal open instead (tmux or screen will do), or install a tray or a notification service.",
    ).into())
}

/// Starts the supervisor that takes over, and waits until the running uam answers.
pub(super) fn launch_supervisor(
    context: &AppContext,
    args: &RunArgs,
    handover: &Handover,
    greeting: &str,
    instance: InstanceLock,
) -> anyhow::Result<ExitCode> {
    let log = context.paths.background_log();
    let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = context.self_command()?;
    command.arg("supervisor").args(worker_arguments(args));
    hide_console(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .context("cannot start the supervisor")?;
    // The supervisor acquires the lock once it has its orders.
    drop(instance);
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(&handover.encode_line()?)
            .context("cannot hand over to the supervisor")?;
    }
    output::print_line(greeting);
    wait_until_running(context, &mut child)?;
    output::print_line(&format!(
        "Recording goes on in the background (process {}). Show it: uam attach. Stop it: uam stop.",
        child.id()
    ));
    Ok(ExitCode::SUCCESS)
}

fn wait_until_running(context: &AppContext, child: &mut Child) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            let mut said = String::new();
            if let Ok(log) = File::open(context.paths.background_log()) {
                // Lines that cannot be read are not shown.
                let _ = log.take(MOST_LOG).read_to_string(&mut said);
            }
            return Err(UserError::new(
                ErrorKind::Failed,
                format!("recording did not start ({status})"),
                said.trim().to_owned(),
            )
            .into());
        }
        if call_running_agent(&context.paths, &Request::Status).is_ok() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(UserError::new(
                ErrorKind::Failed,
                "the running uam does not answer yet",
                format!(
                    "`uam status` shows when it does; details are in {}.",
                    context.paths.background_log().display()
                ),
            )
            .into());
        }
        std::thread::sleep(CHECK_INTERVAL);
    }
}

/// `uam supervisor`: takes over from a `uam run --background`.
pub(super) fn run(context: &AppContext, args: &RunArgs) -> anyhow::Result<ExitCode> {
    detach_from_terminal().context("cannot leave the terminal")?;
    let handover = Handover::read_from(&mut BufReader::new(std::io::stdin())).map_err(|e| {
        UserError::new(
            ErrorKind::Usage,
            "the supervisor was started without a lease",
            "`uam run --background` starts it; do not start it by hand.",
        )
        .caused_by(e)
    })?;
    // The process that started this one holds the lock until it ends.
    let instance = sign_in::claim_instance_lock(&context.paths)?;
    let code = run_supervisor(SupervisorSetup {
        home: context.given.clone(),
        worker_arguments: worker_arguments(args),
        is_background: args.background,
        lease: handover.lease_identity()?,
        handover,
        greeting: "Recording in the background.".to_owned(),
        print: output::print_line,
    });
    remove_endpoint(&context.paths.agent_endpoint());
    drop(instance);
    code
}
