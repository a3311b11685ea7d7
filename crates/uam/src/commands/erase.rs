//! `uam erase`: whole days go for good.

use super::{Home, delete};
use crate::access;
use crate::cli::EraseArgs;
use crate::failure::Failure;
use crate::yours::{Wish, hand, words};
use crate::{output, time};
use console::Ask;
use model::NoticeCode;
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;
use std::process::ExitCode;

/// The word that is typed.
const WORD: &str = "ERASE";

pub(super) fn run(home: &Home, args: &EraseArgs) -> anyhow::Result<ExitCode> {
    super::recorded(home)?;
    let day = |text: &str| {
        time::parse_utc_day(text).map_err(|e| {
            Failure::usage(
                e,
                "For example: uam erase --from 2026-11-01 --to 2026-11-07",
            )
        })
    };
    let (first, last) = (day(&args.from)?, day(&args.to)?);
    if first > last {
        return Err(Failure::usage(
            "--to must not be before --from",
            "For example: uam erase --from 2026-11-01 --to 2026-11-07",
        ));
    }
    let wish = Wish::Erase {
        first: first.0,
        last: last.0,
    };
    // Whatever was unlocked before: this cannot be undone.
    let access = access::fresh(
        home,
        NoticeCode::Access,
        "The record was opened to erase days of it.",
    )?;
    let carry = |rehearsal| match hand::is_running(home)? {
        true => hand::through(home, &wish, rehearsal, Some(&access)),
        false => hand::directly(home, &wish, rehearsal, &access),
    };
    let told = carry(true)?;
    let about = words::about(&wish, current_time_us(), &current_zone_name());
    if told.is_nothing() {
        output::line(&format!("{about}: nothing is recorded there."));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!(
        "{about} (they begin and end at midnight UTC): {} go for good, with their keys and their sums. That they were \
         erased stays in the record.",
        words::numbers(&wish, &told)
    ));
    delete::foretell(&told);
    if args.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes {
        let word = Ask::aside().code(&format!("Type {WORD} to erase"))?;
        if word.as_deref() != Some(WORD) {
            output::line("Nothing was changed.");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let told = carry(false)?;
    output::line(&format!("Erased: {}.", words::numbers(&wish, &told)));
    delete::clean_up(home, NoticeCode::Erased, &told, Some(&access))?;
    Ok(ExitCode::SUCCESS)
}
