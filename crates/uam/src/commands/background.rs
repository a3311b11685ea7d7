//! `uam run --background`: the way in happens in the terminal, then another supervisor takes over and needs no terminal.
//!
//! Always true: it does not run where nothing on the desktop would show it; the lease goes from one to the other through a pipe and is in no file; the terminal is given back once the
//! running instance answers, or with the reason why it does not. What the supervisor has to say lies in
//! `<data>/background.log`; nothing of the record is in it.

use super::{Home, worker};
use crate::cli::RunArgs;
use crate::{output, start};
use agent::{Handover, SupervisorSetup, call_running_agent, run_supervisor};
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

/// How long the start may take: a journal that has to be mended takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks whether it has started.
const LOOK: Duration = Duration::from_millis(50);

/// Most of the log that is shown when it did not, in bytes.
const MOST_LOG: u64 = 4096;

/// A run in the background must be seen: without a terminal the desktop has to show that it records.
///
/// # Errors
/// When it has neither a tray nor notifications, or both are switched off.
pub(super) fn must_be_seen(config: &Settings) -> anyhow::Result<()> {
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
            "nothing on this desktop would show that uam records: no tray ({}), no notifications ({})",
            tray.reason, bubbles.reason
        ),
        "Leave its terminal open instead (or run it in tmux or screen), or give the desktop one of both.",
    ).into())
}

/// Starts the supervisor that takes over, and waits until the running instance answers.
pub(super) fn launch(
    home: &Home,
    args: &RunArgs,
    handover: &Handover,
    greeting: &str,
    instance: InstanceLock,
) -> anyhow::Result<ExitCode> {
    let log = home.paths.background_log();
    let out = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut command = home.self_command()?;
    command.arg("supervisor").args(worker::arguments(args));
    hide_console(&mut command);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .context("cannot start the supervisor")?;
    // It takes the lock over as soon as it has its orders.
    drop(instance);
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(&handover.encode_line()?)
            .context("the supervisor took no orders")?;
    }
    output::line(greeting);
    wait(home, &mut child)?;
    output::line(&format!(
        "It goes on in the background (process {}). Look on: uam attach. End it: uam stop.",
        child.id()
    ));
    Ok(ExitCode::SUCCESS)
}

fn wait(home: &Home, child: &mut Child) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            let mut said = String::new();
            if let Ok(log) = File::open(home.paths.background_log()) {
                // What cannot be read is not shown.
                let _ = log.take(MOST_LOG).read_to_string(&mut said);
            }
            return Err(UserError::new(
                ErrorKind::Failed,
                format!("recording did not begin ({status})"),
                said.trim().to_owned(),
            )
            .into());
        }
        if call_running_agent(&home.paths, &Request::Status).is_ok() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(UserError::new(
                ErrorKind::Failed,
                "the running instance does not answer yet",
                format!(
                    "`uam status` tells when it does; {} says more.",
                    home.paths.background_log().display()
                ),
            )
            .into());
        }
        std::thread::sleep(LOOK);
    }
}

/// `uam supervisor`: takes over from a `uam run --background`.
pub(super) fn run(home: &Home, args: &RunArgs) -> anyhow::Result<ExitCode> {
    detach_from_terminal().context("cannot leave the terminal")?;
    let handover = Handover::read_from(&mut BufReader::new(std::io::stdin())).map_err(|e| {
        UserError::new(
            ErrorKind::Usage,
            "the supervisor was given no lease",
            "It is started by `uam run --background`, never by hand.",
        )
        .caused_by(e)
    })?;
    // Whoever gives the orders has the lock until it is gone.
    let instance = start::claim(&home.paths)?;
    let code = run_supervisor(SupervisorSetup {
        home: home.given.clone(),
        worker_arguments: worker::arguments(args),
        is_background: args.background,
        lease: handover.lease_identity()?,
        handover,
        greeting: "Recording in the background.".to_owned(),
        print: output::line,
    });
    remove_endpoint(&home.paths.agent_endpoint());
    drop(instance);
    code
}
