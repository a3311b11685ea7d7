//! One file a command. Each prints what it answers and returns the exit code.

mod attach;
mod background;
pub(crate) mod categories;
mod config;
mod dashboard;
mod delete;
mod doctor;
mod erase;
pub(crate) mod exclude;
mod export;
mod keys;
mod recover;
mod report;
mod retention;
mod run;
mod sent;
mod shots;
mod subject;
mod talk;
mod unlock;
pub(crate) mod upload;
mod verify;
pub(crate) mod worker;

use crate::access;
use crate::cli::{Cli, Command};
use ::upload::Destination;
use anyhow::Context;
use clap::CommandFactory;
use model::{DeviceId, UserError};
use platform::process::self_command;
use settings::AppPaths;
use std::process::ExitCode;
use vault::{Opener, Recipient, Vault};

/// What every command begins with.
pub(crate) struct Home {
    pub(crate) paths: AppPaths,
    /// `--home` as given, to pass on.
    pub(crate) given: Option<std::path::PathBuf>,
}

impl Home {
    /// This very program, for the same home.
    pub(crate) fn uam(&self) -> anyhow::Result<std::process::Command> {
        self_command(self.given.as_deref()).context("cannot find uam itself")
    }

    /// The same, for a thread of its own.
    pub(crate) fn again(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            given: self.given.clone(),
        }
    }
}

/// Carries out the command line.
pub(crate) fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let home = Home {
        paths: AppPaths::locate(cli.home.as_deref())?,
        given: cli.home,
    };
    match cli.command {
        None => run::run(&home, &cli.run),
        Some(Command::Run(args)) => run::run(&home, &args),
        Some(Command::Status { json }) => talk::status(&home, json),
        Some(Command::Pause { time, length }) => talk::pause(&home, time.or(length)),
        Some(Command::Resume) => talk::resume(&home),
        Some(Command::Attach { plain }) => attach::run(&home, plain),
        Some(Command::Stop) => talk::stop(&home),
        Some(Command::Shot) => talk::shot(&home),
        Some(Command::Doctor { json }) => doctor::run(&home, json),
        Some(Command::Report(args)) => report::run(&home, &args),
        Some(Command::Categories(args)) => categories::run(&home, &args),
        Some(Command::Export(args)) => match (&args.subject, &args.ics) {
            (Some(file), _) => subject::run(&home, file, args.from.as_deref(), args.to.as_deref()),
            (_, Some(file)) => export::calendar(&home, file, &args),
            _ => export::run(&home, args.first()?),
        },
        Some(Command::Delete(args)) => delete::run(&home, &args),
        Some(Command::Erase(args)) => erase::run(&home, &args),
        Some(Command::Sent(args)) => sent::run(&home, &args),
        Some(Command::Verify(args)) => verify::run(&home, &args),
        Some(Command::Shots {
            count,
            show,
            protocol,
            save,
            seq,
        }) => shots::run(
            &home,
            count,
            show.as_deref(),
            protocol,
            save.as_deref(),
            seq,
        ),
        Some(Command::Dashboard { port, no_open }) => dashboard::run(&home, port, no_open),
        Some(Command::Exclude(args)) => exclude::run(&home, &args),
        Some(Command::Settings { action }) => config::run(&home, action),
        Some(Command::Retention { apply, json }) => retention::run(&home, apply, json),
        Some(Command::Upload { policy: true, .. }) => upload::policy(&home),
        Some(Command::Upload {
            now, json, lease, ..
        }) => upload::run(&home, now, json, lease),
        Some(Command::Unlock { idle }) => unlock::unlock(&home, idle),
        Some(Command::Lock) => unlock::lock(&home),
        Some(Command::Keys { action }) => keys::run(&home, action),
        Some(Command::Recover { from, identity }) => {
            recover::run(&home, from.as_deref(), identity.as_deref())
        }
        Some(Command::Consent) => unlock::consent(&home),
        Some(Command::Supervisor(args)) => background::run(&home, &args),
        Some(Command::Worker(args)) => Ok(worker::run(&home, &args)),
        Some(Command::Keyholder) => crate::access::keyholder::run(&home),
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "uam", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The journal for reading, once its reader has shown the right to; `what` is told in the notice of it.
fn reader(home: &Home, what: &str) -> anyhow::Result<journal::Reader> {
    recorded(home)?;
    access::open(home, what)?.reader(home)
}

/// A clear word when there is nothing to read yet.
fn recorded(home: &Home) -> anyhow::Result<()> {
    if home.paths.has_journal() {
        return Ok(());
    }
    Err(UserError::usage(
        format!("nothing is recorded yet in {}", home.paths.data.display()),
        "Start recording with `uam`.",
    )
    .into())
}

/// What the journal seals with, and what it can open.
pub(crate) fn keys(
    vault: &Vault,
    opener: Opener,
    lease: Option<&Recipient>,
) -> anyhow::Result<journal::JournalKeys> {
    let device = DeviceId::parse(vault.device()).context("the vault's device id is none")?;
    Ok(journal::JournalKeys {
        device,
        maker: vault.sealer(lease)?,
        opener,
    })
}

/// Where uploads go, from settings, environment and `.env`.
pub(crate) fn destination(
    home: &Home,
    config: &settings::Settings,
    environment: &settings::EnvVars,
) -> anyhow::Result<Destination> {
    let get = |name: &str| match name {
        // Where profiles lie; not a thing to set in `.env`.
        ::upload::vars::HOME => Some(std::env::home_dir()?.to_string_lossy().into_owned()),
        name => environment.values.get(name).cloned(),
    };
    Destination::resolve(
        config.upload.destination.as_deref(),
        &get,
        &home.paths.local_sink_dir(),
    )
    .map(|destination| destination.with_rate_limit(config.upload.limit_kib_per_s))
    .map_err(|e| {
        let from = environment
            .files
            .iter()
            .map(|f| f.display().to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let read = if from.is_empty() {
            String::new()
        } else {
            format!(" (read: {from})")
        };
        UserError::usage(format!("{}: {}{read}", e.place, e.what), e.hint).into()
    })
}
