//! `uam` and `uam run`: record.

use super::Home;
use crate::agent::{self, Route, Setup};
use crate::cli::RunArgs;
use crate::config::Config;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::{output, start};
use anyhow::Context;
use sense::{Desktop, Options, SystemClock, script};
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use vault::Vault;

pub(super) fn run(home: &Home, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let paths = &home.paths;
    // Everything that can be wrong is found before the user is asked for anything.
    let config = Config::load(paths)?;
    let environment = Environment::load(paths)?;
    let destination = super::destination(home, &config, &environment)?;
    paths.create()?;
    let instance = start::claim(paths)?;
    let mut vault = Vault::open_or_create(&paths.vault())?;
    let describe = destination.describe();
    if !vault.is_enrolled() {
        start::notice(paths, &describe);
    }
    let refused = start::gate(paths, &mut vault)?;
    let config = start::questions(args, paths, config)?;
    for remark in destination.remarks() {
        output::line(&remark);
    }
    let desktop = desktop(args, &config)?;
    let trace = args.record_trace.as_deref().map(|file| {
        let out = File::create(file)
            .with_context(|| format!("cannot write the trace {}", file.display()))?;
        anyhow::Ok(script::Writer::new(BufWriter::new(out)))
    });
    output::line(&format!(
        "Recording to {} and sending to {describe}; {}.",
        paths.data.display(),
        start::describe(&config)
    ));
    let setup = Setup {
        paths: paths.clone(),
        vault,
        desktop,
        replay: args.replay.is_some(),
        trace: trace.transpose()?,
        route: Route {
            home: home.given.clone(),
            environment: environment.values,
            every: Duration::from_secs(config.upload.every_seconds),
        },
        destination: describe,
        readers: agent::READERS.to_owned(),
        refused: refused.0,
        plain: args.plain,
        config,
    };
    let ended = agent::run(setup);
    crate::control::withdraw(paths);
    let why = ended?;
    output::line(&why);
    drop(instance);
    Ok(ExitCode::SUCCESS)
}

fn desktop(args: &RunArgs, config: &Config) -> anyhow::Result<Desktop> {
    let Some(file) = &args.replay else {
        return Ok(Desktop::open(&options(config), Arc::new(SystemClock)));
    };
    let trace =
        File::open(file).with_context(|| format!("cannot read the trace {}", file.display()))?;
    script::open(
        BufReader::new(trace),
        script::Pace::RealTime,
        script::Stamps::Moved,
        Arc::new(SystemClock),
    )
    .map_err(|e| {
        Failure::usage(
            format!("{}: {e}", file.display()),
            "Record one with `uam run --record-trace FILE`.",
        )
    })
}

/// How the desktop is opened, here and in `uam doctor`.
pub(super) fn options(config: &Config) -> Options {
    let mut options = Options {
        idle_limit: Duration::from_secs(config.record.idle_seconds),
        ..Options::default()
    };
    // So that a battery can be had where there is none.
    if let Some(root) = std::env::var_os("UAM_POWER_ROOT") {
        options.power_root = root.into();
    }
    options
}
