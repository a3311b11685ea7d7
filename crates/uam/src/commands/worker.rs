//! `uam worker`: the process that records, under a supervisor.

use crate::agent::{self, Look, Route, Setup};
use crate::app_context::AppContext;
use crate::cli::RunArgs;
use crate::journal_keys::journal_keys;
use crate::lease::Handover;
use crate::{output, sign_in, supervise};
use anyhow::Context;
use model::{ErrorKind, UserError};
use platform::clock::SystemClock;
use platform::endpoint::remove_endpoint;
use sense::{Desktop, DesktopOptions, replay};
use settings::{EnvVars, Settings};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, IsTerminal};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use vault::{Opener, Vault};

pub(crate) use worker_arguments as arguments;

/// Finds faults of a worker's arguments before any question is asked.
pub(super) fn check_arguments(args: &RunArgs) -> anyhow::Result<()> {
    if let Some(file) = &args.replay {
        open_replay(file)?;
    }
    if let Some(file) = &args.record_trace {
        // Truncated here; each worker of the run appends to it.
        File::create(file).with_context(|| format!("cannot write the trace {}", file.display()))?;
    }
    Ok(())
}

/// The command line of a worker, from the one of its run.
pub(crate) fn worker_arguments(args: &RunArgs) -> Vec<OsString> {
    let mut line: Vec<OsString> = Vec::new();
    if args.background {
        line.push("--background".into());
    } else if args.plain || !std::io::stdin().is_terminal() {
        line.push("--plain".into());
    }
    for (flag, file) in [
        ("--record-trace", &args.record_trace),
        ("--replay", &args.replay),
    ] {
        if let Some(file) = file {
            line.push(flag.into());
            line.push(file.into());
        }
    }
    line
}

pub(super) fn run(home: &AppContext, args: &RunArgs) -> ExitCode {
    let code = match run_recording(home, args) {
        Ok(()) => 0,
        Err(error) => crate::exit::print_error(&error).exit_code(),
    };
    ExitCode::from(supervise::ENDED + code)
}

fn run_recording(home: &AppContext, args: &RunArgs) -> anyhow::Result<()> {
    let mut stdin = BufReader::new(std::io::stdin());
    let handover = Handover::read(&mut stdin).map_err(|e| {
        UserError::new(
            ErrorKind::Usage,
            "the recording process was given no lease",
            "It is started by `uam run`, never by hand.",
        )
        .caused_by(e)
    })?;
    let paths = &home.paths;
    let config = Settings::load(paths)?;
    let environment = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
    let vault = Vault::open(&paths.vault_dir())?;
    let lease = handover.lease()?;
    let keys = journal_keys(
        &vault,
        Opener::new([lease.clone()]),
        Some(&lease.recipient()),
    )?;
    let policy = sign_in::resolve_policy(&config, destination, paths, Some(&vault))?;
    let desktop = open_desktop(args, &config)?;
    let trace = args.record_trace.as_deref().map(|file| {
        let out = OpenOptions::new()
            .append(true)
            .open(file)
            .with_context(|| format!("cannot write the trace {}", file.display()))?;
        anyhow::Ok(replay::TraceWriter::new(BufWriter::new(out)))
    });
    let setup = Setup {
        paths: paths.clone(),
        keys,
        copy: vault.encode_copy(),
        desktop,
        replay: args.replay.is_some(),
        trace: trace.transpose()?,
        route: Route {
            home: home.given.clone(),
            environment: environment.values,
            every: policy.upload.interval,
            // Only an uploader of readable data needs the key.
            lease: (!policy.upload.sealed).then(|| lease.reveal()),
        },
        destination: policy.destination.describe(),
        handover,
        orders: Box::new(stdin),
        look: match (args.background, args.plain) {
            (true, _) => Look::Background,
            (_, true) => Look::Plain,
            _ => Look::Live,
        },
        home: home.again(),
        policy,
    };
    let ended = agent::run(setup);
    remove_endpoint(&paths.agent_endpoint());
    output::print_line(&ended?);
    Ok(())
}

fn open_desktop(args: &RunArgs, config: &Settings) -> anyhow::Result<Desktop> {
    match &args.replay {
        Some(file) => open_replay(file),
        None => Ok(Desktop::open(
            &desktop_options(config),
            Arc::new(SystemClock),
        )),
    }
}

/// The options that a run and `uam doctor` open the desktop with.
pub(super) fn desktop_options(config: &Settings) -> DesktopOptions {
    let mut options = DesktopOptions {
        idle_limit: Duration::from_secs(config.record.idle_seconds),
        ..DesktopOptions::default()
    };
    // Tests give a computer without a battery one.
    if let Some(root) = std::env::var_os("UAM_POWER_ROOT") {
        options.power_root = root.into();
    }
    options
}

fn open_replay(file: &Path) -> anyhow::Result<Desktop> {
    let trace =
        File::open(file).with_context(|| format!("cannot read the trace {}", file.display()))?;
    replay::open_replay(
        BufReader::new(trace),
        replay::ReplayPace::RealTime,
        replay::ReplayTimestamps::Moved,
        Arc::new(SystemClock),
    )
    .map_err(|e| {
        UserError::usage(
            format!("{}: {e}", file.display()),
            "Record one with `uam run --record-trace FILE`.",
        )
        .into()
    })
}
