//! `uam` and `uam run`: the sign-in, then the supervisor.

use crate::app_context::AppContext;
use crate::cli::RunArgs;
use crate::lease::Handover;
use crate::supervise::{self, Watch};
use crate::{output, sign_in};
use journal::Reader;
use platform::clock::current_time_us;
use platform::endpoint::remove_endpoint;
use platform::timezone::current_zone_name;
use report::{TodayTotals, ViewOptions};
use settings::{AppPaths, EnvVars, Settings};
use std::process::ExitCode;
use vault::{Identity, Opener};

pub(super) fn run(home: &AppContext, args: &RunArgs) -> anyhow::Result<ExitCode> {
    let paths = &home.paths;
    // Everything that can be wrong is found before the user is asked for anything.
    let config = Settings::load(paths)?;
    let environment = EnvVars::load(paths)?;
    let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
    super::worker::check_arguments(args)?;
    if args.background {
        super::background::require_visibility(&config)?;
    }
    paths.create_dirs()?;
    let instance = sign_in::claim_instance_lock(paths)?;
    let describe = destination.describe();
    let entered = sign_in::sign_in(args, paths, config, &destination)?;
    if let Some(with) = destination.describe_credentials() {
        output::print_line(&format!("Uploads use {with}."));
    }
    for remark in destination.remarks() {
        output::print_line(&remark);
    }
    let greeting = format!(
        "Recording to {}, uploading to {describe}; {}.",
        paths.data.display(),
        entered.policy.describe_screenshots()
    );
    let today = entered.opener.map(|opener| read_day_so_far(paths, opener));
    let lease = Identity::generate();
    let handover = Handover::new(&lease, today, entered.notices, true);
    drop(entered.vault);
    if args.background {
        return super::background::launch_supervisor(home, args, &handover, &greeting, instance);
    }
    let code = supervise::run(Watch {
        home: home.given.clone(),
        args: args.clone(),
        lease,
        handover,
        greeting,
    });
    remove_endpoint(&paths.agent_endpoint());
    drop(instance);
    code
}

/// What today already holds, from the journal; a journal that cannot be read begins the day at nothing. The worker could
/// not look: it opens only what it wrote itself.
fn read_day_so_far(paths: &AppPaths, opener: Opener) -> TodayTotals {
    let now_us = current_time_us();
    let zone = current_zone_name();
    let day = report::day::local_date(now_us, &zone);
    Reader::open(&paths.journal_dir(), opener)
        .ok()
        .and_then(|reader| {
            report::strip::read_day_with_timeline(
                &reader,
                ViewOptions::default(),
                day,
                now_us,
                &zone,
            )
            .ok()
        })
        .map_or_else(
            || TodayTotals::new(day, &zone),
            |(report, strip)| TodayTotals::from_report(&report, &strip),
        )
}
