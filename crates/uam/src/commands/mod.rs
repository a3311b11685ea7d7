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
mod upload;
mod verify;
mod worker;

use crate::access;
use crate::cli::{Cli, Command};
use clap::CommandFactory;
use model::UserError;
use settings::AppPaths;
use std::process::ExitCode;

pub(crate) use agent::AppContext as Home;

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
        Some(Command::Keyholder) => {
            agent::keyholder::run_keyholder(&home, || {
                crate::output::line(agent::keyholder::READY_LINE);
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "uam", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The journal for reading, once its reader has shown the right to; `what` is told in the notice of it.
fn reader(home: &Home, what: &str) -> anyhow::Result<journal::Reader> {
    recorded(home)?;
    access::open(home, what)?.open_reader(home)
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
